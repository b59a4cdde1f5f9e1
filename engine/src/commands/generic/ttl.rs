//! TTL, PTTL, EXPIRETIME, PEXPIRETIME and PERSIST: what is left of a key's time, and its end.

use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::spec::{Argument, Arity, Command, Docs, Handler, Run};
use crate::effect::event::Event;
use crate::resp::reply::ReplyWriter;
use crate::shard::context::ShardContext;
use crate::time::UnixMillis;

const NO_KEY: i64 = -2;
const NO_EXPIRY: i64 = -1;
const KEYS: &[KeySpec] = &[KeySpec::at(1, KeyFlags::RO.union(KeyFlags::ACCESS))];
const ARGUMENTS: &[Argument] = &[Argument::key()];
const CHANGING: &[&str] = &["nondeterministic_output"];
const SINCE_MINUS_TWO: &[(&str, &str)] = &[("2.8.0", "Answers -2 for a missing key.")];

pub(super) const TTL: Command = Command {
    tips: CHANGING,
    ..row(
        "ttl",
        docs("1.0.0", "Tells how many seconds a key has left").history(SINCE_MINUS_TWO),
        |context, args, reply| answer(context, args, reply, |at, now| seconds(left(at, now))),
    )
};

pub(super) const PTTL: Command = Command {
    tips: CHANGING,
    ..row(
        "pttl",
        docs("2.6.0", "Tells how many milliseconds a key has left").history(SINCE_MINUS_TWO),
        |context, args, reply| answer(context, args, reply, left),
    )
};

pub(super) const EXPIRETIME: Command = row(
    "expiretime",
    docs(
        "7.0.0",
        "Tells the Unix time in seconds at which a key expires",
    ),
    |context, args, reply| answer(context, args, reply, |at, _| seconds(at.0)),
);

pub(super) const PEXPIRETIME: Command = row(
    "pexpiretime",
    docs(
        "7.0.0",
        "Tells the Unix time in milliseconds at which a key expires",
    ),
    |context, args, reply| answer(context, args, reply, |at, _| at.0),
);

pub(super) const PERSIST: Command = Command {
    flags: Flags::WRITE.union(Flags::FAST),
    keys: &[KeySpec::at(1, KeyFlags::RW.union(KeyFlags::UPDATE))],
    ..row(
        "persist",
        docs("2.2.0", "Takes the expiry from a key"),
        persist,
    )
};

const fn docs(since: &'static str, summary: &'static str) -> Docs {
    Docs::new("generic", since, "O(1)", summary).arguments(ARGUMENTS)
}

const fn row(name: &'static str, docs: Docs, handler: Handler) -> Command {
    Command {
        name,
        arity: Arity::Exactly(2),
        flags: Flags::READONLY.union(Flags::FAST),
        acl: Acl::KEYSPACE,
        keys: KEYS,
        tips: &[],
        docs,
        run: Run::OneShard(handler),
        subcommands: &[],
    }
}

fn left(at: UnixMillis, now: UnixMillis) -> i64 {
    at.0.saturating_sub(now.0).max(0)
}

/// Whole seconds, the half ones rounded up.
fn seconds(millis: i64) -> i64 {
    millis.saturating_add(500) / 1000
}

fn answer(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
    figure: fn(UnixMillis, UnixMillis) -> i64,
) -> Result<(), CommandError> {
    let now = context.now();
    let expiry = context.look(args.at(1)).map(|entry| entry.expiry());
    reply.integer(expiry.map_or(NO_KEY, |expiry| {
        expiry.map_or(NO_EXPIRY, |at| figure(at, now))
    }));
    Ok(())
}

fn persist(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let key = args.at(1);
    let expires = context
        .peek(key)
        .is_some_and(|entry| entry.expiry().is_some());
    if expires {
        context.set_expiry(key, None, Event::PERSIST);
    }
    reply.integer(expires.into());
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::commands::driver::{NOW, logged, run, run_later, shard};

    #[test]
    fn what_is_left_is_rounded() {
        let mut shard = shard();
        run(&mut shard, "SET a 1 PX 2499");
        run(&mut shard, "SET b 1 PX 2500");
        run(&mut shard, "SET c 1");
        for (command, reply) in [
            ("TTL a", ":2"),
            ("TTL b", ":3"),
            ("PTTL a", ":2499"),
            ("TTL c", ":-1"),
            ("PTTL c", ":-1"),
            ("EXPIRETIME c", ":-1"),
            ("PEXPIRETIME c", ":-1"),
            ("TTL d", ":-2"),
            ("PTTL d", ":-2"),
            ("EXPIRETIME d", ":-2"),
            ("PEXPIRETIME d", ":-2"),
        ] {
            assert_eq!(run(&mut shard, command), reply, "{command}");
        }
        assert_eq!(
            run(&mut shard, "PEXPIRETIME a"),
            format!(":{}", NOW.0 + 2499)
        );
        assert_eq!(
            run(&mut shard, "EXPIRETIME a"),
            format!(":{}", (NOW.0 + 2499 + 500) / 1000)
        );
        assert_eq!(run_later(&mut shard, "PTTL a"), ":1499");
        run(&mut shard, "PEXPIRE a 1000");
        assert_eq!(run_later(&mut shard, "PTTL a"), ":-2");
    }

    #[test]
    fn persist_ends_an_expiry() {
        let mut shard = shard();
        run(&mut shard, "SET a 1 PX 5");
        assert_eq!(logged(&mut shard, "PERSIST a"), "verbatim");
        assert_eq!(logged(&mut shard, "PERSIST a"), "");
        assert_eq!(run(&mut shard, "PERSIST a"), ":0");
        assert_eq!(run(&mut shard, "PERSIST missing"), ":0");
        assert_eq!(run_later(&mut shard, "TTL a"), ":-1");
    }
}
