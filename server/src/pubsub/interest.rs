//! How many subscriptions each core has, known to all: a message goes only where somebody may want it.
//!
//! Invariant: a core counts a subscription before its client hears that it subscribed. Who publishes because of what that
//! client then did sees the count.

use std::sync::atomic::{AtomicUsize, Ordering};

use engine::order::ShardId;

use super::{Kind, Scope};

#[derive(Debug, Default)]
struct Counts {
    global: AtomicUsize,
    shard: AtomicUsize,
}

impl Counts {
    fn of(&self, scope: Scope) -> &AtomicUsize {
        match scope {
            Scope::Global => &self.global,
            Scope::Shard => &self.shard,
        }
    }
}

/// See the top of the file.
#[derive(Debug)]
pub struct Interest(Box<[Counts]>);

impl Interest {
    /// Nobody subscribed on any of `cores` cores.
    pub fn new(cores: u16) -> Self {
        Interest((0..cores).map(|_| Counts::default()).collect())
    }

    /// A client of `core` subscribed.
    pub fn add(&self, core: ShardId, kind: Kind) {
        self.count(core, kind).fetch_add(1, Ordering::SeqCst);
    }

    /// A client of `core` ended a subscription.
    pub fn remove(&self, core: ShardId, kind: Kind) {
        self.count(core, kind).fetch_sub(1, Ordering::SeqCst);
    }

    /// Whether somebody on any core may want what is published in `scope`.
    pub fn is_any(&self, scope: Scope) -> bool {
        let mut counts = self.0.iter().map(|counts| counts.of(scope));
        counts.any(|count| count.load(Ordering::SeqCst) > 0)
    }

    /// The cores other than `me` where somebody may want what is published in `scope`.
    pub fn elsewhere(&self, me: ShardId, scope: Scope) -> impl Iterator<Item = ShardId> + '_ {
        let cores = (0..).map(ShardId).zip(self.0.iter());
        cores
            .filter(move |(core, counts)| {
                *core != me && counts.of(scope).load(Ordering::SeqCst) > 0
            })
            .map(|(core, _)| core)
    }

    fn count(&self, core: ShardId, kind: Kind) -> &AtomicUsize {
        self.0[core.index()].of(match kind {
            Kind::Channel | Kind::Pattern => Scope::Global,
            Kind::ShardChannel => Scope::Shard,
        })
    }
}
