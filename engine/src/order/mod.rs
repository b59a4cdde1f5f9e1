//! The one order in which all cores run what they send each other, as pure state: no clock is read and nothing waits.
//!
//! A message carries the time at which it was sent, its stamp. A core takes a logical time and runs, in the order of
//! their tags, the messages stamped below it. Whoever moves the messages has to keep one promise, on which the rest
//! stands: once a core has taken a logical time, no message stamped below it becomes visible to the core any more.
//! The server and the simulation drive the same code.

pub mod block;
pub mod carry;
pub mod core;
pub mod errand;
pub mod exclusive;
mod hops;
pub mod inbox;
mod journal;
mod links;
pub mod lock_table;
mod logged;
pub mod logical_time;
mod lookups;
pub mod participant;
mod paused;
pub mod pipeline;
pub mod place;
pub mod plan;
pub mod program;
mod requests;
mod serving;
pub mod slow;
pub mod stamp;
mod transaction;
mod waits;
mod walk;

pub use errand::Errand;
pub use exclusive::Exclusive;
pub use inbox::Inbox;
pub use logical_time::LogicalTime;
pub use place::Place;
pub use stamp::{ShardId, Stamp, Tag};
pub use transaction::{Outcome, Piece};
pub use waits::Leave;
