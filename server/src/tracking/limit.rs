//! `tracking-table-max-keys`: how many keys all shards remember together.

use crate::core::ServerCore;

/// Keys that a shard forgets in one tick.
const MOST: usize = 1000;

/// What a core knows of its part.
#[derive(Default)]
pub struct Share {
    /// Keys of its shard that are counted.
    told: usize,
    /// More is remembered than may be, and this shard has some of it.
    is_over: bool,
}

impl Share {
    /// Whether the last tick ended before the work did.
    pub(crate) fn has_more(&self) -> bool {
        self.is_over
    }
}

impl ServerCore {
    /// Counts the keys that this shard remembers, and forgets some if they are too many; who has read them is told.
    pub(crate) fn limit_tracking(&mut self) {
        let keys = self.engine.shard_ref().tracking.keys();
        let share = &mut self.tracking_share;
        let reach = &self.process.reach;
        if keys != share.told {
            reach.tell_keys(share.told, keys);
            share.told = keys;
        }
        let limit = self.settings.memory.tracking_table_max_keys;
        share.is_over = false;
        if keys == 0 || limit == 0 {
            return;
        }
        let excess = reach.claim_excess(limit as usize, keys.min(MOST));
        if excess > 0 {
            share.told -= excess;
            share.is_over = excess == MOST;
            self.engine.shard().tracking.forget_some(excess);
        }
    }
}
