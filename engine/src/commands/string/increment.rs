//! Counting with whole numbers.

use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::number::integer;
use crate::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Handler, Run};
use crate::effect::event::Event;
use crate::resp::reply::ReplyWriter;
use crate::shard::context::{ShardContext, Ttl};
use crate::value::NewValue;

const KEYS: &[KeySpec] = &[KeySpec::at(
    1,
    KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::UPDATE),
)];

const fn counter(name: &'static str, arity: usize, docs: Docs, handler: Handler) -> Command {
    Command {
        name,
        arity: Arity::Exactly(arity),
        flags: Flags::WRITE.union(Flags::DENYOOM).union(Flags::FAST),
        acl: Acl::STRING,
        keys: KEYS,
        tips: &[],
        docs,
        run: Run::OneShard(handler),
        subcommands: &[],
    }
}

pub(super) const INCR: Command = counter(
    "incr",
    2,
    Docs::new(
        "string",
        "1.0.0",
        "O(1)",
        "Adds one to the whole number at a key, which begins at 0",
    )
    .arguments(&[Argument::key()]),
    |context, args, reply| add(context, args.at(1), 1, reply),
);

pub(super) const DECR: Command = counter(
    "decr",
    2,
    Docs::new(
        "string",
        "1.0.0",
        "O(1)",
        "Takes one from the whole number at a key, which begins at 0",
    )
    .arguments(&[Argument::key()]),
    |context, args, reply| add(context, args.at(1), -1, reply),
);

pub(super) const INCRBY: Command = counter(
    "incrby",
    3,
    Docs::new(
        "string",
        "1.0.0",
        "O(1)",
        "Adds to the whole number at a key, which begins at 0",
    )
    .arguments(&[
        Argument::key(),
        Argument::new("increment", ArgumentKind::Integer),
    ]),
    |context, args, reply| add(context, args.at(1), integer(args.at(2))?, reply),
);

pub(super) const DECRBY: Command = counter(
    "decrby",
    3,
    Docs::new(
        "string",
        "1.0.0",
        "O(1)",
        "Takes from the whole number at a key, which begins at 0",
    )
    .arguments(&[
        Argument::key(),
        Argument::new("decrement", ArgumentKind::Integer),
    ]),
    decrby,
);

fn decrby(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let by = integer(args.at(2))?
        .checked_neg()
        .ok_or(CommandError::new("ERR decrement would overflow"))?;
    add(context, args.at(1), by, reply)
}

const EVENT: Event = Event::string("incrby");

fn add(
    context: &mut ShardContext<'_>,
    key: &[u8],
    by: i64,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    if let Some(mut string) = context.edit_string(key)? {
        let old = string.get().as_int().ok_or(CommandError::NOT_AN_INTEGER)?;
        let new = old.checked_add(by).ok_or(CommandError::new(
            "ERR increment or decrement would overflow",
        ))?;
        string.set_int(new);
        string.commit(EVENT);
        reply.integer(new);
        return Ok(());
    }
    context.put(key, NewValue::Int(by), Ttl::Clear, EVENT);
    reply.integer(by);
    Ok(())
}
