//! The commands, by family. A family's list is in its `mod.rs`.

#[cfg(test)]
pub(crate) mod driver;
mod string;

use crate::command::spec::Command;

/// Every command that runs on shards.
pub fn families() -> impl Iterator<Item = &'static Command> {
    std::iter::empty().chain(string::FAMILY.iter().copied())
}
