//! Where a write stands in the one order of all cores: what sorts the log.
//!
//! A write is placed where it asked to run, not where it came to: what waits behind a lock keeps the place of its message, and
//! a transaction of several hops has the place of the hop that asked for its locks. Locks are granted in the order of these
//! places, so writes that meet on a key run in that order, and the others may be told in it. So the places also keep the order
//! in which each client sent its commands, whichever of them had to wait.

use super::stamp::{ShardId, Stamp};

/// Lanes of messages begin here; below are those of what cores ran for their own clients.
const MESSAGES: u32 = 1 << 16;

/// See the top of the file. Ordered by stamp; at one stamp, what cores did at that logical time comes before the messages
/// that carry it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    stamp: Stamp,
    lane: u32,
    turn: u64,
}

impl Place {
    /// Of the operation number `turn` that `core` ran for its own clients at its logical time `time`.
    pub fn of_own(time: Stamp, core: ShardId, turn: u32) -> Place {
        Place {
            stamp: time,
            lane: u32::from(core.0),
            turn: odd(turn),
        }
    }

    /// Of a message: `submission` counts what its sender sent since its last flush, with one number for all parts of a
    /// transaction.
    pub fn of_message(stamp: Stamp, sender: ShardId, submission: u32) -> Place {
        Place {
            stamp,
            lane: MESSAGES | u32::from(sender.0),
            turn: odd(submission),
        }
    }

    /// Behind all that cores run for their own clients at `time`, and before all messages that carry it.
    pub fn behind_all_own(time: Stamp) -> Place {
        Place {
            stamp: time,
            lane: MESSAGES,
            turn: 0,
        }
    }

    /// Directly before this place, and behind all others that are.
    pub fn before(self) -> Place {
        Place {
            turn: self.turn & !1,
            ..self
        }
    }

    /// The stamp.
    pub fn stamp(self) -> Stamp {
        self.stamp
    }
}

/// Operations have odd turns: there is room before each.
fn odd(turn: u32) -> u64 {
    u64::from(turn) * 2 + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_operations_come_before_messages_of_the_same_stamp() {
        let (time, one, two) = (Stamp(7), ShardId(0), ShardId(1));
        let sorted = [
            Place::of_message(Stamp(6), two, 9),
            Place::of_own(time, one, 0),
            Place::of_own(time, one, 1),
            Place::of_own(time, two, 0),
            Place::behind_all_own(time),
            Place::of_message(time, one, 0).before(),
            Place::of_message(time, one, 0),
            Place::of_message(time, one, 1).before(),
            Place::of_message(time, one, 1),
            Place::of_message(time, two, 0),
            Place::of_own(time.next(), one, 0),
        ];
        assert!(sorted.is_sorted());
        assert!(sorted[6] < sorted[7] && sorted[7] < sorted[8] && sorted[1] < sorted[2]);
    }
}
