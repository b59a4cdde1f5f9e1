//! DUMP: a value in the format of snapshots.

use crate::rdb::format::Version;
use crate::rdb::payload;
use engine::command::args::Args;
use engine::command::error::CommandError;
use engine::command::flags::{Acl, Flags};
use engine::command::keys::{KeyFlags, KeySpec};
use engine::command::spec::{Argument, Arity, Command, Docs, Run};
use engine::resp::reply::ReplyWriter;
use engine::shard::context::ShardContext;

pub(super) const DUMP: Command = Command {
    name: "dump",
    arity: Arity::Exactly(2),
    flags: Flags::READONLY,
    acl: Acl::KEYSPACE,
    keys: &[KeySpec::at(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    tips: &["nondeterministic_output"],
    docs: Docs::new(
        "generic",
        "2.6.0",
        "O(N) with N bytes of the value",
        "Returns a value in a form that RESTORE takes",
    )
    .arguments(&[Argument::key()]),
    run: Run::OneShard(dump),
    subcommands: &[],
};

fn dump(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let limits = *context.limits();
    match context.read(args.at(1)) {
        Some(entry) => {
            let version = Version(limits.rdb_version);
            reply.bulk(&payload::dump(
                entry.value(),
                version,
                limits.rdb_compression,
            ));
        }
        None => reply.null(),
    }
    Ok(())
}
