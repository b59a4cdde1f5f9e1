//! What a shard's operations leave in the log, and how far the shard is with it.
//!
//! Invariants:
//! - A command runs with its standing told to the shard's log, whenever the log is read.
//! - Nothing is recorded any more at a place below what [`Participant::logged_below`] has told: what is under way stands in
//!   the lock table with its place, and what will come has a later one.
//! - Whoever is served at a key is placed behind all that was done to the key, and before all that waits for it.

use super::block::{Block, Op, ReplyTo, What};
use super::lock_table::{Holder, LockKey};
use super::participant::Participant;
use super::place::Place;
use super::stamp::Stamp;
use crate::command::args::Args;
use crate::effect::log_form::Standing;
use crate::shard::DbIndex;

/// Where a core's own operations and the messages it runs stand.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Now {
    /// Of what runs now, or ran last, by its turn in the order; later than all places of what has run here.
    place: Place,
    /// Of the unit that runs now: earlier, if it had to wait.
    unit: Place,
    logical: Stamp,
    own: u32,
}

impl Now {
    /// Where the unit stands that runs now.
    pub(super) fn unit(&self) -> Place {
        self.unit
    }
}

impl Participant {
    /// A tick begins at this logical time.
    pub(super) fn begin_tick(&mut self, logical: Stamp) {
        if logical != self.now.logical {
            let told = self.behind_own();
            self.now.place = self.now.place.max(told);
            self.now.logical = logical;
            self.now.own = 0;
        }
    }

    /// The next operation is one of the core's own.
    #[inline]
    pub(super) fn begin_own(&mut self) {
        self.now.own = self.now.own.wrapping_add(1);
        let me = self.shard.territory().me();
        self.at(Place::of_own(self.now.logical, me, self.now.own));
        self.shard.log.standing = Standing::Unit(self.now.place, 0);
    }

    /// The next operations are those of a message.
    #[inline]
    pub(super) fn at(&mut self, place: Place) {
        self.now.place = place;
        self.now.unit = place;
    }

    /// Where the message stands whose operations run now.
    pub(super) fn message_place(&self) -> Place {
        self.now.place
    }

    /// The next operations had to wait, and stand where they asked to run.
    pub(super) fn as_of(&mut self, place: Place) {
        self.now.unit = place;
    }

    /// Tells the log where an operation of a block stands.
    pub(super) fn stand(&mut self, op: &Op) {
        let (holder, command) = match (op.what, op.reply_to) {
            (What::Apply { id, unit, .. }, _) => (Some(id), unit),
            (What::RunHeld(_) | What::Gather { .. }, ReplyTo::Transaction { id, unit, .. }) => {
                (Some(id), unit)
            }
            (_, ReplyTo::Transaction { unit, .. }) => (None, unit),
            _ => (None, 0),
        };
        let held = holder.and_then(|id| self.locks.place_of(Holder(id.0)));
        let place = match op.what {
            What::Errand => self.locks.first_place(),
            _ => held,
        };
        self.shard.log.standing = Standing::Unit(place.unwrap_or(self.now.unit), command);
    }

    /// Records what an operation of a block has left since the shard had made `changes`, if it is one that may write.
    pub(super) fn record_op(&mut self, changes: u64, block: &Block, index: usize) {
        let op = &block.ops[index];
        if matches!(
            op.what,
            What::Run(_)
                | What::RunHeld(_)
                | What::Gather { .. }
                | What::Look(_)
                | What::Apply { .. }
                | What::Try { .. }
        ) {
            self.record(changes, op.db, &block.args(op));
        }
    }

    /// Records what a command has left since the shard had made `changes`.
    #[inline]
    pub(super) fn record(&mut self, changes: u64, db: DbIndex, words: &Args<'_>) {
        if self.shard.log.is_read {
            let changes = self.shard.changes - changes;
            self.shard.log.record(changes, db, words);
        }
    }

    /// Records deletions that no command asked for.
    pub(super) fn record_deletions(&mut self) {
        if self.shard.log.is_read {
            self.shard.log.record_deletions(self.now.place);
        }
    }

    /// Where somebody stands who is served at a key now.
    pub(super) fn service_place(&self, key: LockKey) -> Place {
        let waiting = self.locks.first_waiting(key);
        waiting.map_or(self.now.place, Place::before)
    }

    /// Tells the log that somebody is served who stands at `place`.
    pub(super) fn stand_behind(&mut self, place: Place) {
        self.shard.log.standing = Standing::Behind(place);
    }

    /// Everything below this is recorded. To be asked when the core's own operations of the tick have run.
    pub fn logged_below(&self) -> Place {
        let own = self.behind_own();
        let open = self.locks.first_place();
        open.map_or(own, |open| open.before().min(own))
    }

    /// Behind all of the core's own operations so far; there may be more at the same logical time.
    pub(super) fn behind_own(&self) -> Place {
        let (me, own) = (self.shard.territory().me(), self.now.own);
        Place::of_own(self.now.logical, me, own.wrapping_add(1)).before()
    }
}
