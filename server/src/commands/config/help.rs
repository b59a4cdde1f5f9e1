//! CONFIG HELP.

use engine::command::args::Args;
use engine::command::flags::Flags;
use engine::command::help;
use engine::command::spec::{Arity, Command, Docs};
use engine::resp::reply::ReplyWriter;

use super::{Done, row};
use crate::commands::{Answered, SessionContext};

/// CONFIG HELP
pub(super) const HELP: Command = row(
    "help",
    Arity::Exactly(2),
    Flags::LOADING.union(Flags::STALE),
    Docs::new("server", "5.0.0", "O(1)", "Lists the subcommands"),
);

const LINES: &[&str] = &[
    "GET <pattern> [<pattern> ...]",
    "    Tells the parameters whose names match, with their values.",
    "SET <parameter> <value> [<parameter> <value> ...]",
    "    Changes parameters: all of them, or none if one is wrong.",
    "RESETSTAT",
    "    Sets what INFO counts back to zero.",
    "REWRITE",
    "    Writes the parameters in force to the configuration file.",
];

pub(super) fn help(_: &mut SessionContext<'_>, _: &Args<'_>, reply: &mut ReplyWriter<'_>) -> Done {
    help::help("CONFIG", LINES, reply);
    Ok(Answered::Now)
}
