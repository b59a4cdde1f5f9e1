//! The one log of all shards: what they tell of their writes, merged into one sequence of commands.

pub mod keeper;
mod merge;

pub use keeper::{Batch, Keeper, Shipment};
