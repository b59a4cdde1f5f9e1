//! ACL GETUSER.

use engine::command::args::Args;
use engine::command::spec::{Argument, ArgumentKind, Arity, Command, Docs};
use engine::resp::reply::ReplyWriter;

use super::{ADMIN, Done, row};
use crate::acl::selector::Selector;
use crate::acl::user::User;
use crate::commands::{Answered, SessionContext};

/// ACL GETUSER name
pub(super) const GETUSER: Command = row(
    "getuser",
    Arity::Exactly(3),
    ADMIN,
    Docs::new(
        "server",
        "6.0.0",
        "O(N). Where N is the number of password, command and pattern rules that the user has.",
        "Describes a user",
    )
    .arguments(&[Argument::new("username", ArgumentKind::String)])
    .history(&[
        ("6.2.0", "Shows patterns of channels."),
        (
            "7.0.0",
            "Shows selectors, and patterns of keys and channels as rules.",
        ),
    ]),
);

pub(super) fn get(
    context: &mut SessionContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Done {
    match context.core.users.users.find(args.at(2)) {
        Some(user) => describe(user, reply),
        None => reply.null(),
    }
    Ok(Answered::Now)
}

fn describe(user: &User, reply: &mut ReplyWriter<'_>) {
    reply.map(6);
    reply.bulk(b"flags");
    reply.set(user.flags().count());
    user.flags().for_each(|flag| reply.bulk(flag.as_bytes()));
    let hashes = user.passwords().hashes();
    reply.bulk(b"passwords");
    reply.array(hashes.len());
    hashes
        .iter()
        .for_each(|hash| reply.bulk(hash.to_string().as_bytes()));
    permissions(user.root(), reply);
    reply.bulk(b"selectors");
    reply.array(user.others().len());
    for selector in user.others() {
        reply.map(3);
        permissions(selector, reply);
    }
}

fn permissions(selector: &Selector, reply: &mut ReplyWriter<'_>) {
    reply.bulk(b"commands");
    reply.bulk(&selector.command_rules());
    reply.bulk(b"keys");
    reply.bulk(&selector.key_rules());
    reply.bulk(b"channels");
    reply.bulk(&selector.channel_rules());
}
