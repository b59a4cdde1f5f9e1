//! One shard: its data, the commands over it, and the order among cores. No I/O, no clocks, no threads.

pub mod command;
pub mod commands;
pub mod effect;
pub mod geo;
pub mod hyperloglog;
pub mod key;
pub mod keyspace;
pub mod limits;
pub mod order;
pub mod packed;
pub mod random;
pub mod ranked;
pub mod resp;
pub mod shard;
pub mod table;
pub mod time;
pub mod value;
