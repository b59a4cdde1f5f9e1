//! GETEX: reading a string and settling how long its key lives.

use super::expiry_option::{ExpiryOption, ExpiryUnit, Purpose};
use super::reply_string;
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::spec::{Argument, Arity, Command, Docs, Run};
use crate::commands::generic::expiration::EXPIRES_OR_PERSISTS;
use crate::effect::event::Event;
use crate::resp::reply::ReplyWriter;
use crate::shard::context::ShardContext;
use crate::time::UnixMillis;

pub(super) const GETEX: Command = Command {
    name: "getex",
    arity: Arity::AtLeast(2),
    flags: Flags::WRITE.union(Flags::FAST),
    acl: Acl::STRING,
    keys: &[KeySpec::at(
        1,
        KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::UPDATE),
    )
    .note("RW and UPDATE because it changes the TTL")],
    tips: &[],
    docs: Docs::new(
        "string",
        "6.2.0",
        "O(1)",
        "Reads the string at a key and sets or removes the key's expiry",
    )
    .arguments(&[Argument::key(), EXPIRES_OR_PERSISTS]),
    run: Run::OneShard(getex),
    subcommands: &[],
};

fn getex(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let option = parse(args)?;
    let key = args.at(1);
    let string = context.read_string(key)?;
    let is_there = string.is_some();
    reply_string(reply, string);
    if is_there {
        match option {
            ExpiryOption::At(unit, number) => expire(context, key, unit, number)?,
            ExpiryOption::Persist => persist(context, key),
            ExpiryOption::Unsaid | ExpiryOption::Keep => {}
        }
    }
    Ok(())
}

fn parse<'a>(args: &Args<'a>) -> Result<ExpiryOption<'a>, CommandError> {
    let mut option = ExpiryOption::Unsaid;
    let mut at = 2;
    while at < args.len() {
        match option.take(args, at, Purpose::Read)? {
            0 => return Err(CommandError::SYNTAX),
            used => at += used,
        }
    }
    Ok(option)
}

fn expire(
    context: &mut ShardContext<'_>,
    key: &[u8],
    unit: ExpiryUnit,
    number: &[u8],
) -> Result<(), CommandError> {
    let at = unit.moment(number, context.now(), "getex")?;
    if unit.is_absolute() && at <= context.now() {
        context.delete(key, Event::DEL);
        context.log().instead(&[b"DEL", key]);
    } else {
        context.set_expiry(key, Some(at), Event::EXPIRE);
        log_expiry(context, key, at);
    }
    Ok(())
}

fn log_expiry(context: &mut ShardContext<'_>, key: &[u8], at: UnixMillis) {
    context.log().instead(&[
        b"PEXPIREAT",
        key,
        itoa::Buffer::new().format(at.0).as_bytes(),
    ]);
}

fn persist(context: &mut ShardContext<'_>, key: &[u8]) {
    if context
        .peek(key)
        .is_some_and(|entry| entry.expiry().is_some())
    {
        context.set_expiry(key, None, Event::PERSIST);
        context.log().instead(&[b"PERSIST", key]);
    }
}
