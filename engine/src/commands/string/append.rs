//! APPEND, and the limit that everything which makes a string longer obeys.

use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Run};
use crate::effect::event::Event;
use crate::limits::Limits;
use crate::resp::reply::ReplyWriter;
use crate::shard::context::{ShardContext, Ttl};
use crate::value::NewValue;

pub(super) const APPEND: Command = Command {
    name: "append",
    arity: Arity::Exactly(3),
    flags: Flags::WRITE.union(Flags::DENYOOM).union(Flags::FAST),
    acl: Acl::STRING,
    keys: &[KeySpec::at(1, KeyFlags::RW.union(KeyFlags::INSERT))],
    tips: &[],
    docs: Docs::new(
        "string",
        "2.0.0",
        "O(1) amortized: room for twice the string is made whenever it has to move",
        "Puts bytes behind the string at a key, which begins empty",
    )
    .arguments(&[
        Argument::key(),
        Argument::new("value", ArgumentKind::String),
    ]),
    run: Run::OneShard(append),
    subcommands: &[],
};

const EVENT: Event = Event::string("append");

fn append(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let (key, tail) = (args.at(1), args.at(2));
    let limits = *context.limits();
    if let Some(mut string) = context.edit_string(key)? {
        check_length(&limits, string.get().len() as u64, tail.len() as u64)?;
        let bytes = string.bytes_mut();
        bytes.extend_from_slice(tail);
        reply.count(bytes.len());
        string.commit(EVENT);
        return Ok(());
    }
    context.put(key, NewValue::from_bytes(tail), Ttl::Clear, EVENT);
    reply.count(tail.len());
    Ok(())
}

/// Whether a string may hold `more` bytes behind `len`. Errors: the sum is above `proto-max-bulk-len`.
pub(super) fn check_length(limits: &Limits, len: u64, more: u64) -> Result<(), CommandError> {
    match len.checked_add(more) {
        Some(total) if total <= limits.max_bulk => Ok(()),
        _ => Err(CommandError::STRING_TOO_LONG),
    }
}
