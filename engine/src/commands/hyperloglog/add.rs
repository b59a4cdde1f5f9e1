//! PFADD: shows elements to a sketch.

use super::EVENT;
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Run};
use crate::commands::string::raw;
use crate::hyperloglog::{self, Problem};
use crate::resp::reply::ReplyWriter;
use crate::shard::context::{ShardContext, Ttl};

pub(super) const PFADD: Command = Command {
    name: "pfadd",
    arity: Arity::AtLeast(2),
    flags: Flags::WRITE.union(Flags::DENYOOM).union(Flags::FAST),
    acl: Acl::HYPERLOGLOG,
    keys: &[KeySpec::at(1, KeyFlags::RW.union(KeyFlags::INSERT))],
    tips: &[],
    docs: Docs::new(
        "hyperloglog",
        "2.8.9",
        "O(1) for every element",
        "Shows elements to a sketch, which is made if it is not there",
    )
    .arguments(&[
        Argument::key(),
        Argument::new("element", ArgumentKind::String)
            .optional()
            .multiple(),
    ]),
    run: Run::OneShard(pfadd),
    subcommands: &[],
};

fn pfadd(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let (key, sparse_max) = (args.at(1), context.limits().hll_sparse_max_bytes as usize);
    let Some(mut string) = context.edit_string(key)? else {
        let mut bytes = hyperloglog::empty();
        add_all(&mut bytes, args, sparse_max).1?;
        hyperloglog::forget(&mut bytes);
        context.put(key, raw(bytes), Ttl::Clear, EVENT);
        reply.integer(1);
        return Ok(());
    };
    string.get().with_bytes(hyperloglog::encoding)?;
    let bytes = string.bytes_mut();
    let (changed, result) = add_all(bytes, args, sparse_max);
    if changed {
        hyperloglog::forget(bytes);
        string.commit(EVENT);
    } else {
        string.leave();
    }
    // What was added before the damage showed stays, and is told.
    result?;
    reply.integer(changed.into());
    Ok(())
}

/// Returns whether any element changed a register.
fn add_all(bytes: &mut Vec<u8>, args: &Args<'_>, sparse_max: usize) -> (bool, Result<(), Problem>) {
    let mut changed = false;
    for element in args.skip(2).iter() {
        match hyperloglog::add(bytes, element, sparse_max) {
            Ok(raised) => changed |= raised,
            Err(problem) => return (changed, Err(problem)),
        }
    }
    (changed, Ok(()))
}
