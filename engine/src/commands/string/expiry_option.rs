//! The options that say what becomes of a key's expiry: `EX`, `PX`, `EXAT`, `PXAT`, `KEEPTTL`, `PERSIST`.

use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::number::integer;
use crate::time::UnixMillis;

/// What the number of an expiry counts, and from when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ExpiryUnit {
    /// Seconds from now.
    Seconds,
    /// Milliseconds from now.
    Millis,
    /// Seconds since 1970.
    UnixSeconds,
    /// Milliseconds since 1970.
    UnixMillis,
}

impl ExpiryUnit {
    fn of_word(word: &[u8]) -> Option<Self> {
        let words: [(&[u8], Self); 4] = [
            (b"ex", Self::Seconds),
            (b"px", Self::Millis),
            (b"exat", Self::UnixSeconds),
            (b"pxat", Self::UnixMillis),
        ];
        words
            .into_iter()
            .find(|(name, _)| word.eq_ignore_ascii_case(name))
            .map(|(_, unit)| unit)
    }

    pub(super) fn is_absolute(self) -> bool {
        matches!(self, Self::UnixSeconds | Self::UnixMillis)
    }

    /// The moment that `number` means. Errors: not an integer; not positive or beyond 64 bits of milliseconds, which
    /// names `command`.
    pub(super) fn moment(
        self,
        number: &[u8],
        now: UnixMillis,
        command: &str,
    ) -> Result<UnixMillis, CommandError> {
        let number = integer(number)?;
        let millis = match self {
            Self::Seconds | Self::UnixSeconds => number.checked_mul(1000),
            Self::Millis | Self::UnixMillis => Some(number),
        };
        let start = if self.is_absolute() { 0 } else { now.0 };
        millis
            .filter(|millis| *millis > 0)
            .and_then(|millis| millis.checked_add(start))
            .map(UnixMillis)
            .ok_or_else(|| {
                CommandError::with(format!("ERR invalid expire time in '{command}' command"))
            })
    }
}

/// What was asked for. The number is read later, as Redis complains about options first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum ExpiryOption<'a> {
    /// None of the words.
    #[default]
    Unsaid,
    /// `KEEPTTL`.
    Keep,
    /// `PERSIST`.
    Persist,
    /// One of the words with a number.
    At(ExpiryUnit, &'a [u8]),
}

/// Whose options are read: `KEEPTTL` is for writing, `PERSIST` for reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    Write,
    Read,
}

impl<'a> ExpiryOption<'a> {
    /// Takes in the word at `at`. Returns how many words it used: 0 when the word is none of ours. Errors: the word does
    /// not go with an earlier one, or lacks its number. Saying the same twice is fine, the last number counts.
    pub(super) fn take(
        &mut self,
        args: &Args<'a>,
        at: usize,
        purpose: Purpose,
    ) -> Result<usize, CommandError> {
        let (option, words) = if purpose == Purpose::Write && args.is(at, "keepttl") {
            (Self::Keep, 1)
        } else if purpose == Purpose::Read && args.is(at, "persist") {
            (Self::Persist, 1)
        } else if let Some(unit) = ExpiryUnit::of_word(args.at(at)) {
            (
                Self::At(unit, args.get(at + 1).ok_or(CommandError::SYNTAX)?),
                2,
            )
        } else {
            return Ok(0);
        };
        let agrees = match (&self, &option) {
            (Self::Unsaid, _) => true,
            (Self::At(old, _), Self::At(new, _)) => old == new,
            (old, new) => *old == new,
        };
        *self = option;
        if agrees {
            Ok(words)
        } else {
            Err(CommandError::SYNTAX)
        }
    }
}
