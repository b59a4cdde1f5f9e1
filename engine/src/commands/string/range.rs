//! Parts of a string: SETRANGE, GETRANGE and its old name SUBSTR.

use super::append::check_length;
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::number::integer;
use crate::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Run};
use crate::commands::string::raw;
use crate::effect::event::Event;
use crate::resp::reply::ReplyWriter;
use crate::shard::context::{ShardContext, Ttl};
use std::ops::Range;

pub(super) const SETRANGE: Command = Command {
    name: "setrange",
    arity: Arity::Exactly(4),
    flags: Flags::WRITE.union(Flags::DENYOOM),
    acl: Acl::STRING,
    keys: &[KeySpec::at(1, KeyFlags::RW.union(KeyFlags::UPDATE))],
    tips: &[],
    docs: Docs::new(
        "string",
        "2.2.0",
        "O(M) where M is the number of bytes written, and the length of the string if it has to move",
        "Overwrites part of the string at a key, and fills up with zero bytes before it",
    )
    .arguments(&[
        Argument::key(),
        Argument::new("offset", ArgumentKind::Integer),
        Argument::new("value", ArgumentKind::String),
    ]),
    run: Run::OneShard(setrange),
    subcommands: &[],
};

const SET_EVENT: Event = Event::string("setrange");

fn setrange(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let (key, patch) = (args.at(1), args.at(3));
    let offset = u64::try_from(integer(args.at(2))?)
        .map_err(|_| CommandError::new("ERR offset is out of range"))?;
    let limits = *context.limits();
    if let Some(mut string) = context.edit_string(key)? {
        if patch.is_empty() {
            reply.count(string.get().len());
            return Ok(());
        }
        check_length(&limits, offset, patch.len() as u64)?;
        let bytes = string.bytes_mut();
        overwrite(bytes, offset as usize, patch);
        reply.count(bytes.len());
        string.commit(SET_EVENT);
        return Ok(());
    }
    if patch.is_empty() {
        reply.integer(0);
        return Ok(());
    }
    check_length(&limits, offset, patch.len() as u64)?;
    let mut bytes = Vec::new();
    overwrite(&mut bytes, offset as usize, patch);
    reply.count(bytes.len());
    context.put(key, raw(bytes), Ttl::Clear, SET_EVENT);
    Ok(())
}

fn overwrite(bytes: &mut Vec<u8>, offset: usize, patch: &[u8]) {
    let end = offset + patch.len();
    if bytes.len() < end {
        bytes.resize(end, 0);
    }
    bytes[offset..end].copy_from_slice(patch);
}

pub(super) const GETRANGE: Command = Command {
    name: "getrange",
    arity: Arity::Exactly(4),
    flags: Flags::READONLY,
    acl: Acl::STRING,
    keys: &[KeySpec::at(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    tips: &[],
    docs: Docs::new(
        "string",
        "2.4.0",
        "O(N) where N is the number of bytes returned",
        "Reads part of the string at a key",
    )
    .arguments(RANGE_ARGUMENTS),
    run: Run::OneShard(getrange),
    subcommands: &[],
};

pub(super) const SUBSTR: Command = Command {
    name: "substr",
    docs: Docs::new(
        "string",
        "1.0.0",
        "O(N) where N is the number of bytes returned",
        "Reads part of the string at a key",
    )
    .deprecated("2.0.0", "`GETRANGE`")
    .arguments(RANGE_ARGUMENTS),
    ..GETRANGE
};

const RANGE_ARGUMENTS: &[Argument] = &[
    Argument::key(),
    Argument::new("start", ArgumentKind::Integer),
    Argument::new("end", ArgumentKind::Integer),
];

fn getrange(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let (start, end) = (integer(args.at(2))?, integer(args.at(3))?);
    match context.read_string(args.at(1))? {
        Some(string) => {
            string.with_bytes(|bytes| reply.bulk(&bytes[clip(start, end, bytes.len())]))
        }
        None => reply.bulk(b""),
    }
    Ok(())
}

/// The places from `start` to `end` inclusive of `len`, negative ones counted from the end; empty for none.
fn clip(start: i64, end: i64, len: usize) -> Range<usize> {
    if start < 0 && end < 0 && start > end {
        return 0..0;
    }
    let len = len as i64;
    let place = |at: i64| if at < 0 { (at + len).max(0) } else { at };
    let (start, end) = (place(start), place(end).min(len - 1));
    if start > end || len == 0 {
        0..0
    } else {
        start as usize..end as usize + 1
    }
}
