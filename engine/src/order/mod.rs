//! One order for all cores: every message carries the time at which it was sent, and every core runs messages in the
//! order of those times. Pure state machines; the server and the simulation drive the same code.

pub mod block;
pub mod carry;
pub mod core;
pub mod lock_table;
pub mod participant;
pub mod pipeline;
pub mod plan;
pub mod stamp;
mod transaction;

pub use transaction::{Outcome, Piece};
