//! ACL HELP.

use engine::command::args::Args;
use engine::command::flags::Flags;
use engine::command::help;
use engine::command::spec::{Arity, Command, Docs};
use engine::resp::reply::ReplyWriter;

use super::{Done, row};
use crate::commands::{Answered, SessionContext};

/// ACL HELP
pub(super) const HELP: Command = row(
    "help",
    Arity::Exactly(2),
    Flags::LOADING.union(Flags::STALE),
    Docs::new("server", "6.0.0", "O(1)", "Lists the subcommands"),
);

pub(super) fn help(_: &mut SessionContext<'_>, _: &Args<'_>, reply: &mut ReplyWriter<'_>) -> Done {
    help::help(
        "ACL",
        &[
            "CAT [<category>]",
            "    Lists the categories, or the commands of one.",
            "DELUSER <username> [<username> ...]",
            "    Removes users and closes their connections.",
            "DRYRUN <username> <command> [<arg> ...]",
            "    Tells whether a user may run a command, without running it.",
            "GETUSER <username>",
            "    Describes a user.",
            "GENPASS [<bits>]",
            "    Makes up a password of 256 bits, or so many.",
            "LIST",
            "    Lists the users as a file holds them.",
            "LOAD",
            "    Takes over the users of the file.",
            "LOG [<count> | RESET]",
            "    Shows what was denied lately, or forgets it.",
            "SAVE",
            "    Writes the users to the file.",
            "SETUSER <username> <attribute> [<attribute> ...]",
            "    Makes or changes a user.",
            "USERS",
            "    Lists the names of the users.",
            "WHOAMI",
            "    Tells the user of this connection.",
        ],
        reply,
    );
    Ok(Answered::Now)
}
