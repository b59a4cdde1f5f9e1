//! ACL DRYRUN: whether a user may run a command, without running it.

use engine::command::args::Args;
use engine::command::error::{CommandError, printed};
use engine::command::spec::{Argument, ArgumentKind, Arity, Command, Docs};
use engine::command::table::{CommandId, table};
use engine::resp::reply::ReplyWriter;

use super::{ADMIN, Done, row};
use crate::acl::check::may_run;
use crate::acl::command_rules::as_clients_know_it;
use crate::commands::command::reads_subcommands;
use crate::commands::{Answered, SessionContext};

/// ACL DRYRUN name command [arg ..]
pub(super) const DRYRUN: Command = row(
    "dryrun",
    Arity::AtLeast(4),
    ADMIN,
    Docs::new(
        "server",
        "7.0.0",
        "O(1).",
        "Tells whether a user may run a command, without running it",
    )
    .arguments(&[
        Argument::new("username", ArgumentKind::String),
        Argument::new("command", ArgumentKind::String),
        Argument::new("arg", ArgumentKind::String)
            .optional()
            .multiple(),
    ]),
);

pub(super) fn dry_run(
    context: &mut SessionContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Done {
    let user = context.core.users.users.find(args.at(2)).ok_or_else(|| {
        CommandError::with(format!("ERR User '{}' not found", printed(args.at(2))))
    })?;
    let words = args.skip(3);
    let command = named(&words).ok_or_else(|| {
        CommandError::with(format!("ERR Command '{}' not found", printed(words.at(0))))
    })?;
    if !table().row(command).arity.admits(words.len()) {
        return Err(CommandError::arity(table().full_name(command)));
    }
    match may_run(user, command, &words) {
        Ok(()) => reply.ok(),
        Err(denial) => reply.bulk(denial.told(user, command, &words).as_bytes()),
    }
    Ok(Answered::Now)
}

/// The command of these words. One that reads its subcommands itself is there whatever they are.
fn named(words: &Args<'_>) -> Option<CommandId> {
    let top = || table().top(words.at(0));
    table()
        .find_command(words)
        .map(as_clients_know_it)
        .or_else(|| top().filter(|top| reads_subcommands(*top)))
}
