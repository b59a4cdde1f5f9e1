//! XGROUP: groups and consumers come and go.

use super::id_argument::{id, id_or_edge};
use crate::command::args::Args;
use crate::command::error::{CommandError, printed};
use crate::command::flags::{Acl, Flags};
use crate::command::help::{help, help_row};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::number::integer;
use crate::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Run};
use crate::effect::event::Event;
use crate::resp::reply::ReplyWriter;
use crate::shard::context::ShardContext;
use crate::shard::guard::Guard;
use crate::value::stream::Stream;
use crate::value::stream::group::Group;
use crate::value::stream::id::StreamId;

const NEEDS_KEY: CommandError = CommandError::new(
    "ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM option to \
     create an empty stream automatically.",
);
const NAME_TAKEN: CommandError = CommandError::new("BUSYGROUP Consumer Group name already exists");
const NO_COUNT: CommandError =
    CommandError::new("ERR value for ENTRIESREAD must be positive or -1");

const GROUP: Argument = Argument::new("groupname", ArgumentKind::String);
const CONSUMER: Argument = Argument::new("consumername", ArgumentKind::String);
const ID: Argument = Argument::new(
    "id",
    ArgumentKind::OneOf(&[
        Argument::new("id", ArgumentKind::String),
        Argument::word("new_id", "$"),
    ]),
);
const ENTRIES_READ: Argument = Argument::new("entries_read", ArgumentKind::Integer)
    .token("ENTRIESREAD")
    .optional();

pub(super) const XGROUP: Command = Command {
    name: "xgroup",
    arity: Arity::AtLeast(2),
    flags: Flags::empty(),
    acl: Acl::empty(),
    keys: &[],
    tips: &[],
    docs: Docs::new(
        "stream",
        "5.0.0",
        "Depends on the subcommand",
        "Holds the subcommands about consumer groups",
    ),
    run: Run::OneShard(|_, _, _| Err(CommandError::arity("xgroup"))),
    subcommands: &[
        &CREATE,
        &SETID,
        &DESTROY,
        &CREATECONSUMER,
        &DELCONSUMER,
        &HELP,
    ],
};

const CREATE: Command = Command {
    name: "create",
    arity: Arity::AtLeast(5),
    flags: Flags::WRITE.union(Flags::DENYOOM),
    acl: Acl::STREAM,
    keys: &[KeySpec::at(2, KeyFlags::RW.union(KeyFlags::INSERT))],
    tips: &[],
    docs: Docs::new("stream", "5.0.0", "O(1)", "Makes a consumer group")
        .arguments(&[
            Argument::key(),
            GROUP,
            ID,
            Argument::word("mkstream", "MKSTREAM").optional(),
            ENTRIES_READ,
        ])
        .history(&[("7.0.0", "`ENTRIESREAD` came.")]),
    run: Run::OneShard(create),
    subcommands: &[],
};

const SETID: Command = Command {
    name: "setid",
    flags: Flags::WRITE,
    keys: &[KeySpec::at(2, KeyFlags::RW.union(KeyFlags::UPDATE))],
    docs: Docs::new(
        "stream",
        "5.0.0",
        "O(1)",
        "Sets the id up to which a group counts as having read",
    )
    .arguments(&[Argument::key(), GROUP, ID, ENTRIES_READ])
    .history(&[("7.0.0", "`ENTRIESREAD` came.")]),
    run: Run::OneShard(set_id),
    ..CREATE
};

const DESTROY: Command = Command {
    name: "destroy",
    arity: Arity::Exactly(4),
    flags: Flags::WRITE,
    keys: &[KeySpec::at(2, KeyFlags::RW.union(KeyFlags::DELETE))],
    docs: Docs::new(
        "stream",
        "5.0.0",
        "O(N) for N entries pending in the group",
        "Removes a consumer group",
    )
    .arguments(&[Argument::key(), GROUP]),
    run: Run::OneShard(destroy),
    ..CREATE
};

const CREATECONSUMER: Command = Command {
    name: "createconsumer",
    arity: Arity::Exactly(5),
    docs: Docs::new("stream", "6.2.0", "O(1)", "Makes a consumer in a group").arguments(&[
        Argument::key(),
        GROUP,
        CONSUMER,
    ]),
    run: Run::OneShard(create_consumer),
    ..CREATE
};

const DELCONSUMER: Command = Command {
    name: "delconsumer",
    arity: Arity::Exactly(5),
    flags: Flags::WRITE,
    keys: &[KeySpec::at(2, KeyFlags::RW.union(KeyFlags::DELETE))],
    docs: Docs::new(
        "stream",
        "5.0.0",
        "O(N) for N entries pending for the consumer",
        "Removes a consumer with all that is pending for it",
    )
    .arguments(&[Argument::key(), GROUP, CONSUMER]),
    run: Run::OneShard(delete_consumer),
    ..CREATE
};

const HELP: Command = help_row("stream", "5.0.0", Acl::STREAM, |_, _, reply| {
    help("XGROUP", LINES, reply);
    Ok(())
});

