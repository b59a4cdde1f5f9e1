//! AUTH with `requirepass`. There is one user, `default`.

use engine::command::args::Args;
use engine::command::error::CommandError;
use engine::command::flags::Flags;
use engine::command::spec::{Argument, ArgumentKind, Arity, Command, Docs};
use engine::resp::reply::ReplyWriter;

use super::{ANYTIME, row};
use crate::commands::{Answered, SessionContext};
use crate::core::ServerCore;

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
    let (user, password) = match args.len() {
        2 => (b"default".as_slice(), args.at(1)),
        3 => (args.at(1), args.at(2)),
        _ => return Err(CommandError::SYNTAX),
    };
    if args.len() == 2 && context.core.password().is_empty() {
        return Err(CommandError::new(
            "ERR AUTH <password> called without any password configured for the default user. Are you sure your \
             configuration is correct?",
        ));
    }
    log_in(context, user, password)?;
    reply.ok();
    Ok(Answered::Now)
}

/// Logs the connection in as `user`.
pub(super) fn log_in(
    context: &mut SessionContext<'_>,
    user: &[u8],
    password: &[u8],
) -> Result<(), CommandError> {
    let wanted = context.core.password();
    if user != b"default" || !(wanted.is_empty() || same(wanted, password)) {
        context.core.statistics.denied_logins += 1;
        return Err(WRONG_PASSWORD);
    }
    context.connection.authenticated = true;
    Ok(())
}

impl ServerCore {
    /// `requirepass`; empty for none.
    pub(crate) fn password(&self) -> &[u8] {
        self.settings
            .security
            .requirepass
            .as_ref()
            .map_or(&[], |password| password.as_bytes())
    }
}

/// Compares without telling by the time it takes how much of the guess is right.
fn same(password: &[u8], guess: &[u8]) -> bool {
    let longest = password.len().max(guess.len());
    let at = |bytes: &[u8], index: usize| bytes.get(index).copied().unwrap_or(0);
    let differences = (0..longest).fold(0_u8, |all, index| {
        all | (at(password, index) ^ at(guess, index))
    });
    std::hint::black_box(differences) == 0 && password.len() == guess.len()
}
