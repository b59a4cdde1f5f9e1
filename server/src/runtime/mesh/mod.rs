//! How cores talk: a ring from every core to every core, itself included, and one order for all messages.
//!
//! ```text
//!   flush     raise the own flag · barrier · stamp = clock + 1 · publish one block per receiver · lower the flag · wake
//!   receive   T = clock, above the own last stamp · barrier · wait for the flags that are up · L = max(L, T)
//!             · take what is visible · run what is stamped below L by (stamp, sender, place)
//! ```
//!
//! Why this is one order: a receiver that finds a flag down has read T before the flag's owner reads its next stamp, and
//! the clock does not run back, so that stamp lies above T. A receiver that finds a flag up waits until what is behind
//! it is visible. Either way all that is stamped below L is there when the receiver looks into the rings, and every
//! core runs every message at its place in an order that does not depend on the core. The proofs by machine are
//! `tests/loom`, which walks the interleavings, and the stress test beside this file.
//!
//! Two lanes share the rings: messages, which are ordered, and replies, which are not. They are two types, because what
//! may arrive in one lane makes no sense in the other; they share a flush, its wake-up and its room.

mod atomics;
mod clock;
mod flags;
mod outbox;
mod port;
mod ring;

pub use clock::Clock;
#[cfg(not(loom))]
pub use clock::MonotonicClock;
pub use outbox::Outbox;
pub use port::{Mail, Port};

pub(crate) use flags::Flags;

use atomics::Arc;
use engine::order::ShardId;
use port::Ends;

/// Ports for `cores` cores, the one of core 0 first. Between any two cores up to `capacity` flushes (rounded up to a power
/// of two) can be on their way; the next has to wait for its receiver.
///
/// `wake` is called with every other core that a flush has sent something, behind a full barrier: if the core is marked
/// asleep, wake it. [`Port::has_mail`] has the other half.
pub fn mesh<T: Send, R: Send, C: Clock + Clone, W: Fn(ShardId) + Clone>(
    cores: u16,
    capacity: usize,
    clock: C,
    wake: W,
) -> Vec<Port<T, R, C, W>> {
    let flags = Arc::new(Flags::new(cores));
    assemble(
        capacity,
        ShardId::first(cores)
            .map(|_| (flags.clone(), clock.clone(), wake.clone()))
            .collect(),
    )
}

/// Joins ports by rings, each with its own view of flags and clock. They must be views of the same; that they need not be
/// is for the tests, which leave a rule out and see the order break.
pub(crate) fn assemble<T: Send, R: Send, C: Clock, W: Fn(ShardId)>(
    capacity: usize,
    views: Vec<(Arc<Flags>, C, W)>,
) -> Vec<Port<T, R, C, W>> {
    let mut ends: Vec<Ends<T, R>> = views
        .iter()
        .map(|_| Ends {
            outgoing: Vec::new(),
            incoming: Vec::new(),
        })
        .collect();
    for sender in 0..views.len() {
        for receiver in 0..views.len() {
            let (outgoing, incoming) = ring::ring(capacity);
            ends[sender].outgoing.push(outgoing);
            ends[receiver].incoming.push(incoming);
        }
    }
    let ports = views.into_iter().zip(ends).zip((0..).map(ShardId));
    ports
        .map(|(((flags, clock, wake), ends), me)| Port::new(me, ends, flags, clock, wake))
        .collect()
}
