//! SPOP: members chosen at random are taken away. The log is told which.

use crate::command::args::Args;
use crate::command::bounded_number::non_negative;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Run};
use crate::effect::event::Event;
use crate::effect::log_form::ShardLog;
use crate::resp::reply::ReplyWriter;
use crate::shard::context::ShardContext;
use crate::value::collection::Collection;
use crate::value::set::{PackedMembers, Set};

use super::write_member;

const POPPED: Event = Event::set("spop");
/// Members in one SREM of the log.
const LOGGED_TOGETHER: usize = 1024;

pub(super) const SPOP: Command = Command {
    name: "spop",
    arity: Arity::AtLeast(2),
    flags: Flags::WRITE.union(Flags::FAST),
    acl: Acl::SET,
    keys: &[KeySpec::at(
        1,
        KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::DELETE),
    )],
    tips: &["nondeterministic_output"],
    docs: Docs::new(
        "set",
        "1.0.0",
        "O(1); with a count O(N) for N members",
        "Takes members chosen at random away from a set and returns them",
    )
    .arguments(&[
        Argument::key(),
        Argument::new("count", ArgumentKind::Integer).optional(),
    ])
    .history(&[("3.2.0", "Takes a count.")]),
    run: Run::OneShard(pop),
    subcommands: &[],
};

fn pop(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    match args.len() {
        2 => pop_one(context, args.at(1), reply),
        3 => pop_many(context, args.at(1), non_negative(args.at(2))?, reply),
        _ => Err(CommandError::SYNTAX),
    }
}

fn pop_one(
    context: &mut ShardContext<'_>,
    key: &[u8],
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let Some(mut guard) = context.edit::<Set>(key)? else {
        reply.null();
        return Ok(());
    };
    let (set, _, random) = guard.parts();
    let member = set.pop(random).unwrap_or_default();
    reply.bulk(&member);
    guard.log().instead(&[b"SREM", key, &member]);
    guard.commit(POPPED);
    Ok(())
}

fn pop_many(
    context: &mut ShardContext<'_>,
    key: &[u8],
    count: u64,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let Some(mut guard) = context.edit::<Set>(key)? else {
        reply.set(0);
        return Ok(());
    };
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    if count == 0 {
        reply.set(0);
        guard.leave();
    } else if count >= guard.len() {
        reply.set(guard.len());
        guard.iter().for_each(|member| write_member(reply, member));
        guard.leave();
        // The key goes with what is in it, which is freed later if it is large.
        context.log().instead(&[b"DEL", key]);
        context.delete(key, POPPED);
        context.also(key, Event::DEL);
    } else {
        let seed = guard.seed();
        let (set, limits, random) = guard.parts();
        let taken = set.pop_many(count, limits, seed, random);
        reply.set(taken.len());
        taken.iter().for_each(|member| reply.bulk(member));
        log_removal(guard.log(), key, &taken);
        guard.commit(POPPED);
    }
    Ok(())
}

fn log_removal(log: &mut ShardLog, key: &[u8], members: &PackedMembers) {
    if !log.is_read {
        return;
    }
    let members: Vec<&[u8]> = members.iter().collect();
    for some in members.chunks(LOGGED_TOGETHER) {
        let words: Vec<&[u8]> = [b"SREM".as_slice(), key]
            .into_iter()
            .chain(some.iter().copied())
            .collect();
        log.instead(&words);
    }
}
