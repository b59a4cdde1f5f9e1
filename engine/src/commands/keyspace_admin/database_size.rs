//! DBSIZE: how many keys the database has. Those past their expiry count until they are deleted.

use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::spec::{Arity, Command, Docs, Join, Run, anything};
use crate::resp::reply::ReplyWriter;
use crate::shard::context::ShardContext;

pub(super) const DBSIZE: Command = Command {
    name: "dbsize",
    arity: Arity::Exactly(1),
    flags: Flags::READONLY.union(Flags::FAST),
    acl: Acl::KEYSPACE,
    keys: &[],
    tips: &["request_policy:all_shards", "response_policy:agg_sum"],
    docs: Docs::new("server", "1.0.0", "O(1)", "Counts the keys of the database"),
    run: Run::EveryShard {
        validate: anything,
        part: size,
        join: Join::Sum,
    },
    subcommands: &[],
};

fn size(
    context: &mut ShardContext<'_>,
    _: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    reply.count(context.database().len());
    Ok(())
}
