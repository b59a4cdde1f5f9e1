//! ACL DELUSER.

use engine::command::args::Args;
use engine::command::error::CommandError;
use engine::command::spec::{Argument, ArgumentKind, Arity, Command, Docs};
use engine::resp::reply::ReplyWriter;

use super::{ADMIN, Done, publish, row};
use crate::commands::SessionContext;

/// ACL DELUSER name [name ..]
pub(super) const DELUSER: Command = row(
    "deluser",
    Arity::AtLeast(3),
    ADMIN,
    Docs::new(
        "server",
        "6.0.0",
        "O(1) amortized time considering the typical user.",
        "Removes users and closes their connections",
    )
    .arguments(&[Argument::new("username", ArgumentKind::String).multiple()]),
);

pub(super) fn delete(
    context: &mut SessionContext<'_>,
    args: &Args<'_>,
    _: &mut ReplyWriter<'_>,
) -> Done {
    let names = args.skip(2);
    if names.iter().any(|name| name == b"default") {
        return Err(CommandError::new(
            "ERR The 'default' user cannot be removed",
        ));
    }
    let mut removed = 0;
    let version = context.core.published().change(|users| {
        removed = names.iter().filter(|name| users.remove(name)).count();
    });
    Ok(publish(context, version, move |reply| reply.count(removed)))
}
