//! Which slots a shard holds: what a handler must know when it walks over slots or makes keys of its own accord.

use crate::key::placement::Placement;
use crate::key::slot::Slot;
use crate::order::stamp::ShardId;

/// A shard's own view of the table of slots.
#[derive(Clone)]
pub struct Territory {
    me: ShardId,
    placement: Placement,
}

impl Territory {
    /// The slots that `placement` gives to shard `me`.
    pub fn new(me: ShardId, placement: Placement) -> Self {
        Territory { me, placement }
    }

    /// Every slot.
    pub fn whole() -> Self {
        Territory::new(ShardId(0), Placement::even(1))
    }

    /// The whole table of slots.
    pub fn placement(&self) -> &Placement {
        &self.placement
    }

    /// This shard.
    pub fn me(&self) -> ShardId {
        self.me
    }

    /// The shard that holds `key`, or would.
    pub fn owner(&self, key: &[u8]) -> ShardId {
        self.placement.of_key(key)
    }

    /// Whether this shard holds `key`, or would.
    pub fn holds(&self, key: &[u8]) -> bool {
        self.placement.of_key(key) == self.me
    }

    /// The number of the slot behind the run of slots, all of one owner, that `slot` is in.
    pub fn run_end(&self, slot: Slot) -> u16 {
        self.placement.run_end(slot)
    }
}
