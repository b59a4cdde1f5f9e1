//! A database of a million keys, met at random.

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use engine::keyspace::database::Database;
use engine::keyspace::key::{HashSeed, Key};
use engine::value::NewValue;

use crate::keys::{Draw, KEYS, key};

const SEED: HashSeed = HashSeed(0x5eed);
/// Keys met in one iteration, so that reading the clock does not count.
const BATCH: usize = 64;

fn filled() -> Database {
    let mut database = Database::new(SEED);
    for number in 0..KEYS {
        database.put(
            Key::new(&key(number), SEED),
            NewValue::from_bytes(&[b'x'; 32]),
            None,
            0,
        );
    }
    database
}

#[divan::bench]
fn hash_and_slot(bencher: Bencher<'_, '_>) {
    let key = key(123_456);
    bencher.bench(|| Key::new(black_box(&key), SEED));
}

#[divan::bench]
fn get(bencher: Bencher<'_, '_>) {
    let (database, mut draw) = (filled(), Draw::new());
    let draw_keys = move || -> [[u8; 16]; BATCH] { std::array::from_fn(|_| key(draw.number())) };
    bencher
        .counter(ItemsCount::new(BATCH))
        .with_inputs(draw_keys)
        .bench_local_values(|keys| {
            keys.iter()
                .filter(|key| black_box(database.get(Key::new(*key, SEED))).is_some())
                .count()
        });
}

#[divan::bench]
fn get_missing(bencher: Bencher<'_, '_>) {
    let (database, mut draw) = (filled(), Draw::new());
    let draw_keys =
        move || -> [[u8; 16]; BATCH] { std::array::from_fn(|_| key(KEYS + draw.number())) };
    bencher
        .counter(ItemsCount::new(BATCH))
        .with_inputs(draw_keys)
        .bench_local_values(|keys| {
            keys.iter()
                .filter(|key| black_box(database.get(Key::new(*key, SEED))).is_some())
                .count()
        });
}

#[divan::bench]
fn put_over(bencher: Bencher<'_, '_>) {
    let (mut database, mut draw) = (filled(), Draw::new());
    let draw_keys = move || -> [[u8; 16]; BATCH] { std::array::from_fn(|_| key(draw.number())) };
    bencher
        .counter(ItemsCount::new(BATCH))
        .with_inputs(draw_keys)
        .bench_local_values(|keys| {
            let value = [b'y'; 32];
            keys.iter()
                .filter(|key| {
                    database.put(Key::new(*key, SEED), NewValue::from_bytes(&value), None, 1)
                })
                .count()
        });
}

/// A new key and its removal, so that the database stays as large as it is.
#[divan::bench]
fn put_new_and_delete(bencher: Bencher<'_, '_>) {
    let (mut database, mut next) = (filled(), KEYS);
    bencher.counter(ItemsCount::new(BATCH)).bench_local(|| {
        for _ in 0..BATCH {
            let (new, old) = (key(next), key(next - KEYS));
            database.put(
                Key::new(&new, SEED),
                NewValue::from_bytes(&[b'x'; 32]),
                None,
                0,
            );
            black_box(database.delete(Key::new(&old, SEED)));
            next += 1;
        }
    });
}
