//! What a container answers to HELP: a heading, then each subcommand with its words, what it does indented below it.

use crate::resp::reply::ReplyWriter;

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
