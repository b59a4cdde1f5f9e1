//! HEXPIRE, HPEXPIRE, HEXPIREAT and HPEXPIREAT: fields get an expiry, or go at once when that has passed.
//!
//! Invariant: what the log gets does not depend on when it is read: an absolute time in milliseconds, or deletions.

use super::delete;
use super::fields::{FIELDS, names};
use super::lifetime::{Unit, log_text};
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Handler, Run};
use crate::commands::generic::expiration::CONDITION;
use crate::effect::event::Event;
use crate::resp::reply::ReplyWriter;
use crate::shard::context::ShardContext;
use crate::shard::guard::Guard;
use crate::time::UnixMillis;
use crate::value::hash::Hash;

const KEYS: &[KeySpec] = &[KeySpec::at(1, KeyFlags::RW.union(KeyFlags::UPDATE))];
pub(super) const EVENT: Event = Event::hash("hexpire");

pub(super) const HEXPIRE: Command = row(
    "hexpire",
    "Lets fields of a hash expire after so many seconds",
    &[
        Argument::key(),
        Argument::new("seconds", ArgumentKind::Integer),
        CONDITION,
        FIELDS,
    ],
    |context, args, reply| expire(context, args, reply, "hexpire", Unit::Seconds),
);

pub(super) const HPEXPIRE: Command = row(
    "hpexpire",
    "Lets fields of a hash expire after so many milliseconds",
    &[
        Argument::key(),
        Argument::new("milliseconds", ArgumentKind::Integer),
        CONDITION,
        FIELDS,
    ],
    |context, args, reply| expire(context, args, reply, "hpexpire", Unit::Millis),
);

pub(super) const HEXPIREAT: Command = row(
    "hexpireat",
    "Lets fields of a hash expire at a Unix time in seconds",
    &[
        Argument::key(),
        Argument::new("unix-time-seconds", ArgumentKind::UnixTime),
        CONDITION,
        FIELDS,
    ],
    |context, args, reply| expire(context, args, reply, "hexpireat", Unit::UnixSeconds),
);

pub(super) const HPEXPIREAT: Command = row(
    "hpexpireat",
    "Lets fields of a hash expire at a Unix time in milliseconds",
    &[
        Argument::key(),
        Argument::new("unix-time-milliseconds", ArgumentKind::UnixTime),
        CONDITION,
        FIELDS,
    ],
    |context, args, reply| expire(context, args, reply, "hpexpireat", Unit::UnixMillis),
);

const fn row(
    name: &'static str,
    summary: &'static str,
    arguments: &'static [Argument],
    handler: Handler,
) -> Command {
    Command {
        name,
        arity: Arity::AtLeast(6),
        flags: Flags::WRITE.union(Flags::DENYOOM).union(Flags::FAST),
        acl: Acl::HASH,
        keys: KEYS,
        tips: &[],
        docs: Docs::new("hash", "7.4.0", "O(N) for N fields", summary).arguments(arguments),
        run: Run::OneShard(handler),
        subcommands: &[],
    }
}

const NOT_POSITIVE: CommandError =
    CommandError::new("ERR Parameter `numFields` should be greater than 0");

/// When a new expiry is taken.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Condition {
    Always,
    /// The field has none.
    None,
    /// The field has one.
    Any,
    /// The field has an earlier one.
    Later,
    /// The field has a later one or none.
    Earlier,
}

impl Condition {
    fn at(args: &Args<'_>, at: usize) -> Condition {
        let words = [
            ("nx", Condition::None),
            ("xx", Condition::Any),
            ("gt", Condition::Later),
            ("lt", Condition::Earlier),
        ];
        let found = words.into_iter().find(|(word, _)| args.is(at, word));
        found.map_or(Condition::Always, |(_, condition)| condition)
    }

    fn allows(self, present: Option<UnixMillis>, new: UnixMillis) -> bool {
        match self {
            Condition::Always => true,
            Condition::None => present.is_none(),
            Condition::Any => present.is_some(),
            Condition::Later => present.is_some_and(|present| present < new),
            Condition::Earlier => present.is_none_or(|present| present > new),
        }
    }
}

/// What became of a field, by the number of the reply.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Missing = -2,
    Refused = 0,
    Set = 1,
    Deleted = 2,
}

fn expire(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
    command: &str,
    unit: Unit,
) -> Result<(), CommandError> {
    let key = args.at(1);
    let at = unit.moment(args.at(2), context.now(), command)?;
    let condition = Condition::at(args, 3);
    let first = 3 + usize::from(condition != Condition::Always);
    let names = names(args, first, NOT_POSITIVE)?;
    reply.array(names.len());
    let Some(mut hash) = context.edit::<Hash>(key)? else {
        names
            .iter()
            .for_each(|_| reply.integer(Outcome::Missing as i64));
        return Ok(());
    };
    let mut done = Vec::new();
    for name in names.iter() {
        let outcome = expire_field(&mut hash, name, at, condition);
        if matches!(outcome, Outcome::Set | Outcome::Deleted) {
            done.push(name);
        }
        reply.integer(outcome as i64);
    }
    settle(hash, key, &done, at);
    Ok(())
}

fn expire_field(
    hash: &mut Guard<'_, Hash>,
    name: &[u8],
    at: UnixMillis,
    condition: Condition,
) -> Outcome {
    let now = hash.now();
    let Some((_, present)) = hash.get_timed(name, now) else {
        return Outcome::Missing;
    };
    if !condition.allows(present, at) {
        Outcome::Refused
    } else if at <= now {
        hash.remove(name, now);
        Outcome::Deleted
    } else {
        hash.set_expiry(name, Some(at), now);
        Outcome::Set
    }
}

/// Ends the change of a hash of which the fields `done` got the expiry `at`, or went if that has passed.
pub(super) fn settle(mut hash: Guard<'_, Hash>, key: &[u8], done: &[&[u8]], at: UnixMillis) {
    if done.is_empty() {
        return hash.leave();
    }
    let is_past = at <= hash.now();
    if hash.log().is_read {
        let (text, count) = (log_text(at), done.len().to_string());
        let head: &[&[u8]] = if is_past {
            &[b"HDEL", key]
        } else {
            &[
                b"HPEXPIREAT",
                key,
                text.as_bytes(),
                b"FIELDS",
                count.as_bytes(),
            ]
        };
        hash.log().instead(&[head, done].concat());
    }
    hash.commit(if is_past { delete::EVENT } else { EVENT });
}
