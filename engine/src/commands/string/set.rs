//! Setting one string as a whole.

use super::expiry_option::{ExpiryOption, ExpiryUnit};
use super::reply_string;
use super::set_options::{Condition, SetOptions};
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Run};
use crate::commands::generic::expiration::EXPIRES_OR_KEEPS;
use crate::effect::event::Event;
use crate::resp::reply::ReplyWriter;
use crate::shard::context::{ShardContext, Ttl};
use crate::time::UnixMillis;
use crate::value::NewValue;

const VALUE: Argument = Argument::new("value", ArgumentKind::String);

pub(super) const SET: Command = Command {
    name: "set",
    arity: Arity::AtLeast(3),
    flags: Flags::WRITE.union(Flags::DENYOOM),
    acl: Acl::STRING,
    keys: &[KeySpec::at(
        1,
        KeyFlags::RW
            .union(KeyFlags::ACCESS)
            .union(KeyFlags::UPDATE)
            .union(KeyFlags::VARIABLE_FLAGS),
    )
    .note("RW and ACCESS due to the optional `GET` argument")],
    tips: &[],
    docs: Docs::new(
        "string",
        "1.0.0",
        "O(1)",
        "Makes a key hold a string, whatever it held before",
    )
    .history(&[
        ("2.6.12", "Added the `EX`, `PX`, `NX` and `XX` options."),
        ("6.0.0", "Added the `KEEPTTL` option."),
        ("6.2.0", "Added the `GET`, `EXAT` and `PXAT` option."),
        (
            "7.0.0",
            "Allowed the `NX` and `GET` options to be used together.",
        ),
    ])
    .arguments(&[
        Argument::key(),
        VALUE,
        Argument::new(
            "condition",
            ArgumentKind::OneOf(&[Argument::word("nx", "NX"), Argument::word("xx", "XX")]),
        )
        .optional(),
        Argument::word("get", "GET").optional(),
        EXPIRES_OR_KEEPS,
    ]),
    run: Run::OneShard(set),
    subcommands: &[],
};

#[inline]
fn set(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let (key, value) = (args.at(1), args.at(2));
    if args.len() > 3 {
        return set_with_options(context, args, reply);
    }
    store(context, key, value, Ttl::Clear);
    reply.ok();
    Ok(())
}

fn set_with_options(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let (key, value) = (args.at(1), args.at(2));
    let options = SetOptions::parse(args)?;
    let ttl = match options.expiry {
        ExpiryOption::At(unit, number) => Ttl::At(unit.moment(number, context.now(), "set")?),
        ExpiryOption::Keep => Ttl::Keep,
        ExpiryOption::Unsaid | ExpiryOption::Persist => Ttl::Clear,
    };
    let present = if options.returns_old {
        let old = context.read_string(key)?;
        reply_string(reply, old);
        old.is_some()
    } else {
        options.condition != Condition::Always && context.exists(key)
    };
    let allowed = options.condition.allows(present);
    if !options.returns_old {
        if allowed { reply.ok() } else { reply.null() }
    }
    if allowed {
        store(context, key, value, ttl);
        log_effect(context, args, &options, ttl);
    }
    Ok(())
}

#[inline]
fn store(context: &mut ShardContext<'_>, key: &[u8], value: &[u8], ttl: Ttl) {
    context.put(key, NewValue::from_bytes(value), ttl, Event::SET);
    if matches!(ttl, Ttl::At(_)) {
        context.also(key, Event::EXPIRE);
    }
}

