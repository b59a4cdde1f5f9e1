//! HINCRBY. The field keeps its expiry.

use super::set_field;
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::number::integer;
use crate::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Run};
use crate::effect::event::Event;
use crate::resp::reply::ReplyWriter;
use crate::shard::context::ShardContext;
use crate::value::hash::{Hash, NewExpiry};

pub(super) const HINCRBY: Command = Command {
    name: "hincrby",
    arity: Arity::Exactly(4),
    flags: Flags::WRITE.union(Flags::DENYOOM).union(Flags::FAST),
    acl: Acl::HASH,
    keys: &[KeySpec::at(
        1,
        KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::UPDATE),
    )],
    tips: &[],
    docs: Docs::new(
        "hash",
        "2.0.0",
        "O(1)",
        "Adds to the whole number in a field, which begins at 0",
    )
    .arguments(&[
        Argument::key(),
        Argument::new("field", ArgumentKind::String),
        Argument::new("increment", ArgumentKind::Integer),
    ]),
    run: Run::OneShard(hincrby),
    subcommands: &[],
};

const NOT_AN_INTEGER: CommandError = CommandError::new("ERR hash value is not an integer");
const OVERFLOW: CommandError = CommandError::new("ERR increment or decrement would overflow");

fn hincrby(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let (name, by) = (args.at(2), integer(args.at(3))?);
    let mut hash = context.edit_or_create::<Hash>(args.at(1))?;
    let old = match hash.get(name, hash.now()) {
        Some(value) => value.as_int().ok_or(NOT_AN_INTEGER)?,
        None => 0,
    };
    let new = old.checked_add(by).ok_or(OVERFLOW)?;
    let mut text = itoa::Buffer::new();
    set_field(
        &mut hash,
        name,
        text.format(new).as_bytes(),
        NewExpiry::Keep,
    );
    hash.commit(Event::hash("hincrby"));
    reply.integer(new);
    Ok(())
}
