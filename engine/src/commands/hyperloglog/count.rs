//! PFCOUNT: the estimate of one sketch, which is remembered in it, or of the union of several.

use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::spec::{Argument, Arity, Command, Docs, Run, Steps};
use crate::hyperloglog::{self, Registers};
use crate::order::carry::Carry;
use crate::resp::reply::ReplyWriter;
use crate::shard::context::ShardContext;

pub(super) const PFCOUNT: Command = Command {
    name: "pfcount",
    arity: Arity::AtLeast(2),
    flags: Flags::READONLY,
    acl: Acl::HYPERLOGLOG,
    keys: &[
        KeySpec::range(1, -1, 1, KeyFlags::RW.union(KeyFlags::ACCESS)).note(
            "RW because it may change the internal representation of the key, and propagate to replicas",
        ),
    ],
    tips: &[],
    docs: Docs::new(
        "hyperloglog",
        "2.8.9",
        "O(1) for one key, O(N) for N of them",
        "Estimates how many distinct elements the sketches have seen together",
    )
    .arguments(&[Argument::key().multiple()]),
    run: Run::ReadThenWrite(&Steps {
        gather,
        decide,
        apply,
    }),
    subcommands: &[],
};

fn gather(context: &mut ShardContext<'_>, args: &Args<'_>, key: usize) -> Carry {
    let gathered = if args.len() == 2 {
        count_one(context, args.at(key)).map(Carry::Count)
    } else {
        copy_of_sketch(context, args.at(key))
    };
    gathered.unwrap_or_else(Carry::Refused)
}

/// The bytes of the sketch at `key`, if it is there. Errors: it is no sketch.
pub(super) fn copy_of_sketch(
    context: &mut ShardContext<'_>,
    key: &[u8],
) -> Result<Carry, CommandError> {
    let Some(string) = context.read_string(key)? else {
        return Ok(Carry::Nothing);
    };
    string.with_bytes(hyperloglog::encoding)?;
    Ok(Carry::Bytes(string.to_vec()))
}

/// A single key needs no second look: its estimate is known, or made and remembered, where it is.
fn count_one(context: &mut ShardContext<'_>, key: &[u8]) -> Result<u64, CommandError> {
    let Some(string) = context.read_string(key)? else {
        return Ok(0);
    };
    let known = string.with_bytes(|bytes| {
        hyperloglog::encoding(bytes)?;
        Ok::<_, CommandError>(match hyperloglog::remembered(bytes) {
            Some(count) => (count, true),
            None => (hyperloglog::estimate(bytes)?, false),
        })
    });
    let (count, is_remembered) = known?;
    if !is_remembered && let Some(mut string) = context.edit_string(key)? {
        hyperloglog::remember(string.bytes_mut(), count);
        string.commit_unheard();
    }
    Ok(count)
}

fn decide(
    _: &Args<'_>,
    carries: &mut [Carry],
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    if let [Carry::Count(count)] = carries {
        reply.integer(*count as i64);
        return Ok(());
    }
    let mut registers = Registers::default();
    for carry in carries {
        match carry.take() {
            Carry::Bytes(sketch) => {
                registers.merge(&sketch)?;
            }
            Carry::Refused(error) => return Err(error),
            _ => {}
        }
    }
    reply.integer(registers.estimate() as i64);
    Ok(())
}

fn apply(_: &mut ShardContext<'_>, _: &Args<'_>, _: usize, _: Carry) {}
