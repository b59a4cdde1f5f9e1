//! Which shard owns which slot.
//!
//! Slots lie in runs: shard n of N owns those with slot * N / 16384 = n. So a SCAN, which walks slots upwards, finishes
//! one shard before it begins the next.
//!
//! Deliberately no table from slots to shards: its 32 KiB are as large as the fastest cache, and each key of each command
//! would wait for a line of it. Slots that move away from their run will be listed as exceptions, which are few.

use super::slot::Slot;
use crate::order::stamp::ShardId;

/// The map from slots to shards. Every core holds the same.
#[derive(Clone, Debug)]
pub struct Placement {
    shards: u16,
}

impl Placement {
    /// Slots spread evenly over `shards` shards, which must be at least one.
    pub fn even(shards: u16) -> Self {
        assert!(shards > 0, "there is at least one shard");
        Placement { shards }
    }

    /// The owner of a slot.
    #[inline]
    pub fn of_slot(&self, slot: Slot) -> ShardId {
        ShardId((slot.index() * usize::from(self.shards) / usize::from(Slot::COUNT)) as u16)
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

    /// The first slot of a shard's run.
    pub fn run_start(&self, shard: ShardId) -> u64 {
        (u64::from(shard.0) * u64::from(Slot::COUNT)).div_ceil(u64::from(self.shards))
    }

    /// The slot behind the last of the run that `slot` is in and that has one owner.
    pub fn run_end(&self, slot: Slot) -> u16 {
        let next = usize::from(self.of_slot(slot).0) + 1;
        (next * usize::from(Slot::COUNT)).div_ceil(usize::from(self.shards)) as u16
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_even_and_end_where_the_next_begins() {
        for shards in [1, 2, 3, 7, 64, 1000] {
            let placement = Placement::even(shards);
            let slots = (0..Slot::COUNT).filter_map(Slot::new);
            let owners: Vec<ShardId> = slots.map(|slot| placement.of_slot(slot)).collect();
            assert!(owners.is_sorted() && owners[0] == ShardId(0));
            let mut start = 0;
            for shard in 0..shards {
                assert_eq!(placement.run_start(ShardId(shard)), u64::from(start));
                let end = placement.run_end(Slot::new(start).unwrap());
                let run = &owners[usize::from(start)..usize::from(end)];
                assert!(run.iter().all(|owner| *owner == ShardId(shard)));
                assert!(run.len().abs_diff(usize::from(Slot::COUNT / shards)) <= 1);
                start = end;
            }
            assert_eq!(start, Slot::COUNT);
        }
    }
}
