//! Slots and locks.

use divan::{Bencher, black_box};
use engine::key::slot::Slot;
use engine::order::Place;
use engine::order::lock_table::{Holder, LockKey, LockTable, Scope};

use crate::keys::key;

#[divan::bench]
fn slot_of_plain_key(bencher: Bencher<'_, '_>) {
    let key = key(123_456);
    bencher.bench(|| Slot::of(black_box(&key)));
}

#[divan::bench]
fn slot_of_tagged_key(bencher: Bencher<'_, '_>) {
    bencher.bench(|| Slot::of(black_box(b"user:{1000}:following")));
}

/// What a transaction over `keys` keys of this shard costs its lock table, with another one under way.
#[divan::bench(args = [1, 10, 100])]
fn lock_and_release(bencher: Bencher<'_, '_>, keys: u64) {
    let mut table = LockTable::default();
    table.request(
        Holder(0),
        Scope::Keys(vec![LockKey(u64::MAX)]),
        Place::default(),
    );
    let mut granted = Vec::new();
    let scope = move || {
        Scope::Keys(
            (0..keys)
                .map(|key| LockKey(key.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
                .collect(),
        )
    };
    bencher.with_inputs(scope).bench_local_values(|scope| {
        assert!(
            table.request(Holder(1), scope, Place::default()),
            "nobody else wants these keys"
        );
        table.release(Holder(1), &mut granted);
    });
}

/// Two transactions over one key: the second waits and is granted when the first goes.
#[divan::bench]
fn lock_and_wait(bencher: Bencher<'_, '_>) {
    let mut table = LockTable::default();
    let mut granted = Vec::new();
    bencher.bench_local(|| {
        granted.clear();
        let wants = || Scope::Keys(vec![LockKey(7)]);
        let (first, second) = (
            table.request(Holder(1), wants(), Place::default()),
            table.request(Holder(2), wants(), Place::default()),
        );
        table.release(Holder(1), &mut granted);
        table.release(Holder(2), &mut granted);
        (first, second)
    });
}

/// What a command on one key asks while a transaction is under way.
#[divan::bench]
fn is_free(bencher: Bencher<'_, '_>) {
    let mut table = LockTable::default();
    table.request(
        Holder(1),
        Scope::Keys((0..10).map(LockKey).collect()),
        Place::default(),
    );
    let scope = Scope::Keys(vec![LockKey(77)]);
    bencher.bench_local(|| table.is_free(black_box(&scope)));
}
