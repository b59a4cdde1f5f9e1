//! Several strings at once: MGET, MSET, MSETNX.

use super::reply_string;
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::spec::{
    Argument, ArgumentKind, Arity, Command, Docs, Join, Run, Steps, anything,
};
use crate::effect::event::Event;
use crate::order::carry::{Carry, Parcel};
use crate::resp::reply::ReplyWriter;
use crate::shard::context::{ShardContext, Ttl};
use crate::value::string::StringValue;
use crate::value::{NewValue, Value};

pub(super) const MGET: Command = Command {
    name: "mget",
    arity: Arity::AtLeast(2),
    flags: Flags::READONLY.union(Flags::FAST),
    acl: Acl::STRING,
    keys: &[KeySpec::range(
        1,
        -1,
        1,
        KeyFlags::RO.union(KeyFlags::ACCESS),
    )],
    tips: &["request_policy:multi_shard"],
    docs: Docs::new(
        "string",
        "1.0.0",
        "O(N) where N is the number of keys to retrieve.",
        "Reads the strings at several keys, all at one moment",
    )
    .arguments(&[Argument::key().multiple()]),
    run: Run::PerKey {
        validate: anything,
        part: mget,
        width: 1,
        join: Join::ByKey,
    },
    subcommands: &[],
};

fn mget(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let keys = args.skip(1);
    reply.array(keys.len());
    for key in keys.iter() {
        // A key of another type holds no string.
        reply_string(reply, context.read_string(key).unwrap_or(None));
    }
    Ok(())
}

const PAIRS: &[Argument] = &[Argument::new(
    "data",
    ArgumentKind::Block(&[
        Argument::key(),
        Argument::new("value", ArgumentKind::String),
    ]),
)
.multiple()];

pub(super) const MSET: Command = Command {
    name: "mset",
    arity: Arity::AtLeast(3),
    flags: Flags::WRITE.union(Flags::DENYOOM),
    acl: Acl::STRING,
    keys: &[KeySpec::range(
        1,
        -1,
        2,
        KeyFlags::OW.union(KeyFlags::UPDATE),
    )],
    tips: &[
        "request_policy:multi_shard",
        "response_policy:all_succeeded",
    ],
    docs: Docs::new(
        "string",
        "1.0.1",
        "O(N) where N is the number of keys to set.",
        "Makes several keys hold strings, all at one moment",
    )
    .arguments(PAIRS),
    run: Run::PerKey {
        validate: mset_pairs,
        part: mset,
        width: 2,
        join: Join::First,
    },
    subcommands: &[],
};

fn mset_pairs(args: &Args<'_>) -> Result<(), CommandError> {
    if args.len().is_multiple_of(2) {
        Err(CommandError::arity("mset"))
    } else {
        Ok(())
    }
}

fn mset(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    mset_pairs(args)?;
    for at in (1..args.len()).step_by(2) {
        context.put(
            args.at(at),
            NewValue::from_bytes(args.at(at + 1)),
            Ttl::Clear,
            Event::SET,
        );
    }
    reply.ok();
    Ok(())
}

pub(super) const MSETNX: Command = Command {
    name: "msetnx",
    arity: Arity::AtLeast(3),
    flags: Flags::WRITE.union(Flags::DENYOOM),
    acl: Acl::STRING,
    keys: &[KeySpec::range(
        1,
        -1,
        2,
        KeyFlags::OW.union(KeyFlags::INSERT),
    )],
    tips: &[],
    docs: Docs::new(
        "string",
        "1.0.1",
        "O(N) where N is the number of keys to set.",
        "Makes several keys hold strings, unless any of the keys is there",
    )
    .arguments(PAIRS),
    run: Run::ReadThenWrite(&Steps {
        gather: find,
        decide: fill_if_all_absent,
        apply: fill,
    }),
    subcommands: &[],
};

fn find(context: &mut ShardContext<'_>, args: &Args<'_>, key: usize) -> Carry {
    if context.exists(args.at(key)) {
        Carry::Present
    } else {
        Carry::Nothing
    }
}

fn fill_if_all_absent(
    args: &Args<'_>,
    carries: &mut [Carry],
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let found = carries.iter_mut().fold(false, |found, carry| {
        matches!(carry.take(), Carry::Present) | found
    });
    if args.len().is_multiple_of(2) {
        return Err(CommandError::arity("msetnx"));
    }
    if !found {
        let values = args.skip(2).iter().step_by(2).map(to_value);
        carries
            .iter_mut()
            .zip(values)
            .for_each(|(carry, value)| *carry = Carry::Value(Parcel::new(value, None)));
    }
    reply.integer((!found).into());
    Ok(())
}

fn to_value(bytes: &[u8]) -> Value {
    Value::String(match NewValue::from_bytes(bytes) {
        NewValue::Int(number) => StringValue::Int(number),
        NewValue::Embedded(bytes) => StringValue::Embedded(bytes.into()),
        _ => StringValue::Raw(bytes.to_vec()),
    })
}

fn fill(context: &mut ShardContext<'_>, args: &Args<'_>, key: usize, carry: Carry) {
    if let Carry::Value(parcel) = carry {
        context.install(args.at(key), parcel, Event::SET);
    }
}
