//! SADD and SREM.

use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Run};
use crate::effect::event::Event;
use crate::resp::reply::ReplyWriter;
use crate::shard::context::ShardContext;
use crate::value::collection::Collection;
use crate::value::set::Set;

const FIRST_MEMBER: usize = 2;
const ARGUMENTS: &[Argument] = &[
    Argument::key(),
    Argument::new("member", ArgumentKind::String).multiple(),
];
const HISTORY: &[(&str, &str)] = &[("2.4.0", "Takes several members.")];

pub(super) const SADD: Command = Command {
    name: "sadd",
    arity: Arity::AtLeast(3),
    flags: Flags::WRITE.union(Flags::DENYOOM).union(Flags::FAST),
    acl: Acl::SET,
    keys: &[KeySpec::at(1, KeyFlags::RW.union(KeyFlags::INSERT))],
    tips: &[],
    docs: Docs::new(
        "set",
        "1.0.0",
        "O(1) for each member",
        "Adds members to a set, which is made if need be",
    )
    .arguments(ARGUMENTS)
    .history(HISTORY),
    run: Run::OneShard(add),
    subcommands: &[],
};

pub(super) const SREM: Command = Command {
    name: "srem",
    arity: Arity::AtLeast(3),
    flags: Flags::WRITE.union(Flags::FAST),
    acl: Acl::SET,
    keys: &[KeySpec::at(1, KeyFlags::RW.union(KeyFlags::DELETE))],
    tips: &[],
    docs: Docs::new(
        "set",
        "1.0.0",
        "O(N) for N members",
        "Takes members away from a set, which goes with its last one",
    )
    .arguments(ARGUMENTS)
    .history(HISTORY),
    run: Run::OneShard(remove),
    subcommands: &[],
};

fn add(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let mut guard = context.edit_or_create::<Set>(args.at(1))?;
    let seed = guard.seed();
    let (set, limits, _) = guard.parts();
    set.announce(
        args.at(FIRST_MEMBER),
        args.len() - FIRST_MEMBER,
        limits,
        seed,
    );
    let mut added = 0;
    for index in FIRST_MEMBER..args.len() {
        added += usize::from(set.add(args.at(index), limits, seed));
    }
    match added {
        0 => guard.leave(),
        _ => drop(guard.commit(Event::set("sadd"))),
    }
    reply.count(added);
    Ok(())
}

fn remove(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let mut removed = 0;
    if let Some(mut guard) = context.edit::<Set>(args.at(1))? {
        for index in FIRST_MEMBER..args.len() {
            removed += usize::from(guard.remove(args.at(index)));
            if guard.is_empty() {
                break;
            }
        }
        match removed {
            0 => guard.leave(),
            _ => drop(guard.commit(Event::set("srem"))),
        }
    }
    reply.count(removed);
    Ok(())
}
