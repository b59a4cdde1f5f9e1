//! EVAL, EVALSHA and their read-only twins. What they run is found and run by `crate::scripting`.

use engine::command::flags::Flags;
use engine::command::keys::{KeyFlags, KeySpec};
use engine::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Run};

pub(super) const FLAGS: Flags = Flags::NOSCRIPT
    .union(Flags::STALE)
    .union(Flags::SKIP_MONITOR)
    .union(Flags::NO_MANDATORY_KEYS)
    .union(Flags::MOVABLE_KEYS);

pub(super) const WRITES: KeyFlags = KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::UPDATE);
pub(super) const READS: KeyFlags = KeyFlags::RO.union(KeyFlags::ACCESS);

pub(super) const NUMBER: Argument = Argument::new("numkeys", ArgumentKind::Integer);
pub(super) const KEYS: Argument = Argument::key().optional().multiple();
pub(super) const ARGS: Argument = Argument::new("arg", ArgumentKind::String)
    .optional()
    .multiple();

pub(super) const fn row(
    name: &'static str,
    flags: Flags,
    keys: &'static [KeySpec],
    docs: Docs,
) -> Command {
    Command {
        keys,
        run: Run::Program,
        ..super::row(name, Arity::AtLeast(3), flags, docs)
    }
}

pub(super) const fn docs(
    since: &'static str,
    complexity: &'static str,
    summary: &'static str,
    arguments: &'static [Argument],
) -> Docs {
    Docs::new("scripting", since, complexity, summary).arguments(arguments)
}

const OF_SCRIPT: &str = "Depends on the script that is executed.";

const OF_TEXT: &[Argument] = &[
    Argument::new("script", ArgumentKind::String),
    NUMBER,
    KEYS,
    ARGS,
];
const OF_NAME: &[Argument] = &[
    Argument::new("sha1", ArgumentKind::String),
    NUMBER,
    KEYS,
    ARGS,
];

/// EVAL script numkeys [key ..] [arg ..]
pub(super) const EVAL: Command = row(
    "eval",
    FLAGS.union(Flags::MAY_REPLICATE),
    &[KeySpec::counted(2, WRITES)
        .note("We cannot tell how the keys will be used so we assume the worst, RW and UPDATE")],
    docs("2.6.0", OF_SCRIPT, "Runs a Lua script", OF_TEXT),
);

/// EVALSHA sha1 numkeys [key ..] [arg ..]
pub(super) const EVALSHA: Command = row(
    "evalsha",
    FLAGS.union(Flags::MAY_REPLICATE),
    &[KeySpec::counted(2, WRITES)],
    docs(
        "2.6.0",
        OF_SCRIPT,
        "Runs a Lua script by its SHA-1",
        OF_NAME,
    ),
);

/// EVAL_RO script numkeys [key ..] [arg ..]
pub(super) const EVAL_RO: Command = row(
    "eval_ro",
    FLAGS.union(Flags::READONLY),
    &[KeySpec::counted(2, READS)
        .note("We cannot tell how the keys will be used so we assume the worst, RO and ACCESS")],
    docs(
        "7.0.0",
        OF_SCRIPT,
        "Runs a Lua script that only reads",
        OF_TEXT,
    ),
);

/// EVALSHA_RO sha1 numkeys [key ..] [arg ..]
pub(super) const EVALSHA_RO: Command = row(
    "evalsha_ro",
    FLAGS.union(Flags::READONLY),
    &[KeySpec::counted(2, READS)],
    docs(
        "7.0.0",
        OF_SCRIPT,
        "Runs a Lua script that only reads by its SHA-1",
        OF_NAME,
    ),
);
