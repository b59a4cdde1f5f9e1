//! EXPIRE, PEXPIRE, EXPIREAT and PEXPIREAT: a key gets an expiry, or goes at once when that has passed.
//!
//! Invariant: what the log gets does not depend on when it is read: an absolute time in milliseconds, or a deletion.

use super::expiration::CONDITION;
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
    &[
        Argument::key(),
        Argument::new("seconds", ArgumentKind::Integer),
        CONDITION,
    ],
    |context, args, reply| expire(context, args, reply, &Form::SECONDS),
);

pub(super) const PEXPIRE: Command = row(
    "pexpire",
    "2.6.0",
    "Lets a key expire after so many milliseconds",
    &[
        Argument::key(),
        Argument::new("milliseconds", ArgumentKind::Integer),
        CONDITION,
    ],
    |context, args, reply| expire(context, args, reply, &Form::MILLIS),
);

pub(super) const EXPIREAT: Command = row(
    "expireat",
    "1.2.0",
    "Lets a key expire at a Unix time in seconds",
    &[
        Argument::key(),
        Argument::new("unix-time-seconds", ArgumentKind::UnixTime),
        CONDITION,
    ],
    |context, args, reply| expire(context, args, reply, &Form::UNIX_SECONDS),
);

pub(super) const PEXPIREAT: Command = row(
    "pexpireat",
    "2.6.0",
    "Lets a key expire at a Unix time in milliseconds",
    &[
        Argument::key(),
        Argument::new("unix-time-milliseconds", ArgumentKind::UnixTime),
        CONDITION,
    ],
    |context, args, reply| expire(context, args, reply, &Form::UNIX_MILLIS),
);

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
        docs: Docs::new("generic", since, "O(1)", summary)
            .arguments(arguments)
            .history(HISTORY),
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
    const SECONDS: Form = Form::new("expire", 1000, true);
    const MILLIS: Form = Form::new("pexpire", 1, true);
    const UNIX_SECONDS: Form = Form::new("expireat", 1000, false);
    const UNIX_MILLIS: Form = Form::new("pexpireat", 1, false);

    const fn new(name: &'static str, millis: i64, relative: bool) -> Form {
        Form {
            name,
            millis,
            relative,
        }
    }

    /// The moment that `number` names. Errors: one that 64 bits can't hold.
    fn moment(&self, number: i64, now: UnixMillis) -> Result<UnixMillis, CommandError> {
        let base = if self.relative { now.0 } else { 0 };
        let moment = number
            .checked_mul(self.millis)
            .and_then(|millis| millis.checked_add(base));
        moment.map(UnixMillis).ok_or_else(|| {
            CommandError::with(format!(
                "ERR invalid expire time in '{}' command",
                self.name
            ))
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
    let (key, at) = (
        args.at(1),
        form.moment(integer(args.at(2))?, context.now())?,
    );
    let allowed = context
        .peek(key)
        .is_some_and(|entry| condition.allows(entry.expiry(), at));
    if allowed {
        if at <= context.now() {
            let deletion: &[u8] = if context.limits().lazy_expire {
                b"UNLINK"
            } else {
                b"DEL"
            };
            context.delete(key, Event::DEL);
            context.log().instead(&[deletion, key]);
        } else {
            context.set_expiry(key, Some(at), Event::EXPIRE);
            context.log().instead(&[
                b"PEXPIREAT",
                key,
                itoa::Buffer::new().format(at.0).as_bytes(),
            ]);
        }
    }
    reply.integer(allowed.into());
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::commands::driver::{NOW, logged, run, run_later, shard};

    #[test]
    fn each_form_names_its_moment() {
        let mut shard = shard();
        run(&mut shard, "SET a 1");
        let in_seconds = NOW.0 / 1000 + 70;
        for (command, at) in [
            ("EXPIRE a 60".to_owned(), NOW.0 + 60_000),
            ("PEXPIRE a 60".to_owned(), NOW.0 + 60),
            (format!("EXPIREAT a {in_seconds}"), in_seconds * 1000),
            (format!("PEXPIREAT a {}", NOW.0 + 7), NOW.0 + 7),
        ] {
            assert_eq!(run(&mut shard, &command), ":1", "{command}");
            assert_eq!(
                run(&mut shard, "PEXPIRETIME a"),
                format!(":{at}"),
                "{command}"
            );
            assert_eq!(logged(&mut shard, &command), format!("PEXPIREAT a {at}"));
        }
        assert_eq!(run_later(&mut shard, "EXISTS a"), ":0");
    }

    #[test]
    fn conditions_decide() {
        let mut shard = shard();
        run(&mut shard, "SET a 1");
        for (command, reply) in [
            ("EXPIRE a 10 XX", ":0"),
            ("EXPIRE a 10 GT", ":0"),
            ("EXPIRE a 10 nx", ":1"),
            ("EXPIRE a 20 NX", ":0"),
            ("EXPIRE a 20 GT xx", ":1"),
            ("EXPIRE a 20 LT", ":0"),
            ("EXPIRE a 5 LT", ":1"),
            ("TTL a", ":5"),
            ("EXPIRE missing 5", ":0"),
            ("EXPIRE a -1 GT", ":0"),
            ("EXPIRE a -1 LT", ":1"),
            ("EXISTS a", ":0"),
        ] {
            assert_eq!(run(&mut shard, command), reply, "{command}");
        }
        assert_eq!(logged(&mut shard, "EXPIRE missing 5"), "");
        run(&mut shard, "SET a 1");
        assert_eq!(logged(&mut shard, "EXPIRE a 10 XX"), "");
    }

    #[test]
    fn a_past_expiry_deletes() {
        let mut shard = shard();
        for command in [
            "EXPIRE a 0",
            "EXPIRE a -1",
            "PEXPIREAT a 1",
            "EXPIREAT a -5",
        ] {
            run(&mut shard, "SET a 1");
            assert_eq!(logged(&mut shard, command), "DEL a", "{command}");
            assert_eq!(run(&mut shard, "EXISTS a"), ":0");
        }
        shard.limits.lazy_expire = true;
        run(&mut shard, "SET a 1");
        assert_eq!(logged(&mut shard, "PEXPIRE a -1"), "UNLINK a");
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        let mut shard = shard();
        run(&mut shard, "SET a 1");
        for (command, error) in [
            ("EXPIRE a x", "-ERR value is not an integer or out of range"),
            ("EXPIRE a x foo", "-ERR Unsupported option foo"),
            (
                "EXPIRE missing 9223372036854775807",
                "-ERR invalid expire time in 'expire' command",
            ),
            (
                "EXPIRE a -9223372036854775807",
                "-ERR invalid expire time in 'expire' command",
            ),
            (
                "PEXPIRE a 9223372036854775807",
                "-ERR invalid expire time in 'pexpire' command",
            ),
            (
                "EXPIREAT a 9223372036854776",
                "-ERR invalid expire time in 'expireat' command",
            ),
            (
                "EXPIRE a",
                "-ERR wrong number of arguments for 'expire' command",
            ),
        ] {
            assert_eq!(run(&mut shard, command), error, "{command}");
        }
        assert_eq!(run(&mut shard, "EXPIREAT a 9223372036854775"), ":1");
        assert_eq!(run(&mut shard, "EXPIRETIME a"), ":9223372036854775");
        assert_eq!(run(&mut shard, "PEXPIREAT a 9223372036854775807"), ":1");
        assert_eq!(run(&mut shard, "PTTL a"), format!(":{}", i64::MAX - NOW.0));
        assert_eq!(run(&mut shard, "PEXPIREAT a -9223372036854775808"), ":1");
        assert_eq!(run(&mut shard, "TTL a"), ":-2");
    }
}
