//! The rings between simulated cores, their flags, and the clock they read.

use std::collections::VecDeque;

use engine::order::Stamp;
use engine::order::block::Block;

/// What one flush brings to one core.
pub(super) struct Envelope {
    pub stamp: Stamp,
    pub requests: Vec<Block>,
    pub answers: Vec<Block>,
}

/// See the top of the file.
pub(super) struct Mesh {
    /// The clock; it may stand still between two readings.
    pub clock: u64,
    /// Who is flushing.
    pub flushing: Vec<bool>,
    /// By sender, then by receiver.
    rings: Vec<Vec<VecDeque<Envelope>>>,
    /// Flushes that a ring has room for.
    capacity: usize,
}

impl Mesh {
    pub(super) fn new(cores: usize, capacity: usize) -> Self {
        let ring = |_| (0..cores).map(|_| VecDeque::new()).collect();
        Mesh {
            clock: 1,
            flushing: vec![false; cores],
            rings: (0..cores).map(ring).collect(),
            capacity,
        }
    }

    pub(super) fn has_room(&self, sender: usize, receiver: usize) -> bool {
        self.rings[sender][receiver].len() < self.capacity
    }

    pub(super) fn publish(&mut self, sender: usize, receiver: usize, envelope: Envelope) {
        self.rings[sender][receiver].push_back(envelope);
    }

    pub(super) fn take(&mut self, sender: usize, receiver: usize) -> Option<Envelope> {
        self.rings[sender][receiver].pop_front()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rings.iter().flatten().all(VecDeque::is_empty)
    }
}
