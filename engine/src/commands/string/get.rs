//! Reading one string as a whole.

use super::reply_string;
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::spec::{Argument, Arity, Command, Docs, Run};
use crate::effect::event::Event;
use crate::resp::reply::ReplyWriter;
use crate::shard::context::ShardContext;

pub(super) const GET: Command = Command {
    name: "get",
    arity: Arity::Exactly(2),
    flags: Flags::READONLY.union(Flags::FAST),
    acl: Acl::STRING,
    keys: &[KeySpec::at(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    tips: &[],
    docs: Docs::new("string", "1.0.0", "O(1)", "Reads the string at a key")
        .arguments(&[Argument::key()]),
    run: Run::OneShard(get),
    subcommands: &[],
};

#[inline]
fn get(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    reply_string(reply, context.read_string(args.at(1))?);
    Ok(())
}

pub(super) const STRLEN: Command = Command {
    name: "strlen",
    arity: Arity::Exactly(2),
    flags: Flags::READONLY.union(Flags::FAST),
    acl: Acl::STRING,
    keys: &[KeySpec::at(1, KeyFlags::RO)],
    tips: &[],
    docs: Docs::new(
        "string",
        "2.2.0",
        "O(1)",
        "Tells how many bytes the string at a key has",
    )
    .arguments(&[Argument::key()]),
    run: Run::OneShard(strlen),
    subcommands: &[],
};

fn strlen(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    reply.count(
        context
            .read_string(args.at(1))?
            .map_or(0, |string| string.len()),
    );
    Ok(())
}

pub(super) const GETDEL: Command = Command {
    name: "getdel",
    arity: Arity::Exactly(2),
    flags: Flags::WRITE.union(Flags::FAST),
    acl: Acl::STRING,
    keys: &[KeySpec::at(
        1,
        KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::DELETE),
    )],
    tips: &[],
    docs: Docs::new(
        "string",
        "6.2.0",
        "O(1)",
        "Reads the string at a key and deletes the key",
    )
    .arguments(&[Argument::key()]),
    run: Run::OneShard(getdel),
    subcommands: &[],
};

fn getdel(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let key = args.at(1);
    reply_string(reply, context.read_string(key)?);
    if context.delete(key, Event::DEL) {
        context.log().instead(&[b"DEL", key]);
    }
    Ok(())
}
