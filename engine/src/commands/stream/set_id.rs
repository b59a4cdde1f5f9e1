//! XSETID: what a stream knows of entries that are not there any more.

use super::id_argument::id;
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::number::integer;
use crate::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Run};
use crate::effect::event::Event;
use crate::resp::reply::ReplyWriter;
use crate::shard::context::ShardContext;
use crate::value::collection::Collection;
use crate::value::stream::Stream;
use crate::value::stream::id::StreamId;

const NEGATIVE: CommandError = CommandError::new("ERR entries_added must be positive");
const BELOW_GIVEN: CommandError = CommandError::new(
    "ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id",
);
const BELOW_DELETED: CommandError = CommandError::new(
    "ERR The ID specified in XSETID is smaller than current max_deleted_entry_id",
);
const BELOW_LAST: CommandError =
    CommandError::new("ERR The ID specified in XSETID is smaller than the target stream top item");
const BELOW_LENGTH: CommandError = CommandError::new(
    "ERR The entries_added specified in XSETID is smaller than the target stream length",
);

pub(super) const XSETID: Command = Command {
    name: "xsetid",
    arity: Arity::AtLeast(3),
    flags: Flags::WRITE.union(Flags::DENYOOM).union(Flags::FAST),
    acl: Acl::STREAM,
    keys: &[KeySpec::at(1, KeyFlags::RW.union(KeyFlags::UPDATE))],
    tips: &[],
    docs: Docs::new(
        "stream",
        "5.0.0",
        "O(1)",
        "Sets the last id of a stream, for internal use",
    )
    .arguments(&[
        Argument::key(),
        Argument::new("last-id", ArgumentKind::String),
        Argument::new("entries_added", ArgumentKind::Integer)
            .token("ENTRIESADDED")
            .optional(),
        Argument::new("max_deleted_entry_id", ArgumentKind::String)
            .token("MAXDELETEDID")
            .optional(),
    ])
    .history(&[("7.0.0", "`ENTRIESADDED` and `MAXDELETEDID` came.")]),
    run: Run::OneShard(xsetid),
    subcommands: &[],
};

fn xsetid(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let last = id(args.at(2))?;
    let (added, max_deleted) = options(args, last)?;
    let mut guard = context
        .edit::<Stream>(args.at(1))?
        .ok_or(CommandError::NO_SUCH_KEY)?;
    if last < guard.max_deleted() {
        return Err(BELOW_DELETED);
    }
    if guard.last_entry_id().is_some_and(|entry| last < entry) {
        return Err(BELOW_LAST);
    }
    if added.is_some_and(|added| (added as usize) < guard.len()) {
        return Err(BELOW_LENGTH);
    }
    guard.set_id(last, added, max_deleted);
    guard.note(Some(Event::stream("xsetid")));
    reply.ok();
    Ok(())
}

fn options(
    args: &Args<'_>,
    last: StreamId,
) -> Result<(Option<u64>, Option<StreamId>), CommandError> {
    let (mut added, mut max_deleted, mut at) = (None, None, 3);
    while at + 1 < args.len() {
        let word = args.at(at + 1);
        if args.is(at, "ENTRIESADDED") {
            added = Some(u64::try_from(integer(word)?).map_err(|_| NEGATIVE)?);
        } else if args.is(at, "MAXDELETEDID") {
            let deleted = id(word)?;
            if last < deleted {
                return Err(BELOW_GIVEN);
            }
            // 0-0 says nothing, as in Redis.
            max_deleted = Some(deleted).filter(|deleted| *deleted != StreamId::MIN);
        } else {
            return Err(CommandError::SYNTAX);
        }
        at += 2;
    }
    if at < args.len() {
        return Err(CommandError::SYNTAX);
    }
    Ok((added, max_deleted))
}
