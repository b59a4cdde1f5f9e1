//! One budget of memory for all cores: what they use together, known to each of them at the price of a few loads.
//!
//! Each core tells what it has allocated less what it has freed, exactly, whenever it looks; the main thread tells it once,
//! when all is set up. Deliberately not the allocator's own figure: that counts what its threads keep ready for reuse,
//! and takes its locks.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use engine::order::ShardId;

use crate::runtime::allocator;

#[derive(Debug, Default)]
#[repr(align(64))]
struct Share {
    allocated: AtomicI64,
    /// Its shard had nothing to evict when it was last asked.
    is_bare: AtomicBool,
}

/// See the top of the file.
#[derive(Debug)]
pub struct Budget {
    shares: Box<[Share]>,
    /// What the main thread holds.
    rest: AtomicI64,
}

impl Budget {
    /// Of `cores` cores that have allocated nothing.
    pub fn new(cores: u16) -> Self {
        Budget {
            shares: (0..cores).map(|_| Share::default()).collect(),
            rest: AtomicI64::new(0),
        }
    }

    /// Bytes in use by all, as seen from core `me`, whose thread this is.
    pub fn used(&self, me: ShardId) -> u64 {
        self.note(me);
        self.total()
    }

    /// Bytes in use by all, as last told.
    pub fn total(&self) -> u64 {
        let allocated = |share: &Share| share.allocated.load(Ordering::Relaxed);
        let cores: i64 = self.shares.iter().map(allocated).sum();
        (cores + self.rest.load(Ordering::Relaxed)).max(0) as u64
    }

    /// Tells what the thread of core `me` uses.
    pub fn note(&self, me: ShardId) {
        let own = &self.shares[me.index()].allocated;
        own.store(allocator::thread_allocated(), Ordering::Relaxed);
    }

    /// Tells what the main thread, which calls this, uses from now on.
    pub fn note_main(&self) {
        self.rest
            .store(allocator::thread_allocated(), Ordering::Relaxed);
    }

    /// Tells whether core `me` has nothing to evict.
    pub fn set_bare(&self, me: ShardId, is_bare: bool) {
        self.shares[me.index()]
            .is_bare
            .store(is_bare, Ordering::Relaxed);
    }

    /// The cores other than `me` that may have something to evict.
    pub fn others_with_keys(&self, me: ShardId) -> impl Iterator<Item = ShardId> + '_ {
        let cores = ShardId::first(self.shares.len() as u16).zip(&self.shares);
        cores
            .filter(move |(core, share)| *core != me && !share.is_bare.load(Ordering::Relaxed))
            .map(|(core, _)| core)
    }

    /// Whether no core has anything to evict.
    pub fn is_bare(&self) -> bool {
        let is_bare = |share: &Share| share.is_bare.load(Ordering::Relaxed);
        self.shares.iter().all(is_bare)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_core_allocates_counts_at_once() {
        let budget = Budget::new(2);
        let before = budget.used(ShardId(0));
        let block = vec![1u8; 1 << 20];
        assert!(budget.used(ShardId(0)) >= before + (1 << 20));
        drop(block);
        assert!(budget.used(ShardId(0)) <= before + 4096);
    }

    #[test]
    fn all_are_bare_or_not() {
        let budget = Budget::new(2);
        budget.set_bare(ShardId(0), true);
        assert!(!budget.is_bare());
        assert!(budget.others_with_keys(ShardId(0)).eq([ShardId(1)]));
        assert_eq!(budget.others_with_keys(ShardId(1)).count(), 0);
        budget.set_bare(ShardId(1), true);
        assert!(budget.is_bare());
    }
}
