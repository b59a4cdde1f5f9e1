//! HGETEX: the values of fields, and what becomes of their expiry.

use super::expire::settle;
use super::fields::{FIELDS, NOT_POSITIVE, names};
use super::lifetime::Unit;
use super::persist;
use super::reply_value;
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::spec::{Argument, Arity, Command, Docs, Run};
use crate::commands::generic::expiration::EXPIRES_OR_PERSISTS;
use crate::resp::reply::ReplyWriter;
use crate::shard::context::ShardContext;
use crate::shard::guard::Guard;
use crate::time::UnixMillis;
use crate::value::hash::Hash;

pub(super) const HGETEX: Command = Command {
    name: "hgetex",
    arity: Arity::AtLeast(5),
    flags: Flags::WRITE.union(Flags::FAST),
    acl: Acl::HASH,
    keys: &[KeySpec::at(
        1,
        KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::UPDATE),
    )
    .note("RW and UPDATE because it changes the TTL")],
    tips: &[],
    docs: Docs::new(
        "hash",
        "8.0.0",
        "O(N) for N fields",
        "Returns the values of fields and sets or removes the fields' expiry",
    )
    .arguments(&[Argument::key(), EXPIRES_OR_PERSISTS, FIELDS]),
    run: Run::OneShard(hgetex),
    subcommands: &[],
};

/// What becomes of the expiry.
#[derive(Clone, Copy)]
enum Change {
    None,
    Persist,
    At(UnixMillis),
}

/// Reads the option. Returns the index of the word behind it, too.
fn option(args: &Args<'_>, now: UnixMillis) -> Result<(Change, usize), CommandError> {
    if args.is(2, "persist") {
        return Ok((Change::Persist, 3));
    }
    match Unit::of_option(args, 2) {
        Some(unit) => Ok((Change::At(unit.moment(args.at(3), now, "hgetex")?), 4)),
        None => Ok((Change::None, 2)),
    }
}

fn hgetex(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let (change, first) = option(args, context.now())?;
    let (key, names) = (args.at(1), names(args, first, NOT_POSITIVE)?);
    let Some(mut hash) = context.edit::<Hash>(key)? else {
        reply.array(names.len());
        names.iter().for_each(|_| reply.null());
        return Ok(());
    };
    reply.array(names.len());
    let mut done = Vec::new();
    for name in names.iter() {
        reply_value(reply, hash.get(name, hash.now()));
        if apply(&mut hash, name, change) {
            done.push(name);
        }
    }
    match change {
        Change::None => hash.leave(),
        Change::At(at) => settle(hash, key, &done, at),
        Change::Persist if done.is_empty() => hash.leave(),
        Change::Persist => {
            let count = done.len().to_string();
            let head: &[&[u8]] = &[b"HPERSIST", key, b"FIELDS", count.as_bytes()];
            hash.log().instead(&[head, &done].concat());
            hash.commit(persist::EVENT);
        }
    }
    Ok(())
}

/// Returns whether that changed anything.
fn apply(hash: &mut Guard<'_, Hash>, name: &[u8], change: Change) -> bool {
    let now = hash.now();
    match change {
        Change::None => false,
        Change::Persist => persist::persist(hash, name),
        Change::At(at) if at <= now => hash.remove(name, now),
        Change::At(at) => hash.set_expiry(name, Some(at), now),
    }
}
