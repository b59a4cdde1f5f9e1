//! LATENCY: what took long, and how long commands take.

mod doctor;
mod histogram;
mod history;

use engine::command::args::Args;
use engine::command::error::CommandError;
use engine::command::flags::{Acl, Flags};
use engine::command::help;
use engine::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Run};
use engine::resp::reply::ReplyWriter;

use super::{Answered, Family, SessionContext};

/// This family.
pub const FAMILY: Family = Family {
    rows: &[&LATENCY],
    handlers: &[
        ("latency|doctor", doctor::doctor),
        ("latency|graph", history::graph),
        ("latency|help", show_help),
        ("latency|histogram", histogram::histogram),
        ("latency|history", history::history),
        ("latency|latest", history::latest),
        ("latency|reset", history::reset),
    ],
};

/// Tips of what all nodes are asked for.
const OF_ALL_NODES: &[&str] = &[
    "nondeterministic_output",
    "request_policy:all_nodes",
    "response_policy:special",
];

const fn row(name: &'static str, arity: Arity, docs: Docs) -> Command {
    Command {
        name,
        arity,
        flags: Flags::ADMIN
            .union(Flags::NOSCRIPT)
            .union(Flags::LOADING)
            .union(Flags::STALE),
        acl: Acl::empty(),
        keys: &[],
        tips: OF_ALL_NODES,
        docs,
        run: Run::Session,
        subcommands: &[],
    }
}

const fn docs(since: &'static str, complexity: &'static str, summary: &'static str) -> Docs {
    Docs::new("server", since, complexity, summary)
}

const EVENT: Argument = Argument::new("event", ArgumentKind::String);

const LATENCY: Command = Command {
    flags: Flags::empty(),
    tips: &[],
    subcommands: &[
        &DOCTOR, &GRAPH, &HELP, &HISTOGRAM, &HISTORY, &LATEST, &RESET,
    ],
    ..row(
        "latency",
        Arity::AtLeast(2),
        docs(
            "2.8.13",
            "Depends on subcommand.",
            "Tells what took long and how long commands take",
        ),
    )
};
const DOCTOR: Command = row(
    "doctor",
    Arity::Exactly(2),
    docs("2.8.13", "O(1)", "Explains in words what took long"),
);
const GRAPH: Command = row(
    "graph",
    Arity::Exactly(3),
    docs("2.8.13", "O(1)", "Draws how long an event took").arguments(&[EVENT]),
);
const HELP: Command = Command {
    flags: Flags::LOADING.union(Flags::STALE),
    tips: &[],
    ..row(
        "help",
        Arity::Exactly(2),
        docs("2.8.13", "O(1)", "Lists the subcommands"),
    )
};
const HISTOGRAM: Command = row(
    "histogram",
    Arity::AtLeast(2),
    docs(
        "7.0.0",
        "O(N) where N is the number of commands with latency information being retrieved.",
        "Shows how the times of commands are distributed",
    )
    .arguments(&[Argument::new("command", ArgumentKind::String)
        .optional()
        .multiple()]),
);
const HISTORY: Command = row(
    "history",
    Arity::Exactly(3),
    docs("2.8.13", "O(1)", "Lists when an event took how long").arguments(&[EVENT]),
);
const LATEST: Command = row(
    "latest",
    Arity::Exactly(2),
    docs("2.8.13", "O(1)", "Shows the last time of each event"),
);
const RESET: Command = Command {
    tips: &["request_policy:all_nodes", "response_policy:all_succeeded"],
    ..row(
        "reset",
        Arity::AtLeast(2),
        docs("2.8.13", "O(1)", "Forgets events").arguments(&[EVENT.optional().multiple()]),
    )
};

type Done = Result<Answered, CommandError>;

fn show_help(_: &mut SessionContext<'_>, _: &Args<'_>, reply: &mut ReplyWriter<'_>) -> Done {
    help::help(
        "LATENCY",
        &[
            "DOCTOR",
            "    Explains in words what took long.",
            "GRAPH <event>",
            "    Draws how long an event took, each time.",
            "HISTORY <event>",
            "    Lists Unix times and milliseconds of an event.",
            "LATEST",
            "    Shows name, Unix time, last and longest milliseconds of each event.",
            "RESET [<event> ...]",
            "    Forgets these events, or all.",
            "HISTOGRAM [COMMAND ...]",
            "    Counts runs of these commands, or of all, by microseconds: each number holds those before it.",
        ],
        reply,
    );
    Ok(Answered::Now)
}
