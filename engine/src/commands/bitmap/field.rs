//! BITFIELD and BITFIELD_RO: integers of any width in a string.

use super::bit::EVENT;
use super::field_operation::{Action, FieldOperation};
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Run};
use crate::commands::string::raw;
use crate::resp::reply::ReplyWriter;
use crate::shard::context::{ShardContext, Ttl};

const ENCODING: Argument = Argument::new("encoding", ArgumentKind::String);
const OFFSET: Argument = Argument::new("offset", ArgumentKind::Integer);

const OPERATION: Argument = Argument::new(
    "operation",
    ArgumentKind::OneOf(&[
        Argument::new("get-block", ArgumentKind::Block(&[ENCODING, OFFSET])).token("GET"),
        Argument::new("write", ArgumentKind::Block(&[OVERFLOW, WRITE])),
    ]),
)
.optional()
.multiple();

const OVERFLOW: Argument = Argument::new(
    "overflow-block",
    ArgumentKind::OneOf(&[
        Argument::word("wrap", "WRAP"),
        Argument::word("sat", "SAT"),
        Argument::word("fail", "FAIL"),
    ]),
)
.token("OVERFLOW")
.optional();

const WRITE: Argument = Argument::new(
    "write-operation",
    ArgumentKind::OneOf(&[
        Argument::new(
            "set-block",
            ArgumentKind::Block(&[
                ENCODING,
                OFFSET,
                Argument::new("value", ArgumentKind::Integer),
            ]),
        )
        .token("SET"),
        Argument::new(
            "incrby-block",
            ArgumentKind::Block(&[
                ENCODING,
                OFFSET,
                Argument::new("increment", ArgumentKind::Integer),
            ]),
        )
        .token("INCRBY"),
    ]),
);

pub(super) const BITFIELD: Command = Command {
    name: "bitfield",
    arity: Arity::AtLeast(2),
    flags: Flags::WRITE.union(Flags::DENYOOM),
    acl: Acl::BITMAP,
    keys: &[KeySpec::at(
        1,
        KeyFlags::RW
            .union(KeyFlags::ACCESS)
            .union(KeyFlags::UPDATE)
            .union(KeyFlags::VARIABLE_FLAGS),
    )
    .note("This command allows both access and modification of the key")],
    tips: &[],
    docs: Docs::new(
        "bitmap",
        "3.2.0",
        "O(1) for each subcommand specified",
        "Reads, sets and counts with integers of any width inside a string",
    )
    .arguments(&[Argument::key(), OPERATION]),
    run: Run::OneShard(bitfield),
    subcommands: &[],
};

fn bitfield(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let operations = FieldOperation::parse_all(args, context.limits())?;
    let needed = operations
        .iter()
        .map(FieldOperation::bytes_needed)
        .max()
        .unwrap_or(0);
    if needed == 0 {
        return read(context, args.at(1), &operations, reply);
    }
    if let Some(mut string) = context.edit_string(args.at(1))? {
        if run(&operations, needed, string.bytes_mut(), reply) {
            string.commit(EVENT);
        } else {
            string.leave();
        }
        return Ok(());
    }
    let mut bytes = Vec::new();
    run(&operations, needed, &mut bytes, reply);
    context.put(args.at(1), raw(bytes), Ttl::Clear, EVENT);
    Ok(())
}

/// Returns whether the bytes changed, be it only in number.
fn run(
    operations: &[FieldOperation],
    needed: usize,
    bytes: &mut Vec<u8>,
    reply: &mut ReplyWriter<'_>,
) -> bool {
    let mut changed = bytes.len() < needed;
    bytes.resize(needed.max(bytes.len()), 0);
    reply.array(operations.len());
    for operation in operations {
        let Some((new, answer)) = operation.outcome(bytes) else {
            reply.null();
            continue;
        };
        if operation.action != Action::Get && new != operation.field.read(bytes, operation.offset) {
            operation.field.write(bytes, operation.offset, new);
            changed = true;
        }
        reply.integer(answer);
    }
    changed
}

fn read(
    context: &mut ShardContext<'_>,
    key: &[u8],
    operations: &[FieldOperation],
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let mut answer = |bytes: &[u8]| {
        reply.array(operations.len());
        operations
            .iter()
            .for_each(|operation| reply.integer(operation.field.read(bytes, operation.offset)));
    };
    match context.read_string(key)? {
        Some(string) => string.with_bytes(answer),
        None => answer(b""),
    }
    Ok(())
}

pub(super) const BITFIELD_RO: Command = Command {
    name: "bitfield_ro",
    arity: Arity::AtLeast(2),
    flags: Flags::READONLY.union(Flags::FAST),
    acl: Acl::BITMAP,
    keys: &[KeySpec::at(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    tips: &[],
    docs: Docs::new(
        "bitmap",
        "6.0.0",
        "O(1) for each subcommand specified",
        "Reads integers of any width inside a string",
    )
    .arguments(&[
        Argument::key(),
        Argument {
            multiple_token: true,
            ..Argument::new("get-block", ArgumentKind::Block(&[ENCODING, OFFSET]))
                .token("GET")
                .optional()
                .multiple()
        },
    ]),
    run: Run::OneShard(bitfield_ro),
    subcommands: &[],
};

fn bitfield_ro(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let operations = FieldOperation::parse_all(args, context.limits())?;
    if operations
        .iter()
        .any(|operation| operation.action != Action::Get)
    {
        return Err(CommandError::new(
            "ERR BITFIELD_RO only supports the GET subcommand",
        ));
    }
    read(context, args.at(1), &operations, reply)
}
