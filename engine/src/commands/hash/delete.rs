//! HDEL.

use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Run};
use crate::effect::event::Event;
use crate::resp::reply::ReplyWriter;
use crate::shard::context::ShardContext;
use crate::shard::guard::Guard;
use crate::value::collection::Collection;
use crate::value::hash::Hash;

pub(super) const EVENT: Event = Event::hash("hdel");

pub(super) const HDEL: Command = Command {
    name: "hdel",
    arity: Arity::AtLeast(3),
    flags: Flags::WRITE.union(Flags::FAST),
    acl: Acl::HASH,
    keys: &[KeySpec::at(1, KeyFlags::RW.union(KeyFlags::DELETE))],
    tips: &[],
    docs: Docs::new(
        "hash",
        "2.0.0",
        "O(N) for N fields",
        "Deletes fields, and the hash with its last one",
    )
    .arguments(&[
        Argument::key(),
        Argument::new("field", ArgumentKind::String).multiple(),
    ])
    .history(&[("2.4.0", "Takes several fields at once.")]),
    run: Run::OneShard(hdel),
    subcommands: &[],
};

fn hdel(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let Some(mut hash) = context.edit::<Hash>(args.at(1))? else {
        reply.integer(0);
        return Ok(());
    };
    let deleted = delete(&mut hash, args.skip(2));
    if deleted > 0 {
        hash.commit(EVENT);
    } else {
        hash.leave();
    }
    reply.count(deleted);
    Ok(())
}

/// Deletes the fields that `names` names. Returns how many were there.
pub(super) fn delete(hash: &mut Guard<'_, Hash>, names: Args<'_>) -> usize {
    let now = hash.now();
    let mut deleted = 0;
    for name in names.iter() {
        deleted += usize::from(hash.remove(name, now));
        if hash.is_empty() {
            break;
        }
    }
    deleted
}
