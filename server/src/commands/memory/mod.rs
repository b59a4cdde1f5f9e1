//! MEMORY: where memory goes. MEMORY USAGE is the engine's, as it looks at one key.

mod doctor;
mod stats;

use engine::command::args::Args;
use engine::command::error::CommandError;
use engine::command::flags::{Acl, Flags};
use engine::command::help::help;
use engine::command::spec::{Arity, Command, Docs, Run};
use engine::commands::keyspace_admin::MEMORY_ROWS;
use engine::resp::reply::ReplyWriter;

use super::info::OF_ALL_SHARDS;
use super::{Answered, Family, SessionContext, joined};
use crate::runtime::allocator;

/// This family.
pub const FAMILY: Family = Family {
    rows: &[&MEMORY],
    handlers: &[
        ("memory|doctor", doctor::doctor),
        ("memory|help", show_help),
        ("memory|malloc-stats", malloc_stats),
        ("memory|purge", purge),
        ("memory|stats", stats::stats),
    ],
};

const OWN: &[&Command] = &[&DOCTOR, &HELP, &MALLOC_STATS, &PURGE, &STATS];
const SUBCOMMANDS: [&Command; OWN.len() + MEMORY_ROWS.len()] = joined(OWN, MEMORY_ROWS);

const fn row(name: &'static str, tips: &'static [&'static str], docs: Docs) -> Command {
    Command {
        name,
        arity: Arity::Exactly(2),
        flags: Flags::empty(),
        acl: Acl::empty(),
        keys: &[],
        tips,
        docs,
        run: Run::Session,
        subcommands: &[],
    }
}

const MEMORY: Command = Command {
    arity: Arity::AtLeast(2),
    subcommands: &SUBCOMMANDS,
    ..row(
        "memory",
        &[],
        Docs::new(
            "server",
            "4.0.0",
            "Depends on subcommand.",
            "Tells where memory goes",
        ),
    )
};
const DOCTOR: Command = row(
    "doctor",
    OF_ALL_SHARDS,
    Docs::new(
        "server",
        "4.0.0",
        "O(1)",
        "Looks for problems with memory and names them",
    ),
);
const HELP: Command = Command {
    flags: Flags::LOADING.union(Flags::STALE),
    ..row(
        "help",
        &[],
        Docs::new("server", "4.0.0", "O(1)", "Lists the subcommands"),
    )
};
const MALLOC_STATS: Command = row(
    "malloc-stats",
    OF_ALL_SHARDS,
    Docs::new(
        "server",
        "4.0.0",
        "Depends on how much memory is allocated",
        "Shows the allocator's own report",
    ),
);
const PURGE: Command = row(
    "purge",
    &["request_policy:all_shards", "response_policy:all_succeeded"],
    Docs::new(
        "server",
        "4.0.0",
        "Depends on how much memory is unused",
        "Returns unused memory to the system",
    ),
);
const STATS: Command = row(
    "stats",
    OF_ALL_SHARDS,
    Docs::new(
        "server",
        "4.0.0",
        "O(1)",
        "Shows what takes how much memory",
    ),
);

type Done = Result<Answered, CommandError>;

/// The allocator is one for all cores.
fn malloc_stats(_: &mut SessionContext<'_>, _: &Args<'_>, reply: &mut ReplyWriter<'_>) -> Done {
    reply.verbatim("txt", &allocator::report());
    Ok(Answered::Now)
}

fn purge(_: &mut SessionContext<'_>, _: &Args<'_>, reply: &mut ReplyWriter<'_>) -> Done {
    allocator::purge();
    reply.ok();
    Ok(Answered::Now)
}

fn show_help(_: &mut SessionContext<'_>, _: &Args<'_>, reply: &mut ReplyWriter<'_>) -> Done {
    help(
        "MEMORY",
        &[
            "DOCTOR",
            "    Looks for problems with memory and names them.",
            "MALLOC-STATS",
            "    Shows the allocator's own report.",
            "PURGE",
            "    Returns unused memory to the system.",
            "STATS",
            "    Shows what takes how much memory.",
            "USAGE <key> [SAMPLES <count>]",
            "    Tells the bytes that a key takes with its value. Nothing is estimated, so samples change nothing.",
        ],
        reply,
    );
    Ok(Answered::Now)
}
