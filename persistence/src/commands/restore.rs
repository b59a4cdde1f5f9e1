//! RESTORE: a value that DUMP made becomes a key.

use crate::rdb::payload::{self, Check};
use crate::rdb::values::Maker;
use engine::command::args::Args;
use engine::command::error::CommandError;
use engine::command::flags::{Acl, Flags};
use engine::command::keys::{KeyFlags, KeySpec};
use engine::command::number::integer;
use engine::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Run};
use engine::effect::event::Event;
use engine::limits::{AccessPolicy, Limits};
use engine::order::carry::Parcel;
use engine::random::Random;
use engine::resp::reply::ReplyWriter;
use engine::shard::access;
use engine::shard::context::ShardContext;
use engine::time::UnixMillis;
use engine::value::Value;

const BUSY_KEY: CommandError = CommandError::new("BUSYKEY Target key name already exists.");
const BAD_PAYLOAD: CommandError =
    CommandError::new("ERR DUMP payload version or checksum are wrong");
const BAD_VALUE: CommandError = CommandError::new("ERR Bad data format");
const BAD_TTL: CommandError = CommandError::new("ERR Invalid TTL value, must be >= 0");
const BAD_IDLE_TIME: CommandError = CommandError::new("ERR Invalid IDLETIME value, must be >= 0");
const BAD_FREQUENCY: CommandError =
    CommandError::new("ERR Invalid FREQ value, must be >= 0 and <= 255");

const KEYS: &[KeySpec] = &[KeySpec::at(1, KeyFlags::OW.union(KeyFlags::UPDATE))];
const ARGUMENTS: &[Argument] = &[
    Argument::key(),
    Argument::new("ttl", ArgumentKind::Integer),
    Argument::new("serialized-value", ArgumentKind::String),
    Argument::word("replace", "REPLACE").optional(),
    Argument::word("absttl", "ABSTTL").optional(),
    Argument::new("seconds", ArgumentKind::Integer)
        .token("IDLETIME")
        .optional(),
    Argument::new("frequency", ArgumentKind::Integer)
        .token("FREQ")
        .optional(),
];
const HISTORY: &[(&str, &str)] = &[
    ("3.0.0", "Added the `REPLACE` modifier."),
    ("5.0.0", "Added the `ABSTTL` modifier."),
    ("5.0.0", "Added the `IDLETIME` and `FREQ` options."),
];
const COMPLEXITY: &str = "O(N) with N bytes of the value; O(N*log(N)) for a sorted set";

pub(super) const RESTORE: Command = Command {
    name: "restore",
    arity: Arity::AtLeast(4),
    flags: Flags::WRITE.union(Flags::DENYOOM),
    acl: Acl::KEYSPACE.union(Acl::DANGEROUS),
    keys: KEYS,
    tips: &[],
    docs: Docs::new(
        "generic",
        "2.6.0",
        COMPLEXITY,
        "Makes a key of a value that DUMP returned",
    )
    .history(HISTORY)
    .arguments(ARGUMENTS),
    run: Run::OneShard(restore),
    subcommands: &[],
};

pub(super) const RESTORE_ASKING: Command = Command {
    name: "restore-asking",
    flags: Flags::WRITE.union(Flags::DENYOOM).union(Flags::ASKING),
    docs: Docs::new(
        "server",
        "3.0.0",
        COMPLEXITY,
        "Does what RESTORE does for a slot that is moving here",
    )
    .history(HISTORY)
    .arguments(ARGUMENTS),
    ..RESTORE
};

/// The words behind the value.
#[derive(Clone, Copy, Debug, Default)]
struct RestoreOptions {
    replaces: bool,
    is_absolute: bool,
    usage: Option<Usage>,
}

/// How the key was used where it came from.
#[derive(Clone, Copy, Debug)]
enum Usage {
    /// Not for so many seconds.
    Idle(u64),
    /// So often, on the scale of OBJECT FREQ.
    Frequency(u8),
}

