//! ZSCAN: a walk over the members of a sorted set in steps.

use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::Acl;
use crate::command::spec::{Argument, Command, Docs};
use crate::commands::generic::scan_options::{
    COUNT, CURSOR, MATCH, ScanOptions, cursor, open_step, walk,
};
use crate::resp::double::{DoubleText, precise_text};
use crate::resp::reply::ReplyWriter;
use crate::shard::context::ShardContext;
use crate::value::sorted_set::{Draft, SortedSet};

/// With so many buckets for each member that was asked for the step ends, however few members were in them.
const STEPS_PER_MEMBER: u64 = 10;

pub(super) const ZSCAN: Command = walk(
    "zscan",
    Acl::SORTEDSET,
    Docs::new(
        "sorted-set",
        "2.8.0",
        "O(1) for each call, O(N) for a whole walk over N members",
        "Walks over the members of a sorted set and their scores, some with each call",
    )
    .arguments(&[Argument::key(), CURSOR, MATCH, COUNT]),
    zscan,
);

fn zscan(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let from = cursor(args.at(2))?;
    let (mut next, mut found, mut is_indexed) = (0, Draft::new(), false);
    // Without a sorted set nobody looks at the options.
    if let Some(set) = context.read_as::<SortedSet>(args.at(1))? {
        let options = ScanOptions::parse(args, 3, false)?;
        is_indexed = set.is_indexed();
        next = walk_some(set, from, &options, &mut found);
    }
    open_step(next, found.len() * 2, reply);
    for (score, member) in found.iter() {
        reply.bulk(member);
        // Redis shows the scores of a table with 17 digits, as only here.
        if is_indexed {
            reply.bulk(precise_text(score).as_bytes());
        } else {
            reply.bulk(DoubleText::new(score).as_bytes());
        }
    }
    Ok(())
}

/// Walks until the step has seen enough; returns where to go on.
fn walk_some(set: &SortedSet, from: u64, options: &ScanOptions<'_>, found: &mut Draft) -> u64 {
    let (mut next, mut seen) = (from, 0);
    for _ in 0..options.count.saturating_mul(STEPS_PER_MEMBER) {
        next = set.scan_step(next, &mut |member, score| {
            seen += 1;
            member.with_bytes(|bytes| {
                if options.wants(bytes) {
                    found.push(score, bytes);
                }
            });
        });
        if next == 0 || seen >= options.count {
            break;
        }
    }
    next
}
