//! SCAN: a walk over the keys of a database in steps, along the one order of (slot, hash) that all shards share.
//!
//! A cursor names a place in that order, so it means the same wherever it is sent, and the slot in it tells which shard
//! goes on. A step never leaves the run of slots of its shard: where the run ends it answers with the first place of the
//! next one, where [`crate::order`] may go on for the same client.

use super::scan_options::{COUNT, CURSOR, MATCH, ScanOptions, cursor, open_step};
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Run, Walk};
use crate::key::slot::Slot;
use crate::keyspace::entry::Entry;
use crate::resp::reply::ReplyWriter;
use crate::shard::context::ShardContext;

/// With so many buckets for each key that was asked for the step ends, however few keys were in them.
const STEPS_PER_KEY: u64 = 10;

const WALK: Walk = Walk {
    step: scan,
    cursor: 1,
    // Words that are wrong are refused by the step.
    wanted: |args| ScanOptions::parse(args, 2, true).unwrap_or_default().count,
};

pub(super) const SCAN: Command = Command {
    name: "scan",
    arity: Arity::AtLeast(2),
    flags: Flags::READONLY.union(Flags::TOUCHES_ARBITRARY_KEYS),
    acl: Acl::KEYSPACE,
    keys: &[],
    tips: &[
        "nondeterministic_output",
        "request_policy:special",
        "response_policy:special",
    ],
    docs: Docs::new(
        "generic",
        "2.8.0",
        "O(1) for each call, O(N) for a whole walk over N keys",
        "Walks over the keys of the database, some with each call",
    )
    .arguments(&[
        CURSOR,
        MATCH,
        COUNT,
        Argument::new("type", ArgumentKind::String)
            .token("TYPE")
            .optional(),
    ])
    .history(&[("6.0.0", "Takes the option `TYPE`.")]),
    run: Run::Walk(&WALK),
    subcommands: &[],
};

fn scan(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let from = cursor(args.at(1))?;
    let options = ScanOptions::parse(args, 2, true)?;
    let mut found = Found::default();
    let next = match u16::try_from(from >> 48).ok().and_then(Slot::new) {
        Some(slot) => walk(context, from, context.run_end(slot), &options, &mut found),
        None => 0,
    };
    for key in &found.expired {
        context.exists(key);
    }
    open_step(next, found.keys.len(), reply);
    found.keys.iter().for_each(|key| reply.bulk(key));
    Ok(())
}

/// What a step came across.
#[derive(Default)]
struct Found {
    keys: Vec<Box<[u8]>>,
    expired: Vec<Box<[u8]>>,
    /// Keys looked at, whatever came of it.
    seen: u64,
}

/// Walks from `from` to slot `end` or until the step has seen enough; returns where to go on.
fn walk(
    context: &ShardContext<'_>,
    from: u64,
    end: u16,
    options: &ScanOptions<'_>,
    found: &mut Found,
) -> u64 {
    let (now, behind) = (context.now(), u64::from(end) << 48);
    let mut next = from;
    for _ in 0..options.count.saturating_mul(STEPS_PER_KEY) {
        next = context.database().scan(next, end, &mut |entry: Entry<'_>| {
            found.seen += 1;
            if entry.expiry().is_some_and(|at| at <= now) {
                found.expired.push(entry.key().into());
            } else if options.wants(entry.key()) && options.wants_type(entry.value().type_name()) {
                found.keys.push(entry.key().into());
            }
        });
        if next == 0 || next >= behind || found.seen >= options.count {
            break;
        }
    }
    next
}

#[cfg(test)]
mod tests {
    use crate::command::args::OwnedArgs;
    use crate::commands::driver::{LATER, NOW, run, run_words, shard};
    use crate::key::placement::Placement;
    use crate::order::stamp::ShardId;
    use crate::resp::elements::{array_elements, bulk};
    use crate::resp::reply::Protocol;
    use crate::shard::Shard;
    use crate::shard::territory::Territory;
    use crate::time::UnixMillis;

