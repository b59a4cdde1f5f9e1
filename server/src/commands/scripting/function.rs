//! FUNCTION.

use engine::command::args::Args;
use engine::command::error::CommandError;
use engine::command::flags::Flags;
use engine::command::spec::{Argument, ArgumentKind, Arity, Command, Docs};
use engine::resp::reply::ReplyWriter;

use super::{FLUSH_MODE, check_flush_mode, container, row};
use crate::commands::{Answered, SessionContext};

pub(super) const FUNCTION: Command = container(
    "function",
    Docs::new(
        "scripting",
        "7.0.0",
        "Depends on subcommand.",
        "Manages functions",
    ),
    &[&FUNCTION_FLUSH, &FUNCTION_LIST],
);

/// FUNCTION FLUSH [ASYNC | SYNC]
const FUNCTION_FLUSH: Command = Command {
    tips: &["request_policy:all_shards", "response_policy:all_succeeded"],
    ..row(
        "flush",
        Arity::AtLeast(2),
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
        Arity::AtLeast(2),
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

type Done = Result<Answered, CommandError>;

pub(super) fn flush(
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

pub(super) fn list(
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
