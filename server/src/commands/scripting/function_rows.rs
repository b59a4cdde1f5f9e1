//! The rows of FUNCTION. What they do is in [`super::function`].

use engine::command::flags::{Acl, Flags};
use engine::command::help::help_row;
use engine::command::spec::{Argument, ArgumentKind, Arity, Command, Docs};

use super::function::show_help;
use super::{FLUSH_MODE, container, row};

const ON_ALL: &[&str] = &["request_policy:all_shards", "response_policy:all_succeeded"];
const NEW: Flags = Flags::NOSCRIPT.union(Flags::WRITE).union(Flags::DENYOOM);

const fn docs(complexity: &'static str, summary: &'static str) -> Docs {
    Docs::new("scripting", "7.0.0", complexity, summary)
}

pub(super) const FUNCTION: Command = container(
    "function",
    docs("Depends on subcommand.", "Manages functions"),
    &[
        &DELETE, &DUMP, &FLUSH, &HELP, &KILL, &LIST, &LOAD, &RESTORE, &STATS,
    ],
);

/// FUNCTION DELETE library-name
const DELETE: Command = Command {
    tips: ON_ALL,
    ..row(
        "delete",
        Arity::Exactly(3),
        Flags::NOSCRIPT.union(Flags::WRITE),
        docs("O(1)", "Deletes a library and its functions")
            .arguments(&[Argument::new("library-name", ArgumentKind::String)]),
    )
};

/// FUNCTION DUMP
const DUMP: Command = row(
    "dump",
    Arity::Exactly(2),
    Flags::NOSCRIPT,
    docs(
        "O(N) where N is the number of functions",
        "Hands out all libraries in one string",
    ),
);

/// FUNCTION FLUSH [ASYNC | SYNC]
const FLUSH: Command = Command {
    tips: ON_ALL,
    ..row(
        "flush",
        Arity::AtLeast(2),
        Flags::NOSCRIPT.union(Flags::WRITE),
        docs(
            "O(N) where N is the number of functions deleted",
            "Deletes all libraries",
        )
        .arguments(FLUSH_MODE),
    )
};

const HELP: Command = help_row("scripting", "7.0.0", Acl::SCRIPTING, show_help);

/// FUNCTION KILL
const KILL: Command = Command {
    tips: &["request_policy:all_shards", "response_policy:one_succeeded"],
    ..row(
        "kill",
        Arity::Exactly(2),
        Flags::NOSCRIPT.union(Flags::ALLOW_BUSY),
        docs("O(1)", "Ends the function that runs"),
    )
};

/// FUNCTION LIST [LIBRARYNAME pattern] [WITHCODE]
const LIST: Command = Command {
    tips: &["nondeterministic_output_order"],
    ..row(
        "list",
        Arity::AtLeast(2),
        Flags::NOSCRIPT,
        docs("O(N) where N is the number of functions", "Lists libraries").arguments(&[
            Argument::new("library-name-pattern", ArgumentKind::String)
                .token("LIBRARYNAME")
                .optional(),
            Argument::word("withcode", "WITHCODE").optional(),
        ]),
    )
};

/// FUNCTION LOAD [REPLACE] function-code
const LOAD: Command = Command {
    tips: ON_ALL,
    ..row(
        "load",
        Arity::AtLeast(3),
        NEW,
        docs(
            "O(1) (considering compilation time is redundant)",
            "Adds a library",
        )
        .arguments(&[
            Argument::word("replace", "REPLACE").optional(),
            Argument::new("function-code", ArgumentKind::String),
        ]),
    )
};

/// FUNCTION RESTORE serialized-value [FLUSH | APPEND | REPLACE]
const RESTORE: Command = Command {
    tips: ON_ALL,
    ..row(
        "restore",
        Arity::AtLeast(3),
        NEW,
        docs(
            "O(N) where N is the number of functions on the payload",
            "Adds the libraries that were dumped",
        )
        .arguments(&[
            Argument::new("serialized-value", ArgumentKind::String),
            Argument::new(
                "policy",
                ArgumentKind::OneOf(&[
                    Argument::word("flush", "FLUSH"),
                    Argument::word("append", "APPEND"),
                    Argument::word("replace", "REPLACE"),
                ]),
            )
            .optional(),
        ]),
    )
};

/// FUNCTION STATS
const STATS: Command = Command {
    tips: &[
        "nondeterministic_output",
        "request_policy:all_shards",
        "response_policy:special",
    ],
    ..row(
        "stats",
        Arity::Exactly(2),
        Flags::NOSCRIPT.union(Flags::ALLOW_BUSY),
        docs("O(1)", "Tells which function runs, and how many there are"),
    )
};
