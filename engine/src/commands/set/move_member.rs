//! SMOVE: a member goes from one set to another.

use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Run, Steps};
use crate::effect::event::Event;
use crate::order::carry::Carry;
use crate::resp::reply::ReplyWriter;
use crate::shard::context::ShardContext;
use crate::value::collection::Variant;
use crate::value::set::Set;

const SOURCE: usize = 1;
const DESTINATION: usize = 2;
const MEMBER: usize = 3;

pub(super) const SMOVE: Command = Command {
    name: "smove",
    arity: Arity::Exactly(4),
    flags: Flags::WRITE.union(Flags::FAST),
    acl: Acl::SET,
    keys: &[
        KeySpec::at(
            SOURCE,
            KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::DELETE),
        ),
        KeySpec::at(DESTINATION, KeyFlags::RW.union(KeyFlags::INSERT)),
    ],
    tips: &[],
    docs: Docs::new(
        "set",
        "1.0.0",
        "O(1)",
        "Moves a member from one set to another",
    )
    .arguments(&[
        Argument::new("source", ArgumentKind::Key(0)),
        Argument::new("destination", ArgumentKind::Key(1)),
        Argument::new("member", ArgumentKind::String),
    ]),
    run: Run::ReadThenWrite(&Steps {
        gather,
        decide,
        apply,
    }),
    subcommands: &[],
};

/// A set with the member is present; one without it brings no bytes.
fn gather(context: &mut ShardContext<'_>, args: &Args<'_>, key: usize) -> Carry {
    let Some(entry) = context.peek(args.at(key)) else {
        return Carry::Nothing;
    };
    match Set::of(entry.value()) {
        None => Carry::WrongType,
        Some(set) if set.contains(args.at(MEMBER)) => Carry::Present,
        Some(_) => Carry::Bytes(Vec::new()),
    }
}

fn decide(
    args: &Args<'_>,
    carries: &mut [Carry],
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let [source, destination] = carries else {
        unreachable!("two keys were gathered")
    };
    let (from, to) = (source.take(), destination.take());
    let has_member = match (from, to) {
        (Carry::Nothing, _) => false,
        (Carry::WrongType, _) | (_, Carry::WrongType) => return Err(CommandError::WRONG_TYPE),
        (from, _) => matches!(from, Carry::Present),
    };
    if has_member && args.at(SOURCE) != args.at(DESTINATION) {
        (*source, *destination) = (Carry::Present, Carry::Present);
    }
    reply.count(has_member.into());
    Ok(())
}

fn apply(context: &mut ShardContext<'_>, args: &Args<'_>, key: usize, carry: Carry) {
    if !matches!(carry, Carry::Present) {
        return;
    }
    let member = args.at(MEMBER);
    if key == SOURCE {
        if let Ok(Some(mut guard)) = context.edit::<Set>(args.at(key)) {
            guard.remove(member);
            guard.commit(Event::set("srem"));
        }
    } else if let Ok(mut guard) = context.edit_or_create::<Set>(args.at(key)) {
        let seed = guard.seed();
        let (set, limits, _) = guard.parts();
        if set.add(member, limits, seed) {
            guard.commit(Event::set("sadd"));
        } else {
            guard.leave();
        }
    }
}
