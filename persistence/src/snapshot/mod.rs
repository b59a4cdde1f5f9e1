//! Snapshots as files, see [`crate::rdb::format`] for their bytes.
//!
//! ```text
//! file    "REDIS0010" | aux .. | functions .. | databases' sizes .. | chunk .. | EOF | CRC64
//! chunk   SELECT_DB | entry ..               of one database of one shard
//! entry   expiry? | idle time or frequency? | type | key | value
//! ```
//!
//! Every shard makes chunks of its own entries, and as each begins with its database they may follow each other in any
//! order.

pub mod batch;
pub mod chunk;
pub mod file;
pub mod header;
mod load_fault;
pub mod reader;

pub use load_fault::LoadFault;
