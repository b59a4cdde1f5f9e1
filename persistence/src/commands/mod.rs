//! Commands whose arguments or replies are in the format of snapshots. They run on shards as the engine's own do; the server
//! registers them beside those.

mod dump;
mod restore;

use engine::command::spec::Command;

/// The rows.
pub const ROWS: &[&Command] = &[&dump::DUMP, &restore::RESTORE, &restore::RESTORE_ASKING];

#[cfg(test)]
mod tests;
