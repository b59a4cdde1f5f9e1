//! XTRIM: old entries go.

use super::trim_option::{Options, Purpose, TRIM, log_exact};
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::spec::{Argument, Arity, Command, Docs, Run};
use crate::effect::event::Event;
use crate::resp::reply::ReplyWriter;
use crate::shard::context::ShardContext;
use crate::value::stream::Stream;

pub(super) const XTRIM: Command = Command {
    name: "xtrim",
    arity: Arity::AtLeast(4),
    flags: Flags::WRITE,
    acl: Acl::STREAM,
    keys: &[KeySpec::at(1, KeyFlags::RW.union(KeyFlags::DELETE))],
    tips: &["nondeterministic_output"],
    docs: Docs::new(
        "stream",
        "5.0.0",
        "O(N) for N entries removed, most of them a node at a time",
        "Removes entries from the front of a stream",
    )
    .arguments(&[Argument::key(), TRIM])
    .history(&[("6.2.0", "`MINID` and `LIMIT` came.")]),
    run: Run::OneShard(xtrim),
    subcommands: &[],
};

fn xtrim(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let options = Options::parse(args, Purpose::Trim)?;
    let Some(mut guard) = context.edit::<Stream>(args.at(1))? else {
        reply.integer(0);
        return Ok(());
    };
    let (stream, limits, _) = guard.parts();
    let trimmed = options.trim.map_or(0, |trim| trim.run(stream, limits));
    if trimmed == 0 {
        guard.leave();
    } else {
        if options.trim.is_some_and(|trim| trim.is_inexact()) {
            let (stream, log) = guard.with_log();
            log_exact(log, args, &options, stream, None);
        }
        guard.commit(Event::stream("xtrim"));
    }
    reply.count(trimmed as usize);
    Ok(())
}
