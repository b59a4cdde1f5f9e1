//! OBJECT: how a value is stored and when it was used.

use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::help::{help, help_row};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::spec::{Argument, Arity, Command, Docs, Handler, Run};
use crate::keyspace::entry::Entry;
use crate::limits::AccessPolicy;
use crate::resp::reply::ReplyWriter;
use crate::shard::access;
use crate::shard::context::ShardContext;
use crate::value::ValueRef;
use crate::value::string::StringRef;

const NO_FREQUENCY: CommandError = CommandError::new(
    "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching between \
     policies at runtime LRU and LFU data will take some time to adjust.",
);
const NO_IDLE_TIME: CommandError = CommandError::new(
    "ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when switching between policies at \
     runtime LRU and LFU data will take some time to adjust.",
);
/// What Redis answers for an integer that all keys share.
const SHARED: i64 = i32::MAX as i64;
const KEYS: &[KeySpec] = &[KeySpec::at(2, KeyFlags::RO)];
const ARGUMENTS: &[Argument] = &[Argument::key()];
const SHARED_INTEGERS: std::ops::Range<i64> = 0..10_000;

pub(super) const OBJECT: Command = Command {
    name: "object",
    arity: Arity::AtLeast(2),
    flags: Flags::empty(),
    acl: Acl::empty(),
    keys: &[],
    tips: &[],
    docs: Docs::new(
        "generic",
        "2.2.3",
        "Depends on the subcommand",
        "Looks at how values are stored",
    ),
    run: Run::OneShard(|_, _, _| Err(CommandError::arity("object"))),
    subcommands: &[&HELP, &FREQ, &ENCODING, &IDLETIME, &REFCOUNT],
};

const HELP: Command = help_row("generic", "6.2.0", Acl::KEYSPACE, |_, _, reply| {
    help("OBJECT", LINES, reply);
    Ok(())
});

const LINES: &[&str] = &[
    "ENCODING <key>",
    "    Names the form in which the value is stored.",
    "FREQ <key>",
    "    Tells how often the key is used, on a logarithmic scale.",
    "IDLETIME <key>",
    "    Tells for how many seconds the key has not been used, about.",
    "REFCOUNT <key>",
    "    Tells how many keys share the value.",
];

const ENCODING: Command = row(
    "encoding",
    "2.2.3",
    "Names the form in which a value is stored",
    |context, args, reply| {
        with_entry(context, args, reply, |entry, reply| {
            reply.bulk(entry.value().encoding().as_bytes())
        });
        Ok(())
    },
);

const FREQ: Command = row(
    "freq",
    "4.0.0",
    "Tells how often a key is used",
    |context, args, reply| {
        let (limits, now) = (*context.limits(), context.now());
        // Redis looks for the key first.
        let tracked =
            limits.access == AccessPolicy::Frequency || context.peek(args.at(2)).is_none();
        with_entry(context, args, reply, |entry, reply| {
            reply.integer(access::frequency(entry.access(), &limits, now).into());
        });
        if tracked { Ok(()) } else { Err(NO_FREQUENCY) }
    },
);

const IDLETIME: Command = row(
    "idletime",
    "2.2.3",
    "Tells for how long a key has not been used",
    |context, args, reply| {
        let (limits, now) = (*context.limits(), context.now());
        let tracked = limits.access == AccessPolicy::Recency || context.peek(args.at(2)).is_none();
        with_entry(context, args, reply, |entry, reply| {
            reply.integer((access::idle_millis(entry.access(), now) / 1000) as i64);
        });
        if tracked { Ok(()) } else { Err(NO_IDLE_TIME) }
    },
);

const REFCOUNT: Command = row(
    "refcount",
    "2.2.3",
    "Tells how many keys share a value",
    |context, args, reply| {
        let shared_integers = context.limits().shared_integers;
        with_entry(context, args, reply, |entry, reply| {
            reply.integer(refcount(entry, shared_integers))
        });
        Ok(())
    },
);

const fn row(
    name: &'static str,
    since: &'static str,
    summary: &'static str,
    handler: Handler,
) -> Command {
    Command {
        name,
        arity: Arity::Exactly(3),
        flags: Flags::READONLY,
        acl: Acl::KEYSPACE,
        keys: KEYS,
        tips: &["nondeterministic_output"],
        docs: Docs::new("generic", since, "O(1)", summary).arguments(ARGUMENTS),
        run: Run::OneShard(handler),
        subcommands: &[],
    }
}

fn with_entry(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
    answer: impl FnOnce(Entry<'_>, &mut ReplyWriter<'_>),
) {
    match context.look_quietly(args.at(2)) {
        Some(entry) => answer(entry, reply),
        None => reply.null(),
    }
}

