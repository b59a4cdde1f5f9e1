//! What a container answers to HELP: a heading, then each subcommand with its words, what it does indented below it.

use super::flags::{Acl, Flags};
use super::spec::{Arity, Command, Docs, Handler, Run};
use crate::resp::reply::ReplyWriter;

/// The row of a container's HELP: its group, the version that brought it, the container's own category, and a handler
/// that calls [`help`].
pub const fn help_row(
    group: &'static str,
    since: &'static str,
    acl: Acl,
    handler: Handler,
) -> Command {
    Command {
        name: "help",
        arity: Arity::Exactly(2),
        flags: Flags::LOADING.union(Flags::STALE),
        acl,
        keys: &[],
        tips: &[],
        docs: Docs::new(group, since, "O(1)", "Lists the subcommands"),
        run: Run::OneShard(handler),
        subcommands: &[],
    }
}

/// Writes the help of `container`: one status line for each of `lines`, and HELP itself as the last subcommand. Lines
/// that explain begin with four blanks.
pub fn help(container: &str, lines: &[&str], reply: &mut ReplyWriter<'_>) {
    reply.array(lines.len() + 3);
    reply.simple(&format!(
        "{container} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"
    ));
    for line in lines.iter().chain(&["HELP", "    Prints this help."]) {
        reply.simple(line);
    }
}
