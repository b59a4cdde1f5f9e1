//! Which cores have clients that want to hear of changes, known to all; and how much all shards remember together.
//!
//! Invariant: a core counts a client before that hears that it tracks.

use std::sync::atomic::{AtomicUsize, Ordering};

use engine::order::ShardId;

#[derive(Debug, Default)]
struct Counts {
    /// Clients that track, in whatever mode.
    tracking: AtomicUsize,
    /// Those of them that listen to prefixes.
    listening: AtomicUsize,
}

/// See the top of the file.
#[derive(Debug)]
pub struct Reach {
    cores: Box<[Counts]>,
    /// Keys that shards remember.
    keys: AtomicUsize,
}

impl Reach {
    /// Nobody tracks on any of `cores` cores.
    pub fn new(cores: u16) -> Self {
        Reach {
            cores: (0..cores).map(|_| Counts::default()).collect(),
            keys: AtomicUsize::new(0),
        }
    }

    /// A client of `core` tracks.
    pub fn add(&self, core: ShardId, listens: bool) {
        let counts = &self.cores[core.index()];
        counts.tracking.fetch_add(1, Ordering::SeqCst);
        counts
            .listening
            .fetch_add(usize::from(listens), Ordering::SeqCst);
    }

    /// A client of `core` tracks no more.
    pub fn remove(&self, core: ShardId, listens: bool) {
        let counts = &self.cores[core.index()];
        counts.tracking.fetch_sub(1, Ordering::SeqCst);
        counts
            .listening
            .fetch_sub(usize::from(listens), Ordering::SeqCst);
    }

    /// Clients of all cores that track.
    pub fn clients(&self) -> usize {
        let counts = self.cores.iter();
        counts
            .map(|counts| counts.tracking.load(Ordering::SeqCst))
            .sum()
    }

    /// The cores with clients that track.
    pub fn tracking(&self) -> impl Iterator<Item = ShardId> + '_ {
        self.having(|counts| &counts.tracking)
    }

    /// The cores with clients that listen to prefixes.
    pub fn listening(&self) -> impl Iterator<Item = ShardId> + '_ {
        self.having(|counts| &counts.listening)
    }

    fn having(&self, count: fn(&Counts) -> &AtomicUsize) -> impl Iterator<Item = ShardId> + '_ {
        let cores = (0..).map(ShardId).zip(self.cores.iter());
        cores
            .filter(move |(_, counts)| count(counts).load(Ordering::SeqCst) > 0)
            .map(|(core, _)| core)
    }

    /// A shard that remembered `before` keys remembers `now`.
    pub fn tell_keys(&self, before: usize, now: usize) {
        self.keys
            .fetch_add(now.wrapping_sub(before), Ordering::Relaxed);
    }

    /// Keys that all shards remember, as last told.
    pub fn keys(&self) -> usize {
        self.keys.load(Ordering::Relaxed)
    }

    /// Takes it upon a shard to forget keys while there are more than `limit`, up to `most`. Returns how many; they are
    /// counted no more.
    pub fn claim_excess(&self, limit: usize, most: usize) -> usize {
        let excess = |keys: usize| keys.saturating_sub(limit).min(most);
        let claim = |keys: usize| Some(keys - excess(keys)).filter(|left| *left < keys);
        self.keys
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, claim)
            .map_or(0, excess)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cores_without_such_clients_are_left_alone() {
        let reach = Reach::new(3);
        reach.add(ShardId(0), false);
        reach.add(ShardId(2), true);
        assert_eq!(reach.clients(), 2);
        let cores = |cores: Vec<ShardId>| cores.iter().map(|core| core.0).collect::<Vec<_>>();
        assert_eq!(cores(reach.tracking().collect()), [0, 2]);
        assert_eq!(cores(reach.listening().collect()), [2]);
        reach.remove(ShardId(2), true);
        assert_eq!(cores(reach.listening().collect()), []);
    }

    #[test]
    fn no_more_is_forgotten_than_is_too_much() {
        let reach = Reach::new(2);
        reach.tell_keys(0, 10);
        reach.tell_keys(4, 2);
        assert_eq!(reach.keys(), 8);
        assert_eq!(reach.claim_excess(3, 4), 4);
        assert_eq!(reach.claim_excess(3, 4), 1);
        assert_eq!((reach.claim_excess(3, 4), reach.keys()), (0, 3));
    }
}
