//! HINCRBYFLOAT. The field keeps its expiry.

use super::increment::HINCRBY;
use super::set_field;
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::long_double::LongDouble;
use crate::command::spec::{Argument, ArgumentKind, Command, Docs, Run};
use crate::effect::event::Event;
use crate::resp::reply::ReplyWriter;
use crate::shard::context::ShardContext;
use crate::value::hash::{Hash, NewExpiry};

pub(super) const HINCRBYFLOAT: Command = Command {
    name: "hincrbyfloat",
    docs: Docs::new(
        "hash",
        "2.6.0",
        "O(1)",
        "Adds to the number in a field, which begins at 0",
    )
    .arguments(&[
        Argument::key(),
        Argument::new("field", ArgumentKind::String),
        Argument::new("increment", ArgumentKind::Double),
    ]),
    run: Run::OneShard(hincrbyfloat),
    ..HINCRBY
};

const NOT_A_FLOAT: CommandError = CommandError::new("ERR hash value is not a float");
const NOT_FINITE: CommandError = CommandError::new("ERR value is NaN or Infinity");
const LOST: CommandError = CommandError::new("ERR increment would produce NaN or Infinity");

fn hincrbyfloat(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let (key, name) = (args.at(1), args.at(2));
    let by = LongDouble::parse(args.at(3)).ok_or(CommandError::NOT_A_FLOAT)?;
    // Only a finite number can be added to zero.
    LongDouble::ZERO.checked_add(by).ok_or(NOT_FINITE)?;
    let mut hash = context.edit_or_create::<Hash>(key)?;
    let (old, expiry) = match hash.get_timed(name, hash.now()) {
        Some((value, expiry)) => {
            let old = value.with_bytes(LongDouble::parse).ok_or(NOT_A_FLOAT)?;
            (old, expiry)
        }
        None => (LongDouble::ZERO, None),
    };
    let sum = old.checked_add(by).ok_or(LOST)?;
    let text = sum.text();
    set_field(&mut hash, name, text.as_bytes(), NewExpiry::Keep);
    // Another machine may count differently.
    match expiry {
        None => hash.log().instead(&[b"HSET", key, name, text.as_bytes()]),
        Some(_) => hash.log().instead(&[
            b"HSETEX",
            key,
            b"KEEPTTL",
            b"FIELDS",
            b"1",
            name,
            text.as_bytes(),
        ]),
    }
    hash.commit(Event::hash("hincrbyfloat"));
    reply.bulk(text.as_bytes());
    Ok(())
}
