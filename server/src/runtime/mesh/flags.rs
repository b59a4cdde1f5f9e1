//! Who is flushing. Together with the clock this is all the synchronization that one order among cores needs.
//!
//! Invariants:
//! - A core's counter is odd exactly while the core flushes; only that core writes it.
//! - Whoever flushes raises its flag, then a full barrier, then reads the clock for the stamp. Whoever receives reads the
//!   clock, then a full barrier, then looks at the flags. So of two cores at least one sees the other: a receiver that
//!   finds the flag down has read its clock before the sender reads the stamp, which thus lies above the receiver's time.
//! - Every store is a Release and every look an Acquire: having seen a flush end, one sees what it published.

use super::atomics::{AtomicU32, Ordering, Padded, Patience, fence};
use engine::order::ShardId;

/// One counter for each core, in cache lines of its own.
///
/// Deliberately no plain flag: a core that comes down and goes up again while nobody looks would be waited for once more.
#[derive(Debug)]
pub(crate) struct Flags {
    flushes: Box<[Padded<AtomicU32>]>,
}

impl Flags {
    /// Flags for `cores` cores, none of which is flushing.
    pub(crate) fn new(cores: u16) -> Self {
        Self {
            flushes: (0..cores).map(|_| Padded::new(AtomicU32::new(0))).collect(),
        }
    }

    /// From here to [`Flags::lower`] `me` is flushing, also in the eyes of those who read the clock from now on.
    pub(super) fn raise(&self, me: ShardId) {
        let flag = &self.flushes[me.index()];
        let count = flag.load(Ordering::Relaxed);
        debug_assert_eq!(count & 1, 0, "a core flushes once at a time");
        flag.store(count.wrapping_add(1), Ordering::Release);
        fence(Ordering::SeqCst);
    }

    /// What `me` publishes is published.
    pub(super) fn lower(&self, me: ShardId) {
        let flag = &self.flushes[me.index()];
        flag.store(
            flag.load(Ordering::Relaxed).wrapping_add(1),
            Ordering::Release,
        );
    }

    /// Waits for every flush of another core that may have read its stamp before the caller last read the clock.
    pub(super) fn wait_for_others(&self, me: ShardId) {
        fence(Ordering::SeqCst);
        for (other, flag) in self.flushes.iter().enumerate() {
            if other == me.index() {
                continue;
            }
            let seen = flag.load(Ordering::Acquire);
            let mut patience = Patience::default();
            while seen & 1 == 1 && flag.load(Ordering::Acquire) == seen {
                patience.wait();
            }
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicBool;

    #[test]
    fn only_others_who_flush_are_waited_for() {
        let flags = Flags::new(3);
        flags.raise(ShardId(1));
        flags.wait_for_others(ShardId(1));
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| {
                flags.wait_for_others(ShardId(0));
                assert!(done.load(Ordering::Relaxed));
            });
            std::thread::sleep(std::time::Duration::from_millis(20));
            done.store(true, Ordering::Relaxed);
            flags.lower(ShardId(1));
            waiting.join().unwrap();
        });
        flags.wait_for_others(ShardId(2));
    }
}