/// A moment counted from now becomes an absolute one; `GET` is of no interest to whoever replays.
fn log_effect(context: &mut ShardContext<'_>, args: &Args<'_>, options: &SetOptions<'_>, ttl: Ttl) {
    match (options.expiry, ttl) {
        (ExpiryOption::At(unit, _), Ttl::At(at)) if unit != ExpiryUnit::UnixMillis => {
            log_with_expiry(context, args.at(1), args.at(2), at);
        }
        (ExpiryOption::At(..), _) => {}
        _ if options.returns_old && context.log().is_read => {
            let is_get =
                |(index, word): &(usize, &[u8])| *index >= 3 && word.eq_ignore_ascii_case(b"get");
            let words: Vec<&[u8]> = args
                .iter()
                .enumerate()
                .filter(|word| !is_get(word))
                .map(|(_, word)| word)
                .collect();
            context.log().instead(&words);
        }
        _ => {}
    }
}

fn log_with_expiry(context: &mut ShardContext<'_>, key: &[u8], value: &[u8], at: UnixMillis) {
    let mut buffer = itoa::Buffer::new();
    context
        .log()
        .instead(&[b"SET", key, value, b"PXAT", buffer.format(at.0).as_bytes()]);
}

pub(super) const SETNX: Command = Command {
    name: "setnx",
    arity: Arity::Exactly(3),
    flags: Flags::WRITE.union(Flags::DENYOOM).union(Flags::FAST),
    acl: Acl::STRING,
    keys: &[KeySpec::at(1, KeyFlags::OW.union(KeyFlags::INSERT))],
    tips: &[],
    docs: Docs::new(
        "string",
        "1.0.0",
        "O(1)",
        "Makes a key hold a string unless the key is there",
    )
    .arguments(&[Argument::key(), VALUE]),
    run: Run::OneShard(setnx),
    subcommands: &[],
};

fn setnx(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let absent = !context.exists(args.at(1));
    if absent {
        store(context, args.at(1), args.at(2), Ttl::Clear);
    }
    reply.integer(absent.into());
    Ok(())
}

pub(super) const SETEX: Command = Command {
    name: "setex",
    arity: Arity::Exactly(4),
    flags: Flags::WRITE.union(Flags::DENYOOM),
    acl: Acl::STRING,
    keys: &[KeySpec::at(1, KeyFlags::OW.union(KeyFlags::UPDATE))],
    tips: &[],
    docs: Docs::new(
        "string",
        "2.0.0",
        "O(1)",
        "Makes a key hold a string for some seconds",
    )
    .arguments(&[
        Argument::key(),
        Argument::new("seconds", ArgumentKind::Integer),
        VALUE,
    ]),
    run: Run::OneShard(|context, args, reply| {
        store_for(context, args, ExpiryUnit::Seconds, "setex", reply)
    }),
    subcommands: &[],
};

pub(super) const PSETEX: Command = Command {
    name: "psetex",
    docs: Docs::new(
        "string",
        "2.6.0",
        "O(1)",
        "Makes a key hold a string for some milliseconds",
    )
    .arguments(&[
        Argument::key(),
        Argument::new("milliseconds", ArgumentKind::Integer),
        VALUE,
    ]),
    run: Run::OneShard(|context, args, reply| {
        store_for(context, args, ExpiryUnit::Millis, "psetex", reply)
    }),
    ..SETEX
};

fn store_for(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    unit: ExpiryUnit,
    command: &str,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let (key, value) = (args.at(1), args.at(3));
    let at = unit.moment(args.at(2), context.now(), command)?;
    store(context, key, value, Ttl::At(at));
    log_with_expiry(context, key, value, at);
    reply.ok();
    Ok(())
}

pub(super) const GETSET: Command = Command {
    name: "getset",
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
        "1.0.0",
        "O(1)",
        "Makes a key hold a string and returns what it held before",
    )
    .deprecated("6.2.0", "`SET` with the `!GET` argument")
    .arguments(&[Argument::key(), VALUE]),
    run: Run::OneShard(getset),
    subcommands: &[],
};

fn getset(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let (key, value) = (args.at(1), args.at(2));
    reply_string(reply, context.read_string(key)?);
    store(context, key, value, Ttl::Clear);
    context.log().instead(&[b"SET", key, value]);
    Ok(())
}
