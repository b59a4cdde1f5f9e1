//! LLEN: how many elements there are.

use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::spec::{Argument, Arity, Command, Docs, Run};
use crate::resp::reply::ReplyWriter;
use crate::shard::context::ShardContext;
use crate::value::collection::Collection;
use crate::value::list::List;

pub(super) const LLEN: Command = Command {
    name: "llen",
    arity: Arity::Exactly(2),
    flags: Flags::READONLY.union(Flags::FAST),
    acl: Acl::LIST,
    keys: &[KeySpec::at(1, KeyFlags::RO)],
    tips: &[],
    docs: Docs::new(
        "list",
        "1.0.0",
        "O(1)",
        "Returns how many elements a list has",
    )
    .arguments(&[Argument::key()]),
    run: Run::OneShard(length),
    subcommands: &[],
};

fn length(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let list = context.read_as::<List>(args.at(1))?;
    reply.count(list.map_or(0, List::len));
    Ok(())
}
