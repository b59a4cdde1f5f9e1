//! One shard: its data, the commands over it, and the order among cores. No I/O, no clocks, no threads.

pub mod key;
pub mod order;
pub mod resp;
pub mod time;
