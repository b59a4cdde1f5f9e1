//! ZPOPMIN and ZPOPMAX: the members of the lowest or the highest scores go to the caller. What commands over several keys
//! need of it stands here, too.

use super::{write_member, write_members};
use crate::command::args::Args;
use crate::command::bounded_number::non_negative;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Run};
use crate::effect::event::Event;
use crate::order::carry::Carry;
use crate::resp::reply::{Protocol, ReplyWriter};
use crate::shard::context::ShardContext;
use crate::value::collection::{Collection, Variant};
use crate::value::sorted_set::{Draft, SortedSet, Walk};
use std::ops::Range;

const KEYS: &[KeySpec] = &[KeySpec::at(
    1,
    KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::DELETE),
)];
const ARGUMENTS: &[Argument] = &[
    Argument::key(),
    Argument::new("count", ArgumentKind::Integer).optional(),
];

/// A row that differs from the other in name, summary and handler.
const fn row(name: &'static str, summary: &'static str, run: Run) -> Command {
    Command {
        name,
        arity: Arity::AtLeast(2),
        flags: Flags::WRITE.union(Flags::FAST),
        acl: Acl::SORTEDSET,
        keys: KEYS,
        tips: &[],
        docs: Docs::new(
            "sorted-set",
            "5.0.0",
            "O(log(N)*M) with N members, M of them removed",
            summary,
        )
        .arguments(ARGUMENTS),
        run,
        subcommands: &[],
    }
}

pub(super) const ZPOPMIN: Command = row(
    "zpopmin",
    "Removes and returns the members of the lowest scores",
    Run::OneShard(zpopmin),
);

pub(super) const ZPOPMAX: Command = row(
    "zpopmax",
    "Removes and returns the members of the highest scores",
    Run::OneShard(zpopmax),
);

/// An end of a sorted set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The lowest scores.
    Min,
    /// The highest scores.
    Max,
}

impl End {
    /// The word at this index: `MIN` or `MAX`.
    pub fn parse(args: &Args<'_>, at: usize) -> Result<End, CommandError> {
        match () {
            () if args.is(at, "min") => Ok(End::Min),
            () if args.is(at, "max") => Ok(End::Max),
            () => Err(CommandError::SYNTAX),
        }
    }

    /// Up to `count` members from this end on.
    fn walk(self, set: &SortedSet, count: usize) -> Walk<'_> {
        let ranks = self.ranks(set.len(), count);
        match self {
            End::Min => set.walk(ranks),
            End::Max => set.walk_back(ranks),
        }
    }

    fn ranks(self, len: usize, count: usize) -> Range<usize> {
        let count = count.min(len);
        match self {
            End::Min => 0..count,
            End::Max => len - count..len,
        }
    }

    fn event(self) -> Event {
        Event::sorted_set(match self {
            End::Min => "zpopmin",
            End::Max => "zpopmax",
        })
    }

    /// The command that takes from this end, for the log.
    fn command(self) -> &'static [u8] {
        match self {
            End::Min => b"ZPOPMIN",
            End::Max => b"ZPOPMAX",
        }
    }
}

fn zpopmin(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    pop(context, args, reply, End::Min)
}

fn zpopmax(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    pop(context, args, reply, End::Max)
}

fn pop(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
    end: End,
) -> Result<(), CommandError> {
    let (count, nested) = match args.len() {
        2 => (1, false),
        3 => {
            let count = usize::try_from(non_negative(args.at(2))?).unwrap_or(usize::MAX);
            (count, reply.protocol() == Protocol::Resp3)
        }
        _ => return Err(CommandError::SYNTAX),
    };
    let guard = context.edit::<SortedSet>(args.at(1))?;
    let Some(mut guard) = guard.filter(|_| count > 0) else {
        reply.array(0);
        return Ok(());
    };
    if nested {
        write_members(reply, end.walk(&guard, count), true);
    } else {
        let members = end.walk(&guard, count);
        reply.array(members.len() * 2);
        for (member, score) in members {
            write_member(reply, member);
            reply.double(score);
        }
    }
    let ranks = end.ranks(guard.len(), count);
    guard.remove_ranks(ranks);
    guard.commit(end.event());
    Ok(())
}

/// What a command over several keys may take from this one: a [`Carry::Scored`] of up to `count` members from an end on,
/// which [`take`] removes when it comes back.
pub fn offer(context: &mut ShardContext<'_>, key: &[u8], end: End, count: usize) -> Carry {
    let Some(entry) = context.peek(key) else {
        return Carry::Nothing;
    };
    match SortedSet::of(entry.value()) {
        None => Carry::WrongType,
        Some(set) => {
            let members = end.walk(set, count);
            let mut draft = Draft::with_capacity(members.len());
            members.for_each(|(member, score)| {
                member.with_bytes(|bytes| draft.push(score, bytes));
            });
            Carry::Scored(draft)
        }
    }
}

/// Chooses the first of the keys that has something to offer, and leaves all others alone. Errors: a key before it holds
/// another type.
pub fn choose(carries: &mut [Carry]) -> Result<Option<(usize, &Draft)>, CommandError> {
    let first = carries
        .iter()
        .position(|carry| matches!(carry, Carry::Scored(_) | Carry::WrongType));
    for (index, carry) in carries.iter_mut().enumerate() {
        if Some(index) != first {
            carry.take();
        }
    }
    match first.map(|index| (index, &carries[index])) {
        Some((index, Carry::Scored(draft))) => Ok(Some((index, draft))),
        Some(_) => Err(CommandError::WRONG_TYPE),
        None => Ok(None),
    }
}

/// How a pop of another command is logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PopLog {
    /// `ZPOPMIN key`
    One,
    /// `ZPOPMIN key count`
    Counted,
}

/// Removes what was offered.
pub fn take(context: &mut ShardContext<'_>, key: &[u8], end: End, carry: Carry, log: PopLog) {
    let Carry::Scored(draft) = carry else { return };
    let Ok(Some(mut guard)) = context.edit::<SortedSet>(key) else {
        return;
    };
    let ranks = end.ranks(guard.len(), draft.len());
    guard.remove_ranks(ranks);
    let mut count = itoa::Buffer::new();
    let count = count.format(draft.len()).as_bytes();
    match log {
        PopLog::One => guard.log().instead(&[end.command(), key]),
        PopLog::Counted => guard.log().instead(&[end.command(), key, count]),
    }
    guard.commit(end.event());
}

/// Answers with the key and its members: `[key, [[member, score], ..]]` in either protocol.
pub fn write_popped(reply: &mut ReplyWriter<'_>, key: &[u8], draft: &Draft) {
    reply.array(2);
    reply.bulk(key);
    reply.array(draft.len());
    for (score, member) in draft.iter() {
        reply.array(2);
        reply.bulk(member);
        reply.double(score);
    }
}
