//! Messages that have become visible to a core and wait for their turn.

use std::collections::VecDeque;

use super::{ShardId, Stamp, Tag};

/// Merges the messages of all senders into one order.
///
/// Invariants:
/// - From each sender messages arrive in the order of their tags, so its oldest one stands in front.
/// - Nothing below the last time given to [`Inbox::take_below`] is waiting, and nothing below it arrives any more.
///   Messages therefore leave in the order of their tags over the whole life of the inbox.
#[derive(Debug)]
pub struct Inbox<T> {
    waiting: Vec<VecDeque<(Stamp, u32, T)>>,
    /// All messages below this have left.
    taken: Stamp,
}

impl<T> Inbox<T> {
    /// An inbox for what `senders` shards send.
    pub fn new(senders: u16) -> Self {
        Self {
            waiting: ShardId::first(senders).map(|_| VecDeque::new()).collect(),
            taken: Stamp::default(),
        }
    }

    /// Adds a message that has become visible.
    ///
    /// # Panics
    /// If the sender is none of those the inbox was made for; in debug builds also if the order is broken.
    pub fn push(&mut self, tag: Tag, payload: T) {
        let Tag {
            stamp,
            sender,
            place,
        } = tag;
        let waiting = &mut self.waiting[sender.index()];
        debug_assert!(
            stamp >= self.taken,
            "{tag:?} became visible after {:?} was taken",
            self.taken
        );
        debug_assert!(
            waiting
                .back()
                .is_none_or(|(last, at, _)| (*last, *at) < (stamp, place)),
            "{tag:?} arrived behind a later one of its sender"
        );
        waiting.push_back((stamp, place, payload));
    }

    /// Hands out every message stamped below `time`, in the order of the tags.
    pub fn take_below(&mut self, time: Stamp, deliver: &mut impl FnMut(Tag, T)) {
        while let Some((stamp, sender)) = self.first().filter(|(stamp, _)| *stamp < time) {
            // All of a sender's messages of one stamp come before those of the next sender: no need to look again.
            let waiting = &mut self.waiting[sender.index()];
            while waiting.front().is_some_and(|(at, ..)| *at == stamp)
                && let Some((_, place, payload)) = waiting.pop_front()
            {
                deliver(
                    Tag {
                        stamp,
                        sender,
                        place,
                    },
                    payload,
                );
            }
        }
        self.taken = self.taken.max(time);
    }

    /// Whether no message waits.
    pub fn is_empty(&self) -> bool {
        self.waiting.iter().all(VecDeque::is_empty)
    }

    /// The lowest stamp that waits, and the first of those who sent one.
    fn first(&self) -> Option<(Stamp, ShardId)> {
        let fronts = self.waiting.iter().zip(0u16..);
        fronts
            .filter_map(|(waiting, sender)| Some((waiting.front()?.0, ShardId(sender))))
            .min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    fn tag(stamp: u64, sender: u16, place: u32) -> Tag {
        Tag {
            stamp: Stamp(stamp),
            sender: ShardId(sender),
            place,
        }
    }

    fn taken(inbox: &mut Inbox<u32>, time: u64) -> Vec<Tag> {
        let mut tags = Vec::new();
        inbox.take_below(Stamp(time), &mut |tag, _| tags.push(tag));
        tags
    }

    #[test]
    fn messages_at_the_time_wait() {
        let mut inbox = Inbox::new(2);
        inbox.push(tag(5, 1, 0), 0);
        inbox.push(tag(6, 0, 0), 0);
        assert_eq!(taken(&mut inbox, 5), []);
        assert_eq!(taken(&mut inbox, 6), [tag(5, 1, 0)]);
        assert!(!inbox.is_empty());
        assert_eq!(taken(&mut inbox, 7), [tag(6, 0, 0)]);
        assert!(inbox.is_empty());
    }

    #[test]
    fn one_stamp_is_ordered_by_sender_then_place() {
        let mut inbox = Inbox::new(3);
        for tag in [tag(5, 2, 0), tag(5, 0, 3), tag(5, 0, 8), tag(5, 1, 0)] {
            inbox.push(tag, 0);
        }
        assert_eq!(
            taken(&mut inbox, 9),
            [tag(5, 0, 3), tag(5, 0, 8), tag(5, 1, 0), tag(5, 2, 0)]
        );
    }

    #[test]
    #[should_panic(expected = "became visible after")]
    #[cfg(debug_assertions)]
    fn a_message_that_comes_too_late_is_noticed() {
        let mut inbox = Inbox::new(1);
        inbox.take_below(Stamp(6), &mut |_, ()| {});
        inbox.push(tag(5, 0, 0), ());
    }

    #[test]
    #[should_panic(expected = "behind a later one")]
    #[cfg(debug_assertions)]
    fn a_sender_out_of_order_is_noticed() {
        let mut inbox = Inbox::new(1);
        inbox.push(tag(5, 0, 1), ());
        inbox.push(tag(5, 0, 1), ());
    }

    proptest! {
        /// Each sender's stamps grow by what `messages` says; after each message time may be taken up to the lowest stamp
        /// that any sender could still send.
        #[test]
        fn everything_leaves_once_and_in_order(
            messages in vec((0u16..4, 0u64..4, any::<bool>()), 0..200),
        ) {
            let mut inbox = Inbox::new(4);
            let mut ends = [(1u64, 0u32); 4];
            let (mut sent, mut left) = (Vec::new(), Vec::new());
            for (sender, step, take) in messages {
                let (stamp, place) = &mut ends[usize::from(sender)];
                (*stamp, *place) = (*stamp + step, if step == 0 { *place + 1 } else { 0 });
                sent.push(tag(*stamp, sender, *place));
                inbox.push(tag(*stamp, sender, *place), 0);
                if take {
                    let lowest = ends.iter().map(|(stamp, _)| *stamp).min().unwrap();
                    let now = taken(&mut inbox, lowest);
                    prop_assert!(now.iter().all(|tag| tag.stamp < Stamp(lowest)));
                    left.extend(now);
                }
            }
            left.extend(taken(&mut inbox, u64::MAX));
            sent.sort_unstable();
            prop_assert_eq!(left, sent);
            prop_assert!(inbox.is_empty());
        }
    }
}
