//! The keyspace of a shard: tables of keys that grow and shrink in small steps.
//!
//! A database is an array of slots. A slot is a segment (a hash table of at most some 500 entries) or a directory of
//! segments; a segment is a run of buckets of one cache line; a bucket points to entries, one allocation each.

mod chunk;
pub mod database;
pub mod entry;
mod expiry_wheel;
mod field_wheel;
pub mod key;
#[cfg(test)]
mod model;
pub mod retired;
pub mod walk;

pub use database::Database;
pub use entry::{Detached, Entry, EntryMut};
pub use key::{HashSeed, Key};
pub use retired::Retired;
