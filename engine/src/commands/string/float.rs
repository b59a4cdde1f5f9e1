//! Counting with fractions.

use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::long_double::LongDouble;
use crate::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Run};
use crate::effect::event::Event;
use crate::resp::reply::ReplyWriter;
use crate::shard::context::{ShardContext, Ttl};
use crate::value::NewValue;

pub(super) const INCRBYFLOAT: Command = Command {
    name: "incrbyfloat",
    arity: Arity::Exactly(3),
    flags: Flags::WRITE.union(Flags::DENYOOM).union(Flags::FAST),
    acl: Acl::STRING,
    keys: &[KeySpec::at(
        1,
        KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::UPDATE),
    )],
    tips: &[],
    docs: Docs::new(
        "string",
        "2.6.0",
        "O(1)",
        "Adds to the number at a key, which begins at 0",
    )
    .arguments(&[
        Argument::key(),
        Argument::new("increment", ArgumentKind::Double),
    ]),
    run: Run::OneShard(incrbyfloat),
    subcommands: &[],
};

fn incrbyfloat(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let key = args.at(1);
    let old = match context.edit_string(key)? {
        Some(string) => string
            .get()
            .with_bytes(LongDouble::parse)
            .ok_or(CommandError::NOT_A_FLOAT)?,
        None => LongDouble::ZERO,
    };
    let by = LongDouble::parse(args.at(2)).ok_or(CommandError::NOT_A_FLOAT)?;
    let sum = old.checked_add(by).ok_or(CommandError::new(
        "ERR increment would produce NaN or Infinity",
    ))?;
    let text = sum.text();
    context.put(
        key,
        unlike_a_number(text.as_bytes()),
        Ttl::Keep,
        Event::string("incrbyfloat"),
    );
    // Another machine may count differently, and the expiry is none of this command's business.
    context
        .log()
        .instead(&[b"SET", key, text.as_bytes(), b"KEEPTTL"]);
    reply.bulk(text.as_bytes());
    Ok(())
}

/// The result is stored as text even when it is a whole number, as Redis does it.
fn unlike_a_number(text: &[u8]) -> NewValue<'_> {
    if text.len() <= NewValue::EMBEDDED_MAX {
        NewValue::Embedded(text)
    } else {
        NewValue::Raw(text)
    }
}
