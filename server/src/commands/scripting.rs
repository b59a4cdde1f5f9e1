//! What FUNCTION and SCRIPT answer while nothing can be loaded: there is nothing to flush and nothing to list.

use engine::command::args::Args;
use engine::command::error::CommandError;
use engine::command::flags::{Acl, Flags};
use engine::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Run};
use engine::resp::reply::ReplyWriter;

use super::{Answered, Family, SessionContext};

/// This family.
pub const FAMILY: Family = Family {
    rows: &[&FUNCTION, &SCRIPT],
    handlers: &[
        ("function|flush", flush_functions),
        ("function|list", list_functions),
        ("script|flush", flush_scripts),
    ],
};

const FUNCTION: Command = container(
    "function",
    Docs::new(
        "scripting",
        "7.0.0",
        "Depends on subcommand.",
        "Manages functions",
    ),
    &[&FUNCTION_FLUSH, &FUNCTION_LIST],
);

const SCRIPT: Command = container(
    "script",
    Docs::new(
        "scripting",
        "2.6.0",
        "Depends on subcommand.",
        "Manages scripts",
    ),
    &[&SCRIPT_FLUSH],
);

const FLUSH_MODE: &[Argument] = &[Argument::new(
    "flush-type",
    ArgumentKind::OneOf(&[
        Argument::word("async", "ASYNC"),
        Argument::word("sync", "SYNC"),
    ]),
)
.optional()];

/// FUNCTION FLUSH [ASYNC | SYNC]
const FUNCTION_FLUSH: Command = Command {
    tips: &["request_policy:all_shards", "response_policy:all_succeeded"],
    ..row(
        "flush",
        Flags::NOSCRIPT.union(Flags::WRITE),
        Docs::new(
            "scripting",
            "7.0.0",
            "O(N) where N is the number of functions deleted",
            "Deletes all libraries",
        )
        .arguments(FLUSH_MODE),
    )
};

/// FUNCTION LIST [LIBRARYNAME pattern] [WITHCODE]
const FUNCTION_LIST: Command = Command {
    tips: &["nondeterministic_output_order"],
    ..row(
        "list",
        Flags::NOSCRIPT,
        Docs::new(
            "scripting",
            "7.0.0",
            "O(N) where N is the number of functions",
            "Lists libraries",
        )
        .arguments(&[
            Argument::new("library-name-pattern", ArgumentKind::String)
                .token("LIBRARYNAME")
                .optional(),
            Argument::word("withcode", "WITHCODE").optional(),
        ]),
    )
};

/// SCRIPT FLUSH [ASYNC | SYNC]
const SCRIPT_FLUSH: Command = Command {
    tips: &["request_policy:all_nodes", "response_policy:all_succeeded"],
    ..row(
        "flush",
        Flags::NOSCRIPT,
        Docs::new(
            "scripting",
            "2.6.0",
            "O(N) with N being the number of scripts in cache",
            "Forgets all scripts",
        )
        .arguments(FLUSH_MODE)
        .history(&[("6.2.0", "ASYNC and SYNC.")]),
    )
};

const fn container(
    name: &'static str,
    docs: Docs,
    subcommands: &'static [&'static Command],
) -> Command {
    Command {
        acl: Acl::empty(),
        subcommands,
        ..row(name, Flags::empty(), docs)
    }
}

const fn row(name: &'static str, flags: Flags, docs: Docs) -> Command {
    let arity = Arity::AtLeast(2);
    Command {
        name,
        arity,
        flags,
        acl: Acl::SCRIPTING,
        keys: &[],
        tips: &[],
        docs,
        run: Run::Session,
        subcommands: &[],
    }
}

type Done = Result<Answered, CommandError>;

fn flush_functions(
    _: &mut SessionContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Done {
    if args.len() > 3 {
        return Err(CommandError::subcommand_syntax("FUNCTION", args.at(1)));
    }
    check_flush_mode(args, "ERR FUNCTION FLUSH only supports SYNC|ASYNC option")?;
    reply.ok();
    Ok(Answered::Now)
}

fn flush_scripts(_: &mut SessionContext<'_>, args: &Args<'_>, reply: &mut ReplyWriter<'_>) -> Done {
    check_flush_mode(args, "ERR SCRIPT FLUSH only support SYNC|ASYNC option")?;
    reply.ok();
    Ok(Answered::Now)
}

fn check_flush_mode(args: &Args<'_>, wrong: &'static str) -> Result<(), CommandError> {
    match args.len() {
        2 => Ok(()),
        3 if args.is(2, "sync") || args.is(2, "async") => Ok(()),
        _ => Err(CommandError::new(wrong)),
    }
}

fn list_functions(
    _: &mut SessionContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Done {
    let (mut has_pattern, mut has_code) = (false, false);
    let mut at = 2;
    while at < args.len() {
        if !has_code && args.is(at, "withcode") {
            has_code = true;
        } else if !has_pattern && args.is(at, "libraryname") {
            has_pattern = true;
            at += 1;
            if at == args.len() {
                return Err(CommandError::new("ERR library name argument was not given"));
            }
        } else {
            let word = String::from_utf8_lossy(args.at(at));
            return Err(CommandError::with(format!("ERR Unknown argument {word}")));
        }
        at += 1;
    }
    reply.array(0);
    Ok(Answered::Now)
}