const LINES: &[&str] = &[
    "CREATE <key> <groupname> <id|$> [option]",
    "    Makes a group that reads from behind the id on, $ for the stream's end. Options are:",
    "    * MKSTREAM",
    "      Makes the stream, without entries, if there is none.",
    "    * ENTRIESREAD entries_read",
    "      Sets the count of entries the group has read (for internal use).",
    "CREATECONSUMER <key> <groupname> <consumer>",
    "    Makes a consumer in the group.",
    "DELCONSUMER <key> <groupname> <consumer>",
    "    Removes the consumer and what is pending for it.",
    "DESTROY <key> <groupname>",
    "    Removes the group.",
    "SETID <key> <groupname> <id|$> [ENTRIESREAD entries_read]",
    "    Sets from where the group reads on, and its count of entries read.",
];

/// The words behind the id of CREATE and SETID.
#[derive(Clone, Copy, Default)]
struct Options {
    makes_stream: bool,
    entries_read: Option<u64>,
}

impl Options {
    fn parse(args: &Args<'_>, may_make_stream: bool) -> Result<Options, CommandError> {
        let (mut options, mut at) = (Options::default(), 5);
        while at < args.len() {
            if may_make_stream && args.is(at, "MKSTREAM") {
                options.makes_stream = true;
            } else if args.is(at, "ENTRIESREAD") && at + 1 < args.len() {
                at += 1;
                options.entries_read = match integer(args.at(at))? {
                    -1 => None,
                    count => Some(u64::try_from(count).map_err(|_| NO_COUNT)?),
                };
            } else {
                return Err(CommandError::subcommand_syntax("XGROUP", args.at(1)));
            }
            at += 1;
        }
        Ok(options)
    }
}

/// No option may be said twice. Redis looks at that only once it has found the stream.
fn check_count(args: &Args<'_>, most: usize) -> Result<(), CommandError> {
    if args.len() > most {
        return Err(CommandError::subcommand_syntax("XGROUP", args.at(1)));
    }
    Ok(())
}

fn create(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let options = Options::parse(args, true)?;
    let event = Event::stream("xgroup-create");
    let word = args.at(4);
    let group = |stream: &Stream| {
        check_count(args, 8)?;
        let last = match word {
            b"$" => stream.last_id(),
            word => id(word)?,
        };
        Ok::<Group, CommandError>(Group::new(args.at(3), last, options.entries_read))
    };
    if let Some(mut guard) = context.edit::<Stream>(args.at(2))? {
        let group = group(&guard)?;
        if guard.group(group.name()).is_some() {
            return Err(NAME_TAKEN);
        }
        guard.add_group(group);
        guard.note(Some(event));
    } else if options.makes_stream {
        let mut guard = context.edit_or_create::<Stream>(args.at(2))?;
        let group = group(&guard)?;
        guard.add_group(group);
        guard.commit(event);
    } else {
        return Err(NEEDS_KEY);
    }
    reply.ok();
    Ok(())
}

/// The stream, which has to be there and to have the group.
fn with_group<'s>(
    context: &'s mut ShardContext<'_>,
    args: &Args<'s>,
) -> Result<Guard<'s, Stream>, CommandError> {
    let guard = context.edit::<Stream>(args.at(2))?.ok_or(NEEDS_KEY)?;
    if guard.group(args.at(3)).is_none() {
        return Err(no_group(args.at(2), args.at(3)));
    }
    Ok(guard)
}

/// The group is missing.
pub(super) fn no_group(key: &[u8], group: &[u8]) -> CommandError {
    CommandError::with(format!(
        "NOGROUP No such consumer group '{}' for key name '{}'",
        printed(group),
        printed(key)
    ))
}

fn set_id(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let options = Options::parse(args, false)?;
    let mut guard = with_group(context, args)?;
    check_count(args, 7)?;
    let last: StreamId = match args.at(4) {
        b"$" => guard.last_id(),
        word => id_or_edge(word, 0)?,
    };
    if let Some(group) = guard.group_mut(args.at(3)) {
        group.last_delivered = last;
        group.entries_read = options.entries_read;
    }
    guard.note(Some(Event::stream("xgroup-setid")));
    reply.ok();
    Ok(())
}

fn destroy(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let mut guard = context.edit::<Stream>(args.at(2))?.ok_or(NEEDS_KEY)?;
    let was_there = guard.remove_group(args.at(3));
    if was_there {
        guard.note(Some(Event::stream("xgroup-destroy")));
    } else {
        guard.leave();
    }
    reply.integer(was_there.into());
    Ok(())
}

fn create_consumer(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let mut guard = with_group(context, args)?;
    let now = guard.now();
    let group = guard.group_mut(args.at(3));
    let made = group.and_then(|group| group.create_consumer(args.at(4), now));
    if made.is_some() {
        guard.note(Some(Event::stream("xgroup-createconsumer")));
    } else {
        guard.leave();
    }
    reply.integer(made.is_some().into());
    Ok(())
}

fn delete_consumer(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let mut guard = with_group(context, args)?;
    let group = guard.group_mut(args.at(3));
    let pending = group.and_then(|group| group.remove_consumer(args.at(4)));
    if pending.is_some() {
        guard.note(Some(Event::stream("xgroup-delconsumer")));
    } else {
        guard.leave();
    }
    reply.count(pending.unwrap_or(0));
    Ok(())
}
