//! One bit.

use super::bit_offset::BitOffset;
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Run};
use crate::commands::string::raw;
use crate::effect::event::Event;
use crate::resp::reply::ReplyWriter;
use crate::shard::context::{ShardContext, Ttl};

pub(super) const SETBIT: Command = Command {
    name: "setbit",
    arity: Arity::Exactly(4),
    flags: Flags::WRITE.union(Flags::DENYOOM),
    acl: Acl::BITMAP,
    keys: &[KeySpec::at(
        1,
        KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::UPDATE),
    )],
    tips: &[],
    docs: Docs::new(
        "bitmap",
        "2.2.0",
        "O(1)",
        "Sets or clears one bit of a string, which grows as needed",
    )
    .arguments(&[
        Argument::key(),
        Argument::new("offset", ArgumentKind::Integer),
        Argument::new("value", ArgumentKind::Integer),
    ]),
    run: Run::OneShard(setbit),
    subcommands: &[],
};

/// Told by every command that writes single bits.
pub(super) const EVENT: Event = Event::string("setbit");

fn setbit(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let (key, offset) = (args.at(1), BitOffset::parse(args.at(2), context.limits())?);
    let on = match args.at(3) {
        b"0" => false,
        b"1" => true,
        _ => {
            return Err(CommandError::new(
                "ERR bit is not an integer or out of range",
            ));
        }
    };
    if let Some(mut string) = context.edit_string(key)? {
        let bytes = string.bytes_mut();
        let old = bytes
            .get(offset.byte())
            .map(|byte| byte & offset.mask() != 0);
        if old == Some(on) {
            string.leave();
        } else {
            write(bytes, offset, on);
            string.commit(EVENT);
        }
        reply.integer(old.unwrap_or(false).into());
        return Ok(());
    }
    let mut bytes = Vec::new();
    write(&mut bytes, offset, on);
    context.put(key, raw(bytes), Ttl::Clear, EVENT);
    reply.integer(0);
    Ok(())
}

fn write(bytes: &mut Vec<u8>, offset: BitOffset, on: bool) {
    if bytes.len() <= offset.byte() {
        bytes.resize(offset.byte() + 1, 0);
    }
    let byte = &mut bytes[offset.byte()];
    *byte = if on {
        *byte | offset.mask()
    } else {
        *byte & !offset.mask()
    };
}

pub(super) const GETBIT: Command = Command {
    name: "getbit",
    arity: Arity::Exactly(3),
    flags: Flags::READONLY.union(Flags::FAST),
    acl: Acl::BITMAP,
    keys: &[KeySpec::at(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    tips: &[],
    docs: Docs::new("bitmap", "2.2.0", "O(1)", "Reads one bit of a string").arguments(&[
        Argument::key(),
        Argument::new("offset", ArgumentKind::Integer),
    ]),
    run: Run::OneShard(getbit),
    subcommands: &[],
};

fn getbit(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let offset = BitOffset::parse(args.at(2), context.limits())?;
    let byte = match context.read_string(args.at(1))? {
        Some(string) => string.with_bytes(|bytes| bytes.get(offset.byte()).copied().unwrap_or(0)),
        None => 0,
    };
    reply.integer((byte & offset.mask() != 0).into());
    Ok(())
}
