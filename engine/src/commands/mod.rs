//! The commands, by family. A family's list is in its `mod.rs`.

#[cfg(test)]
pub(crate) mod driver;
pub mod generic;
pub mod keyspace_admin;
mod string;

use crate::command::spec::Command;

/// Every command that runs on shards.
pub fn families() -> impl Iterator<Item = &'static Command> {
    std::iter::empty()
        .chain(string::FAMILY.iter().copied())
        .chain(generic::FAMILY.iter().copied())
        .chain(keyspace_admin::FAMILY.iter().copied())
}
