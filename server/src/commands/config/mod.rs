//! CONFIG: the parameters, seen and changed while the server runs.

mod get;
mod help;
mod reset_stat;
mod rewrite;
mod set;

use engine::command::error::CommandError;
use engine::command::flags::Flags;
use engine::command::spec::{Arity, Command, Docs};

use super::row::row;
use super::{Answered, Family};

/// This family.
pub const FAMILY: Family = Family {
    rows: &[&CONFIG],
    handlers: &[
        ("config|get", get::get),
        ("config|help", help::help),
        ("config|resetstat", reset_stat::reset_stat),
        ("config|rewrite", rewrite::rewrite),
        ("config|set", set::set),
    ],
};

const CONFIG: Command = Command {
    subcommands: &[
        &get::GET,
        &help::HELP,
        &reset_stat::RESETSTAT,
        &rewrite::REWRITE,
        &set::SET,
    ],
    ..row(
        "config",
        Arity::AtLeast(2),
        Flags::empty(),
        Docs::new(
            "server",
            "2.0.0",
            "Depends on subcommand.",
            "Looks at the parameters and changes them",
        ),
    )
};

/// For operators, at any time.
const ADMIN: Flags = Flags::ADMIN
    .union(Flags::NOSCRIPT)
    .union(Flags::LOADING)
    .union(Flags::STALE);

type Done = Result<Answered, CommandError>;
