//! What a key costs: keys of 16 bytes with values of 32, counted as an allocator with jemalloc's size classes (quantum
//! of 8 bytes) would.

use engine::keyspace::{Database, HashSeed, Key};
use engine::time::UnixMillis;
use engine::value::NewValue;
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

static USED: AtomicUsize = AtomicUsize::new(0);

struct Counting;

/// Multiples of 8 up to 64, then four sizes for each doubling.
fn rounded(layout: Layout) -> usize {
    let size = layout.size().next_multiple_of(layout.align()).max(8);
    let spacing = if size <= 64 {
        8
    } else {
        1 << ((size - 1).ilog2() - 2)
    };
    size.next_multiple_of(spacing)
}

// SAFETY: everything is passed on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        USED.fetch_add(rounded(layout), Ordering::Relaxed);
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        USED.fetch_sub(rounded(layout), Ordering::Relaxed);
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const SEED: HashSeed = HashSeed(42);
const VALUE: [u8; 32] = [b'v'; 32];

fn name(number: usize) -> String {
    format!("key:{number:012}")
}

fn fill(db: &mut Database, from: usize, to: usize, expiry: Option<UnixMillis>) {
    for number in from..to {
        let name = name(number);
        db.put(
            Key::new(name.as_bytes(), SEED),
            NewValue::from_bytes(&VALUE),
            expiry,
            0,
        );
    }
}

/// One test, so that nothing else allocates meanwhile.
#[test]
fn a_key_costs_at_most_70_bytes() {
    let mut costs = Vec::with_capacity(16);
    let before = USED.load(Ordering::Relaxed);
    let used = || USED.load(Ordering::Relaxed) - before;
    let mut db = Database::new(SEED);
    assert_eq!(used(), 0, "an empty database allocates nothing");

    let mut filled = 0;
    for keys in [
        50_000, 100_000, 140_000, 200_000, 250_000, 300_000, 400_000, 500_000, 600_000, 700_000,
        850_000, 1_000_000,
    ] {
        fill(&mut db, filled, keys, None);
        filled = keys;
        costs.push((keys, used() as f64 / keys as f64));
    }
    assert!(costs.iter().all(|&(_, cost)| cost <= 70.0), "{costs:?}");

    // An expiry costs its 8 bytes and a position of 8 in the wheel, and no more than the larger size class.
    let plain = used();
    for number in 0..100_000 {
        db.set_expiry(
            Key::new(name(number).as_bytes(), SEED),
            Some(UnixMillis(1_700_000_000_000)),
        );
    }
    let expiry_cost = (used() - plain) as f64 / 100_000.0;
    assert!(expiry_cost <= 18.0, "{expiry_cost}");

    // What shrinks gives its memory back. Left are keys with an expiry, whose entries are in the next size class,
    // and as many stale positions in the wheel.
    for number in 50_000..filled {
        assert!(db.delete(Key::new(name(number).as_bytes(), SEED)));
    }
    let shrunk = used() as f64 / 50_000.0;
    assert!(shrunk <= 100.0, "{shrunk}");
    for number in 0..50_000 {
        assert!(db.delete(Key::new(name(number).as_bytes(), SEED)));
    }
    drop(db.take_all());
    assert_eq!(used(), 0, "everything is freed: {costs:?}");
}
