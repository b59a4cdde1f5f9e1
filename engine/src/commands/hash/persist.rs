//! HPERSIST: fields lose their expiry.

use super::fields::{FIELDS, NOT_POSITIVE, names};
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::spec::{Argument, Arity, Command, Docs, Run};
use crate::effect::event::Event;
use crate::resp::reply::ReplyWriter;
use crate::shard::context::ShardContext;
use crate::shard::guard::Guard;
use crate::value::hash::Hash;

pub(super) const EVENT: Event = Event::hash("hpersist");

pub(super) const HPERSIST: Command = Command {
    name: "hpersist",
    arity: Arity::AtLeast(5),
    flags: Flags::WRITE.union(Flags::FAST),
    acl: Acl::HASH,
    keys: &[KeySpec::at(1, KeyFlags::RW.union(KeyFlags::UPDATE))],
    tips: &[],
    docs: Docs::new(
        "hash",
        "7.4.0",
        "O(N) for N fields",
        "Takes the expiry of fields away",
    )
    .arguments(&[Argument::key(), FIELDS]),
    run: Run::OneShard(hpersist),
    subcommands: &[],
};

const MISSING: i64 = -2;
const HAD_NONE: i64 = -1;
const PERSISTED: i64 = 1;

fn hpersist(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let names = names(args, 2, NOT_POSITIVE)?;
    reply.array(names.len());
    let Some(mut hash) = context.edit::<Hash>(args.at(1))? else {
        names.iter().for_each(|_| reply.integer(MISSING));
        return Ok(());
    };
    let mut changed = false;
    for name in names.iter() {
        reply.integer(match hash.get_timed(name, hash.now()) {
            None => MISSING,
            Some((_, None)) => HAD_NONE,
            Some((_, Some(_))) => {
                changed |= persist(&mut hash, name);
                PERSISTED
            }
        });
    }
    if changed {
        hash.commit(EVENT);
    } else {
        hash.leave();
    }
    Ok(())
}

/// Takes the expiry of a field away. Returns whether it had one.
pub(super) fn persist(hash: &mut Guard<'_, Hash>, name: &[u8]) -> bool {
    let now = hash.now();
    let expires = hash
        .get_timed(name, now)
        .is_some_and(|(_, expiry)| expiry.is_some());
    if expires {
        hash.set_expiry(name, None, now);
    }
    expires
}