/// No value is shared here. Clients see the number that Redis shows where it shares: small integers, unless the memory
/// policy needs the access bits of each key.
pub(crate) fn refcount(entry: Entry<'_>, shared_integers: bool) -> i64 {
    match entry.value() {
        ValueRef::String(StringRef::Int(n)) if shared_integers && SHARED_INTEGERS.contains(&n) => {
            SHARED
        }
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use crate::commands::driver::{NOW, run, run_at, shard};
    use crate::effect::event::EventClass;
    use crate::effect::notice::EventMask;
    use crate::limits::AccessPolicy;
    use crate::resp::reply::Protocol;
    use crate::time::UnixMillis;

    #[test]
    fn encodings_are_named() {
        let mut shard = shard();
        run(&mut shard, "MSET n 12 short abc");
        run(&mut shard, &format!("SET long {}", "x".repeat(45)));
        for (key, encoding) in [("n", "int"), ("short", "embstr"), ("long", "raw")] {
            let expected = format!("${} {encoding}", encoding.len());
            assert_eq!(run(&mut shard, &format!("OBJECT ENCODING {key}")), expected);
        }
        for word in ["ENCODING", "FREQ", "IDLETIME", "REFCOUNT"] {
            assert_eq!(run(&mut shard, &format!("OBJECT {word} missing")), "$-1");
        }
    }

    #[test]
    fn small_integers_look_shared() {
        let mut shard = shard();
        run(&mut shard, "MSET a 0 b 9999 c 10000 d -1 e text");
        for (key, count) in [
            ("a", 2147483647),
            ("b", 2147483647),
            ("c", 1),
            ("d", 1),
            ("e", 1),
        ] {
            assert_eq!(
                run(&mut shard, &format!("OBJECT REFCOUNT {key}")),
                format!(":{count}"),
                "{key}"
            );
        }
        shard.limits.shared_integers = false;
        assert_eq!(run(&mut shard, "OBJECT REFCOUNT a"), ":1");
    }

    #[test]
    fn use_is_told_by_the_policy_that_tracks_it() {
        let mut shard = shard();
        let later = UnixMillis(NOW.0 + 100_000);
        run(&mut shard, "SET a 1");
        assert_eq!(
            run_at(&mut shard, later, Protocol::Resp2, "OBJECT IDLETIME a"),
            ":100"
        );
        assert_eq!(
            run_at(&mut shard, later, Protocol::Resp2, "OBJECT IDLETIME a"),
            ":100",
            "looking is no use"
        );
        run_at(&mut shard, later, Protocol::Resp2, "TYPE a");
        run_at(&mut shard, later, Protocol::Resp2, "TTL a");
        run_at(&mut shard, later, Protocol::Resp2, "EXISTS a");
        assert_eq!(
            run_at(&mut shard, later, Protocol::Resp2, "OBJECT IDLETIME a"),
            ":100"
        );
        run_at(&mut shard, later, Protocol::Resp2, "TOUCH a");
        assert_eq!(
            run_at(&mut shard, later, Protocol::Resp2, "OBJECT IDLETIME a"),
            ":0"
        );
        let error = run(&mut shard, "OBJECT FREQ a");
        assert!(
            error.starts_with("-ERR An LFU maxmemory policy is not selected, access frequency"),
            "{error}"
        );
        shard.limits.access = AccessPolicy::Frequency;
        run(&mut shard, "SET b 1");
        assert_eq!(run(&mut shard, "OBJECT FREQ b"), ":5");
        let error = run(&mut shard, "OBJECT IDLETIME b");
        assert!(
            error.starts_with("-ERR An LFU maxmemory policy is selected, idle time not tracked."),
            "{error}"
        );
        assert_eq!(run(&mut shard, "OBJECT IDLETIME missing"), "$-1");
    }

    #[test]
    fn subcommands_are_checked() {
        let mut shard = shard();
        assert_eq!(
            run(&mut shard, "OBJECT NOPE a"),
            "-ERR unknown subcommand 'NOPE'. Try OBJECT HELP."
        );
        assert_eq!(
            run(&mut shard, "OBJECT"),
            "-ERR wrong number of arguments for 'object' command"
        );
        assert_eq!(
            run(&mut shard, "OBJECT ENCODING"),
            "-ERR wrong number of arguments for 'object|encoding' command"
        );
        let help = run(&mut shard, "OBJECT HELP");
        assert!(help.starts_with("*11 +OBJECT <subcommand>"), "{help}");
    }

    #[test]
    fn misses_are_counted_but_no_events() {
        let mut shard = shard();
        shard.limits.notify = EventMask::default().with(EventClass::KeyMiss);
        run(&mut shard, "OBJECT ENCODING missing");
        run(&mut shard, "SMOVE missing missing a");
        run(&mut shard, "ZMPOP 1 missing MIN");
        assert_eq!((shard.stats.misses, shard.has_notices()), (1, false));
        run(&mut shard, "TYPE missing");
        assert!(shard.has_notices());
    }
}
