//! Runs one command, or one shard's part of it, on a shard. Everything that runs commands comes through here: clients,
//! transactions, blocks from other cores, and tests.

use super::context::{Caller, ShardContext};
use super::{DbIndex, Shard};
use crate::command::args::{Args, OwnedArgs};
use crate::command::error::CommandError;
use crate::command::keys::KeySpec;
use crate::command::spec::{Command, Following, Reach, Run, Steps};
use crate::command::waits::Waits;
use crate::order::carry::Carry;
use crate::resp::reply::{Protocol, ReplyWriter};
use crate::resp::reply_bound::ReplyBound;
use crate::shard::look::look;
use crate::time::UnixMillis;

/// Appends the reply of `command` to `out`. Invariant: all its keys belong to this shard.
#[inline]
pub fn execute(
    shard: &mut Shard,
    command: &Command,
    db: DbIndex,
    caller: Caller,
    now: UnixMillis,
    args: &Args<'_>,
    out: &mut Vec<u8>,
) {
    let mut context = ShardContext::new(shard, db, now, caller);
    // A part that is joined by a function is read by that function, not by the client.
    let protocol = if is_joined_by_function(command) {
        Protocol::Resp2
    } else {
        caller.protocol
    };
    let bound = match command.run {
        // What is put together has to be whole.
        Run::PerKey { .. } | Run::EveryShard { .. } => ReplyBound::default(),
        _ => caller.bound,
    };
    let mut reply = ReplyWriter::bounded(out, protocol, bound);
    let start = reply.position();
    let result = match command.run {
        Run::OneShard(handler) => handler(&mut context, args, &mut reply),
        Run::Walk(walk) => (walk.step)(&mut context, args, &mut reply),
        Run::PerKey { part, .. } | Run::EveryShard { part, .. } => {
            part(&mut context, args, &mut reply)
        }
        Run::ReadThenWrite(steps) => {
            steps_in_a_row(command, steps, None, &mut context, args, &mut reply)
        }
        Run::Follow(following) => steps_in_a_row(
            command,
            &following.steps,
            Some(following).filter(|_| (following.reach)(args) != Reach::Nowhere),
            &mut context,
            args,
            &mut reply,
        ),
        Run::Blocking(waits) => {
            let result =
                steps_in_a_row(command, &waits.steps, None, &mut context, args, &mut reply);
            if result.is_ok() && reply.position() == start {
                (waits.nothing)(&mut reply);
            }
            result
        }
        Run::Program | Run::Session => {
            Err(CommandError::new("ERR this command needs a connection"))
        }
    };
    context.remember_reads(command, args);
    if let Err(error) = result {
        reply.truncate(start);
        reply.error(error.line());
    }
}

/// How a blocking command ended that may wait.
pub enum Attempt {
    /// Its reply is written.
    Answered,
    /// It found nothing and waits with these words.
    Waits(OwnedArgs),
}

/// Runs a blocking command over those of its keys that `is_open` lets it see; the others count as missing.
pub fn attempt(
    context: &mut ShardContext<'_>,
    command: &Command,
    waits: &Waits,
    args: &Args<'_>,
    is_open: impl Fn(usize) -> bool,
    out: &mut Vec<u8>,
) -> Attempt {
    let steps = &waits.steps;
    let keys = key_positions(command.keys, args);
    let gather = |key: &usize| match is_open(*key) {
        true => (steps.gather)(context, args, *key),
        false => Carry::Nothing,
    };
    let mut carries: Vec<Carry> = keys.iter().map(gather).collect();
    let mut reply = ReplyWriter::new(out, context.caller().protocol);
    let start = reply.position();
    if let Err(error) = (steps.decide)(args, &mut carries, &mut reply) {
        reply.truncate(start);
        reply.error(error.line());
    }
    let attempt = match reply.position() == start {
        true => Attempt::Waits((waits.words)(args, &mut carries)),
        false => Attempt::Answered,
    };
    for (key, carry) in keys.into_iter().zip(carries) {
        (steps.apply)(context, args, key, carry);
    }
    context.remember_reads(command, args);
    attempt
}

fn is_joined_by_function(command: &Command) -> bool {
    use crate::command::spec::Join;
    matches!(
        command.run,
        Run::EveryShard {
            join: Join::With(_),
            ..
        } | Run::PerKey {
            join: Join::With(_),
            ..
        }
    )
}

/// All keys are here: gather, decide and apply without a hop between them.
fn steps_in_a_row(
    command: &Command,
    steps: &Steps,
    following: Option<&Following>,
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let keys = key_positions(command.keys, args);
    let mut carries: Vec<Carry> = keys
        .iter()
        .map(|key| (steps.gather)(context, args, *key))
        .collect();
    if let Some(following) = following {
        loop {
            let words = (following.next)(args, &mut carries);
            if words.as_args().is_empty() {
                break;
            }
            carries.push(Carry::Found(look(context, &words.as_args())));
        }
    }
    let result = (steps.decide)(args, &mut carries, reply);
    for (key, carry) in keys.into_iter().zip(carries) {
        (steps.apply)(context, args, key, carry);
    }
    result
}

/// The indices of all keys among the words, in the order of the specifications.
pub fn key_positions(specs: &[KeySpec], args: &Args<'_>) -> Vec<usize> {
    let mut positions = Vec::new();
    for spec in specs {
        spec.each(args, &mut |at| positions.push(at));
    }
    positions
}
