//! EVAL, SCRIPT, FUNCTION and their relatives.

mod eval;
mod fcall;
mod function;
mod function_rows;
mod script;

use engine::command::args::Args;
use engine::command::error::CommandError;
use engine::command::flags::{Acl, Flags};
use engine::command::spec::{Argument, ArgumentKind, Arity, Command, Docs};

use super::Family;

/// This family.
pub const FAMILY: Family = Family {
    rows: &[
        &eval::EVAL,
        &eval::EVALSHA,
        &eval::EVAL_RO,
        &eval::EVALSHA_RO,
        &fcall::FCALL,
        &fcall::FCALL_RO,
        &function_rows::FUNCTION,
        &script::SCRIPT,
    ],
    handlers: &[
        ("function|delete", function::delete),
        ("function|dump", function::dump),
        ("function|flush", function::flush),
        ("function|kill", function::kill),
        ("function|list", function::list),
        ("function|load", function::load),
        ("function|restore", function::restore),
        ("function|stats", function::stats),
        ("script|debug", script::debug),
        ("script|exists", script::exists),
        ("script|flush", script::flush),
        ("script|kill", script::kill),
        ("script|load", script::load),
    ],
};

const fn container(
    name: &'static str,
    docs: Docs,
    subcommands: &'static [&'static Command],
) -> Command {
    Command {
        acl: Acl::empty(),
        subcommands,
        ..row(name, Arity::AtLeast(2), Flags::empty(), docs)
    }
}

const fn row(name: &'static str, arity: Arity, flags: Flags, docs: Docs) -> Command {
    Command {
        acl: Acl::SCRIPTING,
        ..crate::commands::row::row(name, arity, flags, docs)
    }
}

const FLUSH_MODE: &[Argument] = &[Argument::new(
    "flush-type",
    ArgumentKind::OneOf(&[
        Argument::word("async", "ASYNC"),
        Argument::word("sync", "SYNC"),
    ]),
)
.optional()];

fn check_flush_mode(args: &Args<'_>, wrong: &'static str) -> Result<(), CommandError> {
    match args.len() {
        2 => Ok(()),
        3 if args.is(2, "sync") || args.is(2, "async") => Ok(()),
        _ => Err(CommandError::new(wrong)),
    }
}
