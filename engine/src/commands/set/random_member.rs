//! SRANDMEMBER: members chosen at random, different ones or not.

use super::write_member;
use crate::command::args::Args;
use crate::command::bounded_number::symmetric;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Run};
use crate::random::Random;
use crate::resp::reply::ReplyWriter;
use crate::shard::context::ShardContext;
use crate::value::collection::Collection;
use crate::value::set::Set;

pub(super) const SRANDMEMBER: Command = Command {
    name: "srandmember",
    arity: Arity::AtLeast(2),
    flags: Flags::READONLY,
    acl: Acl::SET,
    keys: &[KeySpec::at(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    tips: &["nondeterministic_output"],
    docs: Docs::new(
        "set",
        "1.0.0",
        "O(1); with a count O(N) for N members",
        "Returns members of a set chosen at random",
    )
    .arguments(&[
        Argument::key(),
        Argument::new("count", ArgumentKind::Integer).optional(),
    ])
    .history(&[("2.6.0", "Takes a count.")]),
    run: Run::OneShard(choose),
    subcommands: &[],
};

fn choose(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let count = match args.len() {
        2 => None,
        3 => Some(symmetric(args.at(2))?),
        _ => return Err(CommandError::SYNTAX),
    };
    // The set stays borrowed while numbers are drawn, so they come from a generator of their own.
    let mut random = Random::new(context.random().next_u64());
    let set = context.read_as::<Set>(args.at(1))?;
    match (set, count) {
        (None, None) => reply.null(),
        (None, Some(_)) | (_, Some(0)) => reply.array(0),
        (Some(set), None) => match set.random(&mut random) {
            Some(member) => write_member(reply, member),
            None => reply.null(),
        },
        (Some(set), Some(count)) => choose_some(set, count, &mut random, reply),
    }
    Ok(())
}

/// How many repeated members are drawn between two looks at the length of the reply.
const AT_ONCE: usize = 4096;

/// So many different members, or for a negative count any.
fn choose_some(set: &Set, count: i64, random: &mut Random, reply: &mut ReplyWriter<'_>) {
    let number = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
    if count < 0 {
        reply.array(number);
        let mut left = number;
        while left > 0 && !reply.is_full() {
            let some = left.min(AT_ONCE);
            set.sample_with_repeats(some, random, &mut |member| write_member(reply, member));
            left -= some;
        }
    } else if number >= set.len() {
        reply.array(set.len());
        set.iter().for_each(|member| write_member(reply, member));
    } else {
        reply.array(number);
        for member in set.sample(number, random) {
            write_member(reply, member);
        }
    }
}
