//! Commands over whole databases, and those that look below the surface of a key.
//!
//! MEMORY and DEBUG have subcommands here and in the server, which puts the containers together: [`MEMORY_ROWS`] and
//! [`DEBUG_ROWS`] are the engine's part.

mod database_size;
mod debug_digest;
mod debug_listpack;
mod debug_object;
mod debug_populate;
mod debug_switches;
mod digest;
mod flush;
mod memory_usage;
mod swap_db;

use crate::command::flags::Flags;
use crate::command::spec::Command;

pub(super) const FAMILY: &[&Command] = &[
    &database_size::DBSIZE,
    &flush::FLUSHDB,
    &flush::FLUSHALL,
    &swap_db::SWAPDB,
];

/// The subcommands of MEMORY that look at data.
pub const MEMORY_ROWS: &[&Command] = &[&memory_usage::USAGE];

/// The subcommands of DEBUG that look at data or change it.
pub const DEBUG_ROWS: &[&Command] = &[
    &debug_object::OBJECT,
    &debug_listpack::LISTPACK,
    &debug_digest::DIGEST,
    &debug_digest::DIGEST_VALUE,
    &debug_populate::POPULATE,
    &debug_switches::SET_ACTIVE_EXPIRE,
    &debug_switches::STRINGMATCH_LEN,
];

/// What all subcommands of DEBUG are like.
const DEBUG_FLAGS: Flags = Flags::ADMIN
    .union(Flags::NOSCRIPT)
    .union(Flags::LOADING)
    .union(Flags::STALE)
    .union(Flags::PROTECTED)
    .union(Flags::UNLISTED);