    fn step(shard: &mut Shard, now: UnixMillis, command: &str) -> (u64, Vec<String>) {
        let words: OwnedArgs = command.split_whitespace().map(str::as_bytes).collect();
        let reply = run_words(shard, now, Protocol::Resp2, &words);
        let [cursor, keys] = array_elements(&reply).try_into().expect("a pair");
        let text = |bytes: &[u8]| String::from_utf8(bulk(bytes).unwrap().to_vec()).unwrap();
        (
            text(cursor).parse().unwrap(),
            array_elements(keys).into_iter().map(text).collect(),
        )
    }

    fn walk(shard: &mut Shard, now: UnixMillis, options: &str) -> Vec<String> {
        let (mut cursor, mut all) = (0, Vec::new());
        loop {
            let (next, keys) = step(shard, now, &format!("SCAN {cursor} {options}"));
            all.extend(keys);
            cursor = next;
            if cursor == 0 {
                all.sort();
                all.dedup();
                return all;
            }
        }
    }

    #[test]
    fn a_walk_meets_every_key() {
        let mut shard = shard();
        assert_eq!(run(&mut shard, "SCAN 0"), "*2 $1 0 *0");
        (0..1000).for_each(|n| drop(run(&mut shard, &format!("SET key:{n} {n}"))));
        for count in [1, 10, 10_000] {
            assert_eq!(walk(&mut shard, NOW, &format!("COUNT {count}")).len(), 1000);
        }
        assert_eq!(walk(&mut shard, NOW, "MATCH key:1??").len(), 100);
        assert_eq!(walk(&mut shard, NOW, "MATCH * TYPE STRING").len(), 1000);
        assert_eq!(walk(&mut shard, NOW, "TYPE list").len(), 0);
        assert_eq!(walk(&mut shard, NOW, "TYPE nope").len(), 0);
        let (_, keys) = step(&mut shard, NOW, "SCAN 0 COUNT 100");
        assert!((100..200).contains(&keys.len()), "{}", keys.len());
    }

    #[test]
    fn expired_keys_are_not_met_but_deleted() {
        let mut shard = shard();
        (0..100).for_each(|n| drop(run(&mut shard, &format!("SET gone:{n} 1 PX 1"))));
        run(&mut shard, "SET stays 1");
        assert_eq!(walk(&mut shard, LATER, ""), ["stays"]);
        assert_eq!(run(&mut shard, "DBSIZE"), ":1");
    }

    #[test]
    fn a_walk_ends_with_the_run_of_its_shard() {
        let mut shard = shard();
        shard.set_territory(Territory::new(ShardId(1), Placement::even(4)));
        assert_eq!(
            step(&mut shard, NOW, &format!("SCAN {}", 5000_u64 << 48)),
            (8192 << 48, vec![])
        );
        shard.set_territory(Territory::new(ShardId(3), Placement::even(4)));
        assert_eq!(
            step(&mut shard, NOW, &format!("SCAN {}", 16383_u64 << 48)),
            (0, vec![])
        );
    }

    #[test]
    fn no_cursor_does_harm() {
        let mut shard = shard();
        run(&mut shard, "SET a 1");
        for cursor in ["-1", "18446744073709551615", &(16384_u64 << 48).to_string()] {
            assert_eq!(
                step(&mut shard, NOW, &format!("SCAN {cursor}")),
                (0, vec![])
            );
        }
        assert_eq!(run(&mut shard, "SCAN x COUNT 0"), "-ERR invalid cursor");
        assert_eq!(run(&mut shard, "SCAN 0 COUNT 0"), "-ERR syntax error");
        assert_eq!(run(&mut shard, "SCAN 0 COUNT"), "-ERR syntax error");
        assert_eq!(
            run(&mut shard, "SCAN 0 COUNT x"),
            "-ERR value is not an integer or out of range"
        );
    }
}
