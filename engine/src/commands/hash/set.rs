//! HSET, HMSET and HSETNX. A field that is set anew loses its expiry.

use super::set_field;
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Run};
use crate::effect::event::Event;
use crate::resp::reply::ReplyWriter;
use crate::shard::context::ShardContext;
use crate::value::hash::{Hash, NewExpiry};

const FIELD: Argument = Argument::new("field", ArgumentKind::String);
const VALUE: Argument = Argument::new("value", ArgumentKind::String);
const PAIRS: &[Argument] = &[
    Argument::key(),
    Argument::new("data", ArgumentKind::Block(&[FIELD, VALUE])).multiple(),
];
const EVENT: Event = Event::hash("hset");

pub(super) const HSET: Command = Command {
    name: "hset",
    arity: Arity::AtLeast(4),
    flags: Flags::WRITE.union(Flags::DENYOOM).union(Flags::FAST),
    acl: Acl::HASH,
    keys: &[KeySpec::at(1, KeyFlags::RW.union(KeyFlags::UPDATE))],
    tips: &[],
    docs: Docs::new(
        "hash",
        "2.0.0",
        "O(N) for N fields",
        "Sets fields of a hash, and counts those that are new",
    )
    .arguments(PAIRS)
    .history(&[("4.0.0", "Takes several fields at once.")]),
    run: Run::OneShard(|context, args, reply| {
        let new = set_pairs(context, args)?;
        reply.count(new);
        Ok(())
    }),
    subcommands: &[],
};

pub(super) const HMSET: Command = Command {
    name: "hmset",
    docs: Docs::new(
        "hash",
        "2.0.0",
        "O(N) for N fields",
        "Sets fields of a hash",
    )
    .arguments(PAIRS)
    .deprecated("4.0.0", "`HSET` with multiple field-value pairs"),
    run: Run::OneShard(|context, args, reply| {
        set_pairs(context, args)?;
        reply.ok();
        Ok(())
    }),
    ..HSET
};

pub(super) const HSETNX: Command = Command {
    name: "hsetnx",
    arity: Arity::Exactly(4),
    keys: &[KeySpec::at(1, KeyFlags::RW.union(KeyFlags::INSERT))],
    docs: Docs::new(
        "hash",
        "2.0.0",
        "O(1)",
        "Sets a field of a hash unless it is there",
    )
    .arguments(&[Argument::key(), FIELD, VALUE]),
    run: Run::OneShard(hsetnx),
    ..HSET
};

/// Returns how many fields are new.
#[inline]
fn set_pairs(context: &mut ShardContext<'_>, args: &Args<'_>) -> Result<usize, CommandError> {
    if !args.len().is_multiple_of(2) {
        let name = String::from_utf8_lossy(args.at(0)).to_ascii_lowercase();
        return Err(CommandError::arity(&name));
    }
    let mut hash = context.edit_or_create::<Hash>(args.at(1))?;
    let mut new = 0;
    for at in (2..args.len()).step_by(2) {
        let (name, value) = (args.at(at), args.at(at + 1));
        new += usize::from(set_field(&mut hash, name, value, NewExpiry::Clear));
    }
    hash.commit(EVENT);
    Ok(new)
}

fn hsetnx(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let mut hash = context.edit_or_create::<Hash>(args.at(1))?;
    let is_new = hash.get(args.at(2), hash.now()).is_none();
    if is_new {
        set_field(&mut hash, args.at(2), args.at(3), NewExpiry::Clear);
        hash.commit(EVENT);
    } else {
        hash.leave();
    }
    reply.integer(is_new.into());
    Ok(())
}
