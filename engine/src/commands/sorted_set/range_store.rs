//! ZRANGESTORE: a range of one sorted set becomes another one.

use super::range::{LIMIT, SORT_BY};
use super::range_query::{Grammar, RangeQuery};
use super::source::store;
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Run, Steps};
use crate::effect::event::Event;
use crate::order::carry::Carry;
use crate::resp::reply::ReplyWriter;
use crate::shard::context::ShardContext;
use crate::value::sorted_set::{Draft, SortedSet};

const TARGET: usize = 1;
const SOURCE: usize = 2;
const GRAMMAR: Grammar = Grammar {
    ends: 3,
    order: None,
    is_reverse: None,
    may_show_scores: false,
};

pub(super) const ZRANGESTORE: Command = Command {
    name: "zrangestore",
    arity: Arity::AtLeast(5),
    flags: Flags::WRITE.union(Flags::DENYOOM),
    acl: Acl::SORTEDSET,
    keys: &[
        KeySpec::at(TARGET, KeyFlags::OW.union(KeyFlags::UPDATE)),
        KeySpec::at(SOURCE, KeyFlags::RO.union(KeyFlags::ACCESS)),
    ],
    tips: &[],
    docs: Docs::new(
        "sorted-set",
        "6.2.0",
        "O(log(N)+M) with N members of the source, M of them stored",
        "Stores a range of the members of a sorted set as another one",
    )
    .arguments(&[
        Argument::new("dst", ArgumentKind::Key(0)),
        Argument::new("src", ArgumentKind::Key(1)),
        Argument::new("min", ArgumentKind::String),
        Argument::new("max", ArgumentKind::String),
        SORT_BY,
        Argument::word("rev", "REV").optional(),
        LIMIT,
    ]),
    run: Run::ReadThenWrite(&Steps {
        gather,
        decide,
        apply,
    }),
    subcommands: &[],
};

fn gather(context: &mut ShardContext<'_>, args: &Args<'_>, key: usize) -> Carry {
    if key == TARGET {
        return Carry::Nothing;
    }
    let query = match RangeQuery::parse(args, GRAMMAR) {
        Ok(query) => query,
        Err(error) => return Carry::Refused(error),
    };
    match context.read_as::<SortedSet>(args.at(key)) {
        Ok(Some(set)) => {
            let members = query.walk(set);
            let mut draft = Draft::with_capacity(members.len());
            members.for_each(|(member, score)| {
                member.with_bytes(|bytes| draft.push(score, bytes));
            });
            Carry::Scored(draft)
        }
        Ok(None) => Carry::Scored(Draft::new()),
        Err(error) => Carry::Refused(error),
    }
}

/// The target's carry is what it becomes.
fn decide(
    _: &Args<'_>,
    carries: &mut [Carry],
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let [target, source] = carries else {
        unreachable!("two keys were gathered")
    };
    match source.take() {
        Carry::Scored(draft) => {
            reply.count(draft.len());
            *target = Carry::Scored(draft);
            Ok(())
        }
        Carry::Refused(error) => Err(error),
        _ => unreachable!("a source was gathered"),
    }
}

fn apply(context: &mut ShardContext<'_>, args: &Args<'_>, key: usize, carry: Carry) {
    if let Carry::Scored(draft) = carry {
        store(
            context,
            args.at(key),
            draft,
            Event::sorted_set("zrangestore"),
        );
    }
}
