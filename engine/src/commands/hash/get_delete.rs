//! HGETDEL: the values of fields, which go with that.

use super::delete;
use super::fields::{FIELDS, NOT_POSITIVE, names};
use super::reply_value;
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::spec::{Argument, Arity, Command, Docs, Run};
use crate::resp::reply::ReplyWriter;
use crate::shard::context::ShardContext;
use crate::value::hash::Hash;

pub(super) const HGETDEL: Command = Command {
    name: "hgetdel",
    arity: Arity::AtLeast(5),
    flags: Flags::WRITE.union(Flags::FAST),
    acl: Acl::HASH,
    keys: &[KeySpec::at(
        1,
        KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::DELETE),
    )],
    tips: &[],
    docs: Docs::new(
        "hash",
        "8.0.0",
        "O(N) for N fields",
        "Returns the values of fields and deletes the fields",
    )
    .arguments(&[Argument::key(), FIELDS]),
    run: Run::OneShard(hgetdel),
    subcommands: &[],
};

fn hgetdel(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let (key, names) = (args.at(1), names(args, 2, NOT_POSITIVE)?);
    reply.array(names.len());
    let Some(mut hash) = context.edit::<Hash>(key)? else {
        names.iter().for_each(|_| reply.null());
        return Ok(());
    };
    let now = hash.now();
    let mut deleted = Vec::new();
    for name in names.iter() {
        reply_value(reply, hash.get(name, now));
        if hash.remove(name, now) {
            deleted.push(name);
        }
    }
    if deleted.is_empty() {
        hash.leave();
        return Ok(());
    }
    hash.log()
        .instead(&[&[b"HDEL", key], deleted.as_slice()].concat());
    hash.commit(delete::EVENT);
    Ok(())
}
