//! EXPIRE, PEXPIRE, EXPIREAT and PEXPIREAT: a key gets an expiry, or goes at once when that has passed.
//!
//! Invariant: what the log gets does not depend on when it is read: an absolute time in milliseconds, or a deletion.

use super::expire_condition::ExpireCondition;
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::number::integer;
use crate::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Handler, Run};
use crate::effect::event::Event;
use crate::resp::reply::ReplyWriter;
use crate::shard::context::ShardContext;
use crate::time::UnixMillis;

const KEYS: &[KeySpec] = &[KeySpec::at(1, KeyFlags::RW.union(KeyFlags::UPDATE))];
const HISTORY: &[(&str, &str)] = &[("7.0.0", "Takes the options `NX`, `XX`, `GT` and `LT`.")];

pub(super) const EXPIRE: Command = row(
    "expire",
    "1.0.0",
    "Lets a key expire after so many seconds",
    &[Argument::key(), Argument::new("seconds", ArgumentKind::Integer), CONDITION],
    |context, args, reply| expire(context, args, reply, &Form { name: "expire", millis: 1000, relative: true }),
);

pub(super) const PEXPIRE: Command = row(
    "pexpire",
    "2.6.0",
    "Lets a key expire after so many milliseconds",
    &[Argument::key(), Argument::new("milliseconds", ArgumentKind::Integer), CONDITION],
    |context, args, reply| expire(context, args, reply, &Form { name: "pexpire", millis: 1, relative: true }),
);

pub(super) const EXPIREAT: Command = row(
    "expireat",
    "1.2.0",
    "Lets a key expire at a Unix time in seconds",
    &[Argument::key(), Argument::new("unix-time-seconds", ArgumentKind::UnixTime), CONDITION],
    |context, args, reply| expire(context, args, reply, &Form { name: "expireat", millis: 1000, relative: false }),
);

pub(super) const PEXPIREAT: Command = row(
    "pexpireat",
    "2.6.0",
    "Lets a key expire at a Unix time in milliseconds",
    &[Argument::key(), Argument::new("unix-time-milliseconds", ArgumentKind::UnixTime), CONDITION],
    |context, args, reply| expire(context, args, reply, &Form { name: "pexpireat", millis: 1, relative: false }),
);

const CONDITION: Argument = Argument::new(
    "condition",
    ArgumentKind::OneOf(&[
        Argument::word("nx", "NX"),
        Argument::word("xx", "XX"),
        Argument::word("gt", "GT"),
        Argument::word("lt", "LT"),
    ]),
)
.optional();

const fn row(
    name: &'static str,
    since: &'static str,
    summary: &'static str,
    arguments: &'static [Argument],
    handler: Handler,
) -> Command {
    Command {
        name,
        arity: Arity::AtLeast(3),
        flags: Flags::WRITE.union(Flags::FAST),
        acl: Acl::KEYSPACE,
        keys: KEYS,
        tips: &[],
        docs: Docs::new("generic", since, "O(1)", summary).arguments(arguments).history(HISTORY),
        run: Run::OneShard(handler),
        subcommands: &[],
    }
}

/// What the number of a command of this family means.
struct Form {
    name: &'static str,
    /// Milliseconds in its unit.
    millis: i64,
    /// Counted from now, not from 1970.
    relative: bool,
}

impl Form {
    /// The moment that `number` names. Errors: one that 64 bits can't hold.
    fn moment(&self, number: i64, now: UnixMillis) -> Result<UnixMillis, CommandError> {
        let base = if self.relative { now.0 } else { 0 };
        let moment = number.checked_mul(self.millis).and_then(|millis| millis.checked_add(base));
        moment.map(UnixMillis).ok_or_else(|| {
            CommandError::with(format!("ERR invalid expire time in '{}' command", self.name))
        })
    }
}

fn expire(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
    form: &Form,
) -> Result<(), CommandError> {
    let condition = ExpireCondition::parse(args, 3)?;
    let (key, at) = (args.at(1), form.moment(integer(args.at(2))?, context.now())?);
    let allowed = context.peek(key).is_some_and(|entry| condition.allows(entry.expiry(), at));
    if allowed {
        if at <= context.now() {
            let deletion: &[u8] = if context.limits().lazy_expire { b"UNLINK" } else { b"DEL" };
            context.delete(key, Event::DEL);
            context.log().instead(&[deletion, key]);
        } else {
            context.set_expiry(key, Some(at), Event::EXPIRE);
            context.log().instead(&[b"PEXPIREAT", key, itoa::Buffer::new().format(at.0).as_bytes()]);
        }
    }
    reply.integer(allowed.into());
    Ok(())
}