impl RestoreOptions {
    /// Errors: a number out of its range, unknown words, IDLETIME together with FREQ.
    fn parse(args: &Args<'_>) -> Result<Self, CommandError> {
        let mut options = RestoreOptions::default();
        let mut at = 4;
        while at < args.len() {
            match (args.get(at + 1), options.usage) {
                _ if args.is(at, "replace") => options.replaces = true,
                _ if args.is(at, "absttl") => options.is_absolute = true,
                (Some(word), None | Some(Usage::Idle(_))) if args.is(at, "idletime") => {
                    let idle = u64::try_from(integer(word)?).map_err(|_| BAD_IDLE_TIME)?;
                    options.usage = Some(Usage::Idle(idle));
                    at += 1;
                }
                (Some(word), None | Some(Usage::Frequency(_))) if args.is(at, "freq") => {
                    let counter = u8::try_from(integer(word)?).map_err(|_| BAD_FREQUENCY)?;
                    options.usage = Some(Usage::Frequency(counter));
                    at += 1;
                }
                _ => return Err(CommandError::SYNTAX),
            }
            at += 1;
        }
        Ok(options)
    }

    /// The access bits of the new key, unless they are those of any new one.
    fn access(&self, limits: &Limits, now: UnixMillis) -> Option<u32> {
        match (self.usage?, limits.access) {
            (Usage::Idle(idle), AccessPolicy::Recency) => Some(access::idle_for(idle, now)),
            (Usage::Frequency(counter), AccessPolicy::Frequency) => {
                Some(access::with_frequency(counter, now))
            }
            _ => None,
        }
    }

    /// When the key goes, if it does. Errors: no integer, or a negative one.
    fn expiry(&self, word: &[u8], now: UnixMillis) -> Result<Option<UnixMillis>, CommandError> {
        match integer(word)? {
            ..0 => Err(BAD_TTL),
            0 => Ok(None),
            at if self.is_absolute => Ok(Some(UnixMillis(at))),
            // Redis's sum wraps to the past, too.
            ttl => Ok(Some(UnixMillis(now.0.wrapping_add(ttl)))),
        }
    }
}

fn restore(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let options = RestoreOptions::parse(args)?;
    let (key, now) = (args.at(1), context.now());
    if !options.replaces && context.exists(key) {
        return Err(BUSY_KEY);
    }
    let expiry = options.expiry(args.at(2), now)?;
    let value = read(context, args.at(3))?;
    if expiry.is_some_and(|at| at <= now) {
        // What would have been replaced is gone all the same.
        let deletion: &[u8] = match context.limits().lazy_expire {
            true => b"UNLINK",
            false => b"DEL",
        };
        if context.delete(key, Event::DEL) {
            context.log().instead(&[deletion, key]);
        }
    } else {
        let parcel = Parcel {
            value,
            expiry,
            access: options.access(context.limits(), now),
        };
        context.install(key, parcel, Event::generic("restore"));
        log_absolute(context, args, &options, expiry);
    }
    reply.ok();
    Ok(())
}

fn read(context: &mut ShardContext<'_>, payload: &[u8]) -> Result<Value, CommandError> {
    let limits = *context.limits();
    let check = match limits.skips_checksums {
        true => Check::Version,
        false => Check::Whole,
    };
    let bytes = payload::verify(payload, check).map_err(|_| BAD_PAYLOAD)?;
    let mut maker = Maker {
        limits: &limits,
        seed: context.seed(),
        now: context.now(),
        random: &mut Random::new(context.random().next_u64()),
    };
    payload::read(bytes, &mut maker).map_err(|_| BAD_VALUE)
}

/// A life counted from now becomes a moment.
fn log_absolute(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    options: &RestoreOptions,
    expiry: Option<UnixMillis>,
) {
    let Some(at) = expiry.filter(|_| !options.is_absolute && context.log().is_read) else {
        return;
    };
    let at = at.0.to_string();
    let mut words: Vec<&[u8]> = args.iter().collect();
    words[2] = at.as_bytes();
    words.push(b"ABSTTL");
    context.log().instead(&words);
}
