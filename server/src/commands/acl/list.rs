//! ACL LIST, USERS and WHOAMI.

use engine::command::args::Args;
use engine::command::spec::{Arity, Command, Docs};
use engine::resp::reply::ReplyWriter;

use super::{ADMIN, ANYTIME, Done, row};
use crate::commands::{Answered, SessionContext};

/// ACL LIST
pub(super) const LIST: Command = row(
    "list",
    Arity::Exactly(2),
    ADMIN,
    Docs::new(
        "server",
        "6.0.0",
        "O(N). Where N is the number of configured users.",
        "Lists the users as a file holds them",
    ),
);

/// ACL USERS
pub(super) const USERS: Command = row(
    "users",
    Arity::Exactly(2),
    ADMIN,
    Docs::new(
        "server",
        "6.0.0",
        "O(N). Where N is the number of configured users.",
        "Lists the names of the users",
    ),
);

/// ACL WHOAMI
pub(super) const WHOAMI: Command = row(
    "whoami",
    Arity::Exactly(2),
    ANYTIME,
    Docs::new(
        "server",
        "6.0.0",
        "O(1)",
        "Tells the user of this connection",
    ),
);

pub(super) fn list(
    context: &mut SessionContext<'_>,
    _: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Done {
    let users = &context.core.users.users;
    reply.array(users.iter().count());
    users.iter().for_each(|user| reply.bulk(&user.line()));
    Ok(Answered::Now)
}

pub(super) fn users(
    context: &mut SessionContext<'_>,
    _: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Done {
    let users = &context.core.users.users;
    reply.array(users.iter().count());
    users.iter().for_each(|user| reply.bulk(user.name()));
    Ok(Answered::Now)
}

pub(super) fn who_am_i(
    context: &mut SessionContext<'_>,
    _: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Done {
    reply.bulk(context.connection.user.name());
    Ok(Answered::Now)
}
