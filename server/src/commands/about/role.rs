//! ROLE. Every server is a primary without replicas, as replication is not built.

use engine::command::args::Args;
use engine::command::error::CommandError;
use engine::command::flags::{Acl, Flags};
use engine::command::spec::{Arity, Command, Docs, Run};
use engine::resp::reply::ReplyWriter;

use crate::commands::{Answered, SessionContext};

/// ROLE
pub(super) const ROLE: Command = Command {
    name: "role",
    arity: Arity::Exactly(1),
    flags: Flags::NOSCRIPT
        .union(Flags::LOADING)
        .union(Flags::STALE)
        .union(Flags::FAST)
        .union(Flags::SENTINEL),
    acl: Acl::ADMIN.union(Acl::DANGEROUS),
    keys: &[],
    tips: &[],
    docs: Docs::new(
        "server",
        "2.8.12",
        "O(1)",
        "Tells whether the server is a primary or a replica",
    ),
    run: Run::Session,
    subcommands: &[],
};

pub(super) fn role(
    _: &mut SessionContext<'_>,
    _: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<Answered, CommandError> {
    reply.array(3);
    reply.bulk(b"master");
    reply.integer(0);
    reply.array(0);
    Ok(Answered::Now)
}
