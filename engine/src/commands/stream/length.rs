//! XLEN: how many entries a stream has.

use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::spec::{Argument, Arity, Command, Docs, Run};
use crate::resp::reply::ReplyWriter;
use crate::shard::context::ShardContext;
use crate::value::collection::Collection;
use crate::value::stream::Stream;

pub(super) const XLEN: Command = Command {
    name: "xlen",
    arity: Arity::Exactly(2),
    flags: Flags::READONLY.union(Flags::FAST),
    acl: Acl::STREAM,
    keys: &[KeySpec::at(1, KeyFlags::RO)],
    tips: &[],
    docs: Docs::new("stream", "5.0.0", "O(1)", "Counts the entries of a stream")
        .arguments(&[Argument::key()]),
    run: Run::OneShard(xlen),
    subcommands: &[],
};

fn xlen(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let stream = context.read_as::<Stream>(args.at(1))?;
    reply.count(stream.map_or(0, Stream::len));
    Ok(())
}
