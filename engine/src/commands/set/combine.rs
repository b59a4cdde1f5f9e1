//! What SINTER, SUNION and SDIFF and their storing forms have in common: sets are lent, combined in one place, and given
//! back; a result is stored on the shard of its key.

use super::write_member;
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Run, Steps};
use crate::commands::lending::{give_back, lend, lent};
use crate::effect::event::Event;
use crate::order::carry::{Carry, Parcel};
use crate::packed::element::Element;
use crate::resp::reply::ReplyWriter;
use crate::shard::context::ShardContext;
use crate::value::Value;
use crate::value::collection::Variant;
use crate::value::set::{PackedMembers, Set};

const ALL_KEYS: &[KeySpec] = &[KeySpec::range(
    1,
    -1,
    1,
    KeyFlags::RO.union(KeyFlags::ACCESS),
)];
/// The keys of all sources but the target.
pub(super) const SOURCES: KeySpec = KeySpec::range(2, -1, 1, KeyFlags::RO.union(KeyFlags::ACCESS));
const TARGET_AND_SOURCES: &[KeySpec] = &[
    KeySpec::at(1, KeyFlags::OW.union(KeyFlags::UPDATE)),
    SOURCES,
];

const SETS: &[Argument] = &[Argument::key().multiple()];
const DESTINATION_AND_SETS: &[Argument] = &[
    Argument::new("destination", ArgumentKind::Key(0)),
    Argument::new("key", ArgumentKind::Key(1)).multiple(),
];

/// A command that answers with what it makes of the sets at all its keys.
pub(super) const fn answering(name: &'static str, docs: Docs, steps: &'static Steps) -> Command {
    Command {
        name,
        arity: Arity::AtLeast(2),
        flags: Flags::READONLY,
        acl: Acl::SET,
        keys: ALL_KEYS,
        tips: &["nondeterministic_output_order"],
        docs: docs.arguments(SETS),
        run: Run::ReadThenWrite(steps),
        subcommands: &[],
    }
}

/// A command that stores at its first key what it makes of the sets at the others.
pub(super) const fn storing(name: &'static str, docs: Docs, steps: &'static Steps) -> Command {
    Command {
        name,
        arity: Arity::AtLeast(3),
        flags: Flags::WRITE.union(Flags::DENYOOM),
        acl: Acl::SET,
        keys: TARGET_AND_SOURCES,
        tips: &[],
        docs: docs.arguments(DESTINATION_AND_SETS),
        run: Run::ReadThenWrite(steps),
        subcommands: &[],
    }
}

/// Lends the set at a key.
pub(super) fn gather(context: &mut ShardContext<'_>, args: &Args<'_>, key: usize) -> Carry {
    lend(context, args.at(key), |value| Set::of(value).is_some())
}

/// The same for a storing command: what is at its first key does not matter.
pub(super) fn gather_sources(context: &mut ShardContext<'_>, args: &Args<'_>, key: usize) -> Carry {
    if key == 1 {
        Carry::Nothing
    } else {
        gather(context, args, key)
    }
}

/// The sets that were gathered for the words from `first` on, `None` where there is none. Errors: WRONGTYPE.
pub(super) fn lent_sets<'c>(
    args: &Args<'_>,
    first: usize,
    carries: &'c [Carry],
) -> Result<Vec<Option<&'c Set>>, CommandError> {
    let values = lent(args, first, carries)?;
    Ok(values
        .into_iter()
        .map(|value| value.and_then(Set::of))
        .collect())
}

/// Answers with the members.
pub(super) fn answer(reply: &mut ReplyWriter<'_>, members: &[Element<'_>]) {
    reply.set(members.len());
    for member in members {
        write_member(reply, *member);
    }
}

/// Turns a result into what is to be done at the first key, and answers with the number of its members.
pub(super) fn store(
    args: &Args<'_>,
    carries: &mut [Carry],
    members: PackedMembers,
    is_intset: bool,
    reply: &mut ReplyWriter<'_>,
) {
    reply.count(members.len());
    let decision = if members.is_empty() {
        Carry::Present
    } else {
        Carry::Members(members, is_intset)
    };
    let destination = args.at(1);
    // A source that is the destination, too, comes back before the result takes its place.
    let source = (1..carries.len())
        .find(|index| args.at(index + 1) == destination)
        .unwrap_or(0);
    carries[0] = carries[source].take();
    carries[source] = decision;
}

/// Does what [`store`] decided.
pub(super) fn apply(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    key: usize,
    carry: Carry,
    event: Event,
) {
    match carry {
        Carry::Members(members, is_intset) => {
            let set = Set::of_result(&members, is_intset, context.limits(), context.seed());
            let value = Value::Set(Box::new(set));
            context.install(args.at(key), Parcel::new(value, None), event);
        }
        Carry::Present => {
            context.delete(args.at(key), Event::DEL);
        }
        other => give_back(context, args, key, other),
    }
}
