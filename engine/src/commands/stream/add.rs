//! XADD: entries are added at the end, and old ones trimmed away.

use super::entry_reply::write_id;
use super::trim_option::{Options, Purpose, TRIM, log_exact};
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Run};
use crate::effect::event::Event;
use crate::resp::reply::ReplyWriter;
use crate::shard::context::ShardContext;
use crate::value::stream::id::StreamId;
use crate::value::stream::{AddError, NewId, Stream};

const ZERO: CommandError =
    CommandError::new("ERR The ID specified in XADD must be greater than 0-0");
const EXHAUSTED: CommandError = CommandError::new(
    "ERR The stream has exhausted the last possible ID, unable to add more items",
);
const NOT_ABOVE: CommandError = CommandError::new(
    "ERR The ID specified in XADD is equal or smaller than the target stream top item",
);
const TOO_LARGE: CommandError = CommandError::new("ERR Elements are too large to be stored");

pub(super) const XADD: Command = Command {
    name: "xadd",
    arity: Arity::AtLeast(5),
    flags: Flags::WRITE.union(Flags::DENYOOM).union(Flags::FAST),
    acl: Acl::STREAM,
    keys: &[KeySpec::at(1, KeyFlags::RW.union(KeyFlags::UPDATE))
        .note("UPDATE instead of INSERT because of the optional trimming feature")],
    tips: &["nondeterministic_output"],
    docs: Docs::new(
        "stream",
        "5.0.0",
        "O(1) for the entry, O(N) for N entries trimmed",
        "Adds an entry at the end of a stream, which is made if need be, and may trim the stream",
    )
    .arguments(&[
        Argument::key(),
        Argument::word("nomkstream", "NOMKSTREAM").optional(),
        TRIM.optional(),
        Argument::new(
            "id_or_auto",
            ArgumentKind::OneOf(&[
                Argument::word("auto_id", "*"),
                Argument::new("id", ArgumentKind::String),
            ]),
        ),
        Argument::new(
            "field_value",
            ArgumentKind::Block(&[
                Argument::new("field", ArgumentKind::String),
                Argument::new("value", ArgumentKind::String),
            ]),
        )
        .multiple(),
    ])
    .history(&[
        ("6.2.0", "`NOMKSTREAM`, `MINID` and `LIMIT` came."),
        ("7.0.0", "An id may be `<ms>-*`."),
    ]),
    run: Run::OneShard(xadd),
    subcommands: &[],
};

fn xadd(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let options = Options::parse(args, Purpose::Add)?;
    let (wanted, id_at) = options.id.ok_or_else(|| CommandError::arity("xadd"))?;
    let words = args.skip(id_at + 1);
    if words.len() < 2 || words.len() % 2 == 1 {
        return Err(CommandError::arity("xadd"));
    }
    if wanted == NewId::Given(StreamId::MIN) {
        return Err(ZERO);
    }
    let (key, now) = (args.at(1), context.now());
    let mut guard = if options.needs_stream {
        let Some(guard) = context.edit::<Stream>(key)? else {
            reply.null();
            return Ok(());
        };
        guard
    } else {
        context.edit_or_create::<Stream>(key)?
    };
    let (stream, limits, _) = guard.parts();
    let pairs = (0..words.len() / 2).map(|pair| (words.at(pair * 2), words.at(pair * 2 + 1)));
    let id = match stream.add(wanted, now, pairs, limits) {
        Ok(id) => id,
        Err(error) => {
            guard.leave();
            return Err(match error {
                AddError::Exhausted => EXHAUSTED,
                AddError::NotAbove => NOT_ABOVE,
                AddError::TooLarge => TOO_LARGE,
            });
        }
    };
    let trimmed = options.trim.map_or(0, |trim| trim.run(stream, limits));
    let is_made = !matches!(wanted, NewId::Given(_));
    if is_made || options.trim.is_some_and(|trim| trim.is_inexact()) {
        let (stream, log) = guard.with_log();
        log_exact(log, args, &options, stream, is_made.then_some(id));
    }
    guard.commit(Event::stream("xadd"));
    if trimmed > 0 {
        context.also(key, Event::stream("xtrim"));
    }
    write_id(id, reply);
    Ok(())
}
