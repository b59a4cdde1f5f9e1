//! HTTL, HPTTL, HEXPIRETIME and HPEXPIRETIME: when fields go.

use super::fields::{FIELDS, NOT_POSITIVE, names};
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::spec::{Argument, Arity, Command, Docs, Handler, Run};
use crate::resp::reply::ReplyWriter;
use crate::shard::context::ShardContext;
use crate::time::UnixMillis;
use crate::value::hash::Hash;

const KEYS: &[KeySpec] = &[KeySpec::at(1, KeyFlags::RO.union(KeyFlags::ACCESS))];
const ARGUMENTS: &[Argument] = &[Argument::key(), FIELDS];

pub(super) const HTTL: Command = row(
    "httl",
    "Returns in how many seconds fields expire",
    &["nondeterministic_output"],
    |context, args, reply| tell(context, args, reply, |at, now| seconds(at.0 - now.0)),
);

pub(super) const HPTTL: Command = row(
    "hpttl",
    "Returns in how many milliseconds fields expire",
    &["nondeterministic_output"],
    |context, args, reply| tell(context, args, reply, |at, now| at.0 - now.0),
);

pub(super) const HEXPIRETIME: Command = row(
    "hexpiretime",
    "Returns the Unix times in seconds at which fields expire",
    &[],
    |context, args, reply| tell(context, args, reply, |at, _| seconds(at.0)),
);

pub(super) const HPEXPIRETIME: Command = row(
    "hpexpiretime",
    "Returns the Unix times in milliseconds at which fields expire",
    &[],
    |context, args, reply| tell(context, args, reply, |at, _| at.0),
);

const fn row(
    name: &'static str,
    summary: &'static str,
    tips: &'static [&'static str],
    handler: Handler,
) -> Command {
    Command {
        name,
        arity: Arity::AtLeast(5),
        flags: Flags::READONLY.union(Flags::FAST),
        acl: Acl::HASH,
        keys: KEYS,
        tips,
        docs: Docs::new("hash", "7.4.0", "O(N) for N fields", summary).arguments(ARGUMENTS),
        run: Run::OneShard(handler),
        subcommands: &[],
    }
}

/// Whole seconds; a part of one counts as one.
fn seconds(millis: i64) -> i64 {
    (millis + 999) / 1000
}

const MISSING: i64 = -2;
const STAYS: i64 = -1;

fn tell(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
    number: impl Fn(UnixMillis, UnixMillis) -> i64,
) -> Result<(), CommandError> {
    let names = names(args, 2, NOT_POSITIVE)?;
    let now = context.now();
    let hash = context.read_as::<Hash>(args.at(1))?;
    reply.array(names.len());
    for name in names.iter() {
        let field = hash.and_then(|hash| hash.get_timed(name, now));
        reply.integer(match field {
            None => MISSING,
            Some((_, None)) => STAYS,
            Some((_, Some(at))) => number(at, now),
        });
    }
    Ok(())
}
