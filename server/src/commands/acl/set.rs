//! ACL SETUSER.

use engine::command::args::Args;
use engine::command::error::CommandError;
use engine::command::spec::{Argument, ArgumentKind, Arity, Command, Docs};
use engine::resp::reply::ReplyWriter;

use super::{ADMIN, Done, publish, row};
use crate::commands::SessionContext;

/// ACL SETUSER name [rule ..]
pub(super) const SETUSER: Command = row(
    "setuser",
    Arity::AtLeast(3),
    ADMIN,
    Docs::new(
        "server",
        "6.0.0",
        "O(N). Where N is the number of rules provided.",
        "Makes a user or changes what one may do",
    )
    .arguments(&[
        Argument::new("username", ArgumentKind::String),
        Argument::new("rule", ArgumentKind::String)
            .optional()
            .multiple(),
    ])
    .history(&[
        ("6.2.0", "Patterns of channels."),
        (
            "7.0.0",
            "Selectors, and keys that may only be read or written.",
        ),
    ]),
);

pub(super) fn set(
    context: &mut SessionContext<'_>,
    args: &Args<'_>,
    _: &mut ReplyWriter<'_>,
) -> Done {
    let rules: Vec<&[u8]> = args.skip(3).iter().collect();
    let channels = context.core.settings.new_channels();
    let changed = context
        .core
        .published()
        .try_change(|users| users.set(args.at(2), &rules, channels));
    match changed {
        Ok(((), version)) => Ok(publish(context, version, |reply| reply.ok())),
        Err(why) => Err(CommandError::with(format!("ERR {why}"))),
    }
}
