//! AUTH. Without a name, the user is `default`.

use engine::command::args::Args;
use engine::command::error::CommandError;
use engine::command::flags::Flags;
use engine::command::spec::{Argument, ArgumentKind, Arity, Command, Docs};
use engine::command::table::{CommandId, table};
use engine::resp::reply::ReplyWriter;

use super::{ANYTIME, hello, row};
use crate::commands::{Answered, SessionContext};

/// AUTH [username] password
pub(super) const AUTH: Command = row(
    "auth",
    Arity::AtLeast(2),
    ANYTIME.union(Flags::SENTINEL),
    Docs::new(
        "connection",
        "1.0.0",
        "O(N) where N is the number of passwords defined for the user",
        "Logs the connection in",
    )
    .arguments(&[
        Argument::new("username", ArgumentKind::String).optional(),
        Argument::new("password", ArgumentKind::String),
    ])
    .history(&[("6.0.0", "Added ACL style (username and password).")]),
);

const WRONG_PASSWORD: CommandError =
    CommandError::new("WRONGPASS invalid username-password pair or user is disabled.");

pub(super) fn auth(
    context: &mut SessionContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<Answered, CommandError> {
    let (user, password) = words(args).ok_or(CommandError::SYNTAX)?;
    if args.len() == 2 && context.core.users.users.default_user().needs_no_password() {
        return Err(CommandError::new(
            "ERR AUTH <password> called without any password configured for the default user. Are you sure your \
             configuration is correct?",
        ));
    }
    log_in(context, args, user, password)?;
    reply.ok();
    Ok(Answered::Now)
}

/// The name and the password that a command logs in with, if it does.
pub(crate) fn login<'a>(command: CommandId, args: &Args<'a>) -> Option<(&'a [u8], &'a [u8])> {
    match table().row(command).name {
        "auth" => words(args),
        "hello" => hello::read(args).ok()?.login,
        _ => None,
    }
}

/// The name and the password behind AUTH.
fn words<'a>(args: &Args<'a>) -> Option<(&'a [u8], &'a [u8])> {
    match args.len() {
        2 => Some((b"default", args.at(1))),
        3 => Some((args.at(1), args.at(2))),
        _ => None,
    }
}

/// Logs the connection in as `name`, which `args` ask for.
pub(super) fn log_in(
    context: &mut SessionContext<'_>,
    args: &Args<'_>,
    name: &[u8],
    password: &[u8],
) -> Result<(), CommandError> {
    let user = context.core.users.users.find(name);
    match user.filter(|user| user.admits(password)).cloned() {
        Some(user) => context.connection.set_user(user, true),
        None => {
            let core = &mut *context.core;
            core.note_wrong_password(context.connection, args, name);
            return Err(WRONG_PASSWORD);
        }
    }
    Ok(())
}
