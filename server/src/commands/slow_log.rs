//! SLOWLOG.

use engine::command::args::Args;
use engine::command::error::CommandError;
use engine::command::flags::{Acl, Flags};
use engine::command::help;
use engine::command::number::integer;
use engine::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Run};
use engine::resp::reply::ReplyWriter;

use super::{Answered, Family, SessionContext};
use crate::seeing::slow_log::Entry;

/// This family.
pub const FAMILY: Family = Family {
    rows: &[&SLOWLOG],
    handlers: &[
        ("slowlog|get", get),
        ("slowlog|help", show_help),
        ("slowlog|len", len),
        ("slowlog|reset", reset),
    ],
};

const fn row(
    name: &'static str,
    arity: Arity,
    tips: &'static [&'static str],
    docs: Docs,
) -> Command {
    Command {
        name,
        arity,
        flags: Flags::ADMIN.union(Flags::LOADING).union(Flags::STALE),
        acl: Acl::empty(),
        keys: &[],
        tips,
        docs,
        run: Run::Session,
        subcommands: &[],
    }
}

const SLOWLOG: Command = Command {
    flags: Flags::empty(),
    subcommands: &[&GET, &HELP, &LEN, &RESET],
    ..row(
        "slowlog",
        Arity::AtLeast(2),
        &[],
        Docs::new(
            "server",
            "2.2.12",
            "Depends on subcommand.",
            "Tells which commands were slow",
        ),
    )
};
const GET: Command = row(
    "get",
    Arity::AtLeast(2),
    &["request_policy:all_nodes", "nondeterministic_output"],
    Docs::new(
        "server",
        "2.2.12",
        "O(N) where N is the number of entries returned",
        "Shows the newest entries of the slow log",
    )
    .arguments(&[Argument::new("count", ArgumentKind::Integer).optional()])
    .history(&[("4.0.0", "Entries have the client's address and name.")]),
);
const LEN: Command = row(
    "len",
    Arity::Exactly(2),
    &[
        "request_policy:all_nodes",
        "response_policy:agg_sum",
        "nondeterministic_output",
    ],
    Docs::new(
        "server",
        "2.2.12",
        "O(1)",
        "Counts the entries of the slow log",
    ),
);
const RESET: Command = row(
    "reset",
    Arity::Exactly(2),
    &["request_policy:all_nodes", "response_policy:all_succeeded"],
    Docs::new(
        "server",
        "2.2.12",
        "O(N) where N is the number of entries in the slowlog",
        "Empties the slow log",
    ),
);
const HELP: Command = Command {
    flags: Flags::LOADING.union(Flags::STALE),
    ..row(
        "help",
        Arity::Exactly(2),
        &[],
        Docs::new("server", "6.2.0", "O(1)", "Lists the subcommands"),
    )
};

/// Entries shown if nobody says how many.
const SHOWN: usize = 10;

type Done = Result<Answered, CommandError>;

fn get(context: &mut SessionContext<'_>, args: &Args<'_>, reply: &mut ReplyWriter<'_>) -> Done {
    const WRONG: CommandError =
        CommandError::new("ERR count should be greater than or equal to -1");
    let count = match args.len() {
        2 => SHOWN,
        3 => match integer(args.at(2)) {
            Ok(-1) => usize::MAX,
            Ok(count) => usize::try_from(count).map_err(|_| WRONG)?,
            Err(_) => return Err(WRONG),
        },
        _ => return Err(CommandError::subcommand_syntax("SLOWLOG", args.at(1))),
    };
    let log = context.core.process.slow_log();
    reply.array(count.min(log.len()));
    log.newest()
        .take(count)
        .for_each(|entry| show(entry, reply));
    Ok(Answered::Now)
}

fn show(entry: &Entry, reply: &mut ReplyWriter<'_>) {
    reply.array(6);
    reply.integer(entry.id as i64);
    reply.integer(entry.time);
    reply.integer(entry.micros as i64);
    reply.array(entry.words.len());
    entry.words.iter().for_each(|word| reply.bulk(word));
    reply.bulk(entry.who.peer.as_bytes());
    reply.bulk(&entry.who.name);
}

fn len(context: &mut SessionContext<'_>, _: &Args<'_>, reply: &mut ReplyWriter<'_>) -> Done {
    reply.count(context.core.process.slow_log().len());
    Ok(Answered::Now)
}

fn reset(context: &mut SessionContext<'_>, _: &Args<'_>, reply: &mut ReplyWriter<'_>) -> Done {
    context.core.process.slow_log().reset();
    reply.ok();
    Ok(Answered::Now)
}

fn show_help(_: &mut SessionContext<'_>, _: &Args<'_>, reply: &mut ReplyWriter<'_>) -> Done {
    help::help(
        "SLOWLOG",
        &[
            "GET [<count>]",
            "    Shows the newest entries, 10 if no count is given, all for -1. Each has",
            "    number, Unix time, microseconds, the words of the command, the client's address",
            "    and its name.",
            "LEN",
            "    Counts the entries.",
            "RESET",
            "    Removes all entries.",
        ],
        reply,
    );
    Ok(Answered::Now)
}
