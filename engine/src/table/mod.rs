//! The growing hash table, of the keyspace and of every large collection.
//!
//! A [`Table`] is a segment (a hash table of at most some 500 items) or a directory of segments; a segment is a run of
//! buckets of one cache line; a bucket points to items, one allocation each, at about 9 bytes a place. It grows and
//! shrinks by one segment at a time, so no insert stalls, and the order of hashes never changes, so a walk by cursor
//! survives both.
//!
//! To put something into a table, write its [`Item`](item::Item): an owning thin pointer to one allocation which holds
//! the key that it is found by. [`member::Member`] is the shortest example, `keyspace::entry` the longest. What it takes:
//! - a type around `NonNull<u8>` that frees the allocation when dropped, and `into_cell` / `from_cell` between it and
//!   the six bytes a table stores ([`cell::Cell`]);
//! - `Ref`, a `Copy` view of the contents for a lifetime. A layout whose size follows from its contents
//!   ([`size_class::size_class`]) needs no capacity;
//! - `Mut`, a view through the table's cell. Contents that no longer fit move: make the new item, put its cell in place
//!   of the old one, drop the old item. Where items never change, `Mut` is `Ref`;
//! - `Clone`, if the table is to be copied.
//!
//! A table is made with the seed of the server's hashes, which `Guard::seed` and `ShardContext::seed` tell; it keeps it,
//! so a value may go to any shard. An item's destructor runs only when the table drops or gives it away.

pub(crate) mod bare_table;
pub mod cell;
mod directory;
pub mod hash;
pub mod item;
pub mod iter;
pub mod member;
#[cfg(test)]
mod model;
mod seeded;
pub(crate) mod segment;
mod shape;
pub mod size_class;

pub use hash::HashSeed;
pub use seeded::Table;
