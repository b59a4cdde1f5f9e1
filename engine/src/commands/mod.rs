//! The commands, by family. A family's list is in its `mod.rs`.

mod bitmap;
#[cfg(test)]
pub(crate) mod driver;
pub mod generic;
mod geo;
mod hash;
mod hyperloglog;
pub mod keyspace_admin;
mod lending;
mod list;
mod set;
pub mod sorted_set;
mod stream;
mod string;

use crate::command::spec::Command;

/// Every command that runs on shards.
pub fn families() -> impl Iterator<Item = &'static Command> {
    let families = [
        string::FAMILY,
        bitmap::FAMILY,
        hyperloglog::FAMILY,
        set::FAMILY,
        hash::FAMILY,
        geo::FAMILY,
        sorted_set::FAMILY,
        stream::FAMILY,
        generic::FAMILY,
        list::FAMILY,
        keyspace_admin::FAMILY,
    ];
    families.into_iter().flatten().copied()
}
