//! FCALL and FCALL_RO: a function of a library. What they run is found and run by `crate::scripting`.

use engine::command::flags::Flags;
use engine::command::keys::KeySpec;
use engine::command::spec::{Argument, ArgumentKind, Command};

use super::eval::{ARGS, FLAGS, KEYS, NUMBER, READS, WRITES, docs, row};

const OF_FUNCTION: &[Argument] = &[
    Argument::new("function", ArgumentKind::String),
    NUMBER,
    KEYS,
    ARGS,
];

/// FCALL function numkeys [key ..] [arg ..]
pub(super) const FCALL: Command = row(
    "fcall",
    FLAGS.union(Flags::MAY_REPLICATE),
    &[KeySpec::counted(2, WRITES)
        .note("We cannot tell how the keys will be used so we assume the worst, RW and UPDATE")],
    docs(
        "7.0.0",
        "Depends on the function that is executed.",
        "Runs a function",
        OF_FUNCTION,
    ),
);

/// FCALL_RO function numkeys [key ..] [arg ..]
pub(super) const FCALL_RO: Command = row(
    "fcall_ro",
    FLAGS.union(Flags::READONLY),
    &[KeySpec::counted(2, READS)
        .note("We cannot tell how the keys will be used so we assume the worst, RO and ACCESS")],
    docs(
        "7.0.0",
        "Depends on the function that is executed.",
        "Runs a function that only reads",
        OF_FUNCTION,
    ),
);
