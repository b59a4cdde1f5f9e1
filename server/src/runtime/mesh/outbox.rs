//! What a core has to send at its next flush.

use engine::order::{ShardId, Stamp};

/// All that one flush brings to one core: one slot of a ring, however much it is. A flush therefore fits whenever each
/// ring it needs has a single free slot, and no amount of messages can be too large for the rings.
pub(super) struct Block<T, R> {
    pub(super) stamp: Stamp,
    /// Messages with their places in the flush.
    pub(super) messages: Vec<(u32, T)>,
    pub(super) replies: Vec<R>,
}

impl<T, R> Block<T, R> {
    pub(super) fn is_empty(&self) -> bool {
        self.messages.is_empty() && self.replies.is_empty()
    }
}

/// Collects messages and replies until the flush.
///
/// Invariant: messages are numbered over all receivers, in the order in which they were sent.
pub struct Outbox<T, R> {
    unsent: Vec<Block<T, R>>,
    next_place: u32,
    /// Emptied vectors on their way back into use: mail goes both ways, so they go round without the allocator.
    spare_messages: Vec<Vec<(u32, T)>>,
    spare_replies: Vec<Vec<R>>,
}

impl<T, R> Outbox<T, R> {
    pub(super) fn new(receivers: usize) -> Self {
        Self {
            unsent: (0..receivers)
                .map(|_| Block {
                    stamp: Stamp::default(),
                    messages: Vec::new(),
                    replies: Vec::new(),
                })
                .collect(),
            next_place: 0,
            spare_messages: Vec::new(),
            spare_replies: Vec::new(),
        }
    }

    /// Adds a message to the next flush, also one to the core itself.
    ///
    /// # Panics
    /// If there is no such core.
    pub fn send(&mut self, to: ShardId, payload: T) {
        self.unsent[to.index()]
            .messages
            .push((self.next_place, payload));
        self.next_place += 1;
    }

    /// Adds a reply to the next flush. Replies need no order, so they are delivered as soon as they are visible.
    ///
    /// # Panics
    /// If there is no such core.
    pub fn reply(&mut self, to: ShardId, reply: R) {
        self.unsent[to.index()].replies.push(reply);
    }

    /// Whether a flush has something to do.
    pub fn has_unsent(&self) -> bool {
        self.receivers().next().is_some()
    }

    /// Whom the next flush goes to.
    pub(super) fn receivers(&self) -> impl Iterator<Item = ShardId> {
        let blocks = self.unsent.iter().zip((0..).map(ShardId));
        blocks
            .filter(|(block, _)| !block.is_empty())
            .map(|(_, receiver)| receiver)
    }

    /// Takes out what goes to `receiver`.
    pub(super) fn take(&mut self, receiver: ShardId, stamp: Stamp) -> Block<T, R> {
        let next = Block {
            stamp: Stamp::default(),
            messages: self.spare_messages.pop().unwrap_or_default(),
            replies: self.spare_replies.pop().unwrap_or_default(),
        };
        let block = std::mem::replace(&mut self.unsent[receiver.index()], next);
        Block { stamp, ..block }
    }

    /// All has been taken: places start again, under another stamp.
    pub(super) fn taken(&mut self) {
        debug_assert!(!self.has_unsent(), "a flush takes everything");
        self.next_place = 0;
    }

    pub(super) fn keep_messages(&mut self, emptied: Vec<(u32, T)>) {
        keep(&mut self.spare_messages, emptied);
    }

    pub(super) fn keep_replies(&mut self, emptied: Vec<R>) {
        keep(&mut self.spare_replies, emptied);
    }
}

/// Vectors kept of each kind, and elements one may have room for: a burst does not stay for ever.
const KEPT: usize = 32;
const KEPT_ROOM: usize = 1024;

fn keep<V>(spare: &mut Vec<Vec<V>>, emptied: Vec<V>) {
    debug_assert!(emptied.is_empty());
    if spare.len() < KEPT && (1..=KEPT_ROOM).contains(&emptied.capacity()) {
        spare.push(emptied);
    }
}
