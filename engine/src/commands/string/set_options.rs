//! The options of SET.

use super::expiry_option::{ExpiryOption, Purpose};
use crate::command::args::Args;
use crate::command::error::CommandError;

/// When a key is set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Condition {
    /// Whatever is there.
    #[default]
    Always,
    /// `NX`.
    IfAbsent,
    /// `XX`.
    IfPresent,
}

impl Condition {
    pub(super) fn allows(self, present: bool) -> bool {
        match self {
            Condition::Always => true,
            Condition::IfAbsent => !present,
            Condition::IfPresent => present,
        }
    }
}

/// What follows key and value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct SetOptions<'a> {
    pub condition: Condition,
    /// `GET`: reply what was there.
    pub returns_old: bool,
    pub expiry: ExpiryOption<'a>,
}

impl<'a> SetOptions<'a> {
    /// Reads the words from the third on. Errors: a syntax error for unknown words and for those that exclude each other.
    pub(super) fn parse(args: &Args<'a>) -> Result<Self, CommandError> {
        let mut options = SetOptions::default();
        let mut at = 3;
        while at < args.len() {
            let used = options.expiry.take(args, at, Purpose::Write)?;
            at += used.max(1);
            if used > 0 {
                continue;
            }
            let word = args.at(at - 1);
            if word.eq_ignore_ascii_case(b"get") {
                options.returns_old = true;
            } else {
                options.condition = match (options.condition, word.to_ascii_lowercase().as_slice())
                {
                    (Condition::Always | Condition::IfAbsent, b"nx") => Condition::IfAbsent,
                    (Condition::Always | Condition::IfPresent, b"xx") => Condition::IfPresent,
                    _ => return Err(CommandError::SYNTAX),
                };
            }
        }
        Ok(options)
    }
}
