//! Places in the order of messages.

/// A reading of the monotonic clock, in nanoseconds. Comparable among all cores of a machine since its last boot, and
/// without meaning elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Stamp(pub u64);

impl Stamp {
    /// The next moment there is, one nanosecond later. The clock ends 584 years after boot, and there it stays.
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// One shard, which is one core: they count from 0 without gaps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ShardId(pub u16);

impl ShardId {
    /// The shard as an index into what exists once per shard.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }

    /// The first `count` shards.
    pub fn first(count: u16) -> impl ExactSizeIterator<Item = Self> + Clone {
        (0..count).map(Self)
    }
}

/// What orders messages, on every core the same way: by stamp, then by sender, then by place.
///
/// Invariant: no two messages have the same tag. A sender gives every flush a stamp of its own and counts the flush's
/// messages over all receivers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag {
    /// When the message was sent.
    pub stamp: Stamp,
    /// Who sent it.
    pub sender: ShardId,
    /// How many messages the sender had put into the same flush before.
    pub place: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_compare_by_stamp_then_sender_then_place() {
        let tag = |stamp, sender, place| Tag {
            stamp: Stamp(stamp),
            sender: ShardId(sender),
            place,
        };
        let sorted = [
            tag(1, 2, 9),
            tag(1, 3, 0),
            tag(2, 0, 0),
            tag(2, 0, 1),
            tag(2, 1, 0),
        ];
        assert!(sorted.is_sorted_by(|left, right| left < right));
    }
}
