//! Which shard owns which slot.
//!
//! Slots lie in runs: shard n of N owns those with slot * N / 16384 = n. So a SCAN, which walks slots upwards, finishes
//! one shard before it begins the next.

use super::slot::Slot;
use crate::order::stamp::ShardId;

/// The table from slots to shards. Every core holds the same.
#[derive(Clone)]
pub struct Placement {
    owner: Box<[u16]>,
    shards: u16,
}

impl Placement {
    /// Slots spread evenly over `shards` shards, which must be at least one.
    pub fn even(shards: u16) -> Self {
        assert!(shards > 0, "there is at least one shard");
        let owner = (0..u32::from(Slot::COUNT))
            .map(|slot| (slot * u32::from(shards) / u32::from(Slot::COUNT)) as u16);
        Placement {
            owner: owner.collect(),
            shards,
        }
    }

    /// The owner of a slot.
    #[inline]
    pub fn of_slot(&self, slot: Slot) -> ShardId {
        ShardId(self.owner[slot.index()])
    }

    /// The owner of a key.
    #[inline]
    pub fn of_key(&self, key: &[u8]) -> ShardId {
        if self.shards == 1 {
            ShardId(0)
        } else {
            self.of_slot(Slot::of(key))
        }
    }

    /// How many shards there are.
    pub fn shards(&self) -> u16 {
        self.shards
    }

    /// The slot behind the last of the run that `slot` is in and that has one owner.
    pub fn run_end(&self, slot: Slot) -> u16 {
        let owner = self.owner[slot.index()];
        let behind = self.owner[slot.index()..]
            .iter()
            .position(|other| *other != owner);
        behind.map_or(Slot::COUNT, |distance| (slot.index() + distance) as u16)
    }
}
