//! SSCAN: a walk over the members of a set in steps.
//!
//! A cursor is a place in the order of hashes, so it survives that the table grows or shrinks. A small set is handed out
//! at once.

use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::Acl;
use crate::command::spec::{Argument, Command, Docs};
use crate::commands::generic::scan_options::{
    COUNT, CURSOR, MATCH, ScanOptions, cursor, open_step, walk,
};
use crate::resp::reply::ReplyWriter;
use crate::shard::context::ShardContext;
use crate::value::set::{PackedMembers, Set};

pub(super) const SSCAN: Command = walk(
    "sscan",
    Acl::SET,
    Docs::new(
        "set",
        "2.8.0",
        "O(1) for each call, O(N) for a whole walk over N members",
        "Walks over the members of a set, some with each call",
    )
    .arguments(&[Argument::key(), CURSOR, MATCH, COUNT]),
    scan,
);

fn scan(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let from = cursor(args.at(2))?;
    let (mut next, mut found) = (0, PackedMembers::default());
    // Without a set nobody looks at the options.
    if let Some(set) = context.read_as::<Set>(args.at(1))? {
        let options = ScanOptions::parse(args, 3, false)?;
        next = set.scan(from, options.count, &mut |member| {
            if member.with_bytes(|member| options.wants(member)) {
                found.push(member);
            }
        });
    }
    open_step(next, found.len(), reply);
    found.iter().for_each(|member| reply.bulk(member));
    Ok(())
}
