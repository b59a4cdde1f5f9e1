//! All fields of a hash: HGETALL, HKEYS, HVALS.

use super::reply_element;
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::spec::{Argument, Arity, Command, Docs, Run};
use crate::packed::element::Element;
use crate::resp::reply::ReplyWriter;
use crate::shard::context::ShardContext;
use crate::value::hash::Hash;

pub(super) const HGETALL: Command = Command {
    name: "hgetall",
    arity: Arity::Exactly(2),
    flags: Flags::READONLY,
    acl: Acl::HASH,
    keys: &[KeySpec::at(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    tips: &["nondeterministic_output_order"],
    docs: docs("Returns all fields of a hash with their values"),
    run: Run::OneShard(|context, args, reply| {
        let open: Open = |reply, fields| reply.map(fields);
        list(context, args, reply, open, |reply, name, value| {
            reply_element(reply, name);
            reply_element(reply, value);
        })
    }),
    subcommands: &[],
};

pub(super) const HKEYS: Command = Command {
    name: "hkeys",
    docs: docs("Returns the names of all fields of a hash"),
    run: Run::OneShard(|context, args, reply| {
        list(context, args, reply, ARRAY, |reply, name, _| {
            reply_element(reply, name)
        })
    }),
    ..HGETALL
};

pub(super) const HVALS: Command = Command {
    name: "hvals",
    docs: docs("Returns the values of all fields of a hash"),
    run: Run::OneShard(|context, args, reply| {
        list(context, args, reply, ARRAY, |reply, _, value| {
            reply_element(reply, value)
        })
    }),
    ..HGETALL
};

/// Writes the header for a number of fields.
type Open = fn(&mut ReplyWriter<'_>, usize);

const ARRAY: Open = |reply, fields| reply.array(fields);
const KEY: &[Argument] = &[Argument::key()];

const fn docs(summary: &'static str) -> Docs {
    Docs::new("hash", "2.0.0", "O(N) for N fields", summary).arguments(KEY)
}

/// Replies what `show` makes of each field, behind the header that `open` makes of their number.
#[inline]
fn list(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
    open: Open,
    show: impl Fn(&mut ReplyWriter<'_>, Element<'_>, Element<'_>),
) -> Result<(), CommandError> {
    let now = context.now();
    let hash = context.read_as::<Hash>(args.at(1))?;
    open(reply, hash.map_or(0, |hash| hash.live_len(now)));
    for (name, value) in hash.into_iter().flat_map(|hash| hash.iter(now)) {
        show(reply, name, value);
    }
    Ok(())
}
