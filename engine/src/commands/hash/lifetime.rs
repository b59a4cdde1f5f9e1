//! When a field is to go, as the number of a command says it: HEXPIRE's and its relatives', and behind `EX`, `PX`, `EXAT`
//! and `PXAT`.

use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::number::integer;
use crate::time::UnixMillis;

/// The last moment at which a field can go: the year 4199.
const LATEST: i64 = (1 << 46) - 1;
const NEGATIVE: CommandError = CommandError::new("ERR invalid expire time, must be >= 0");

/// What the number counts, and from when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    /// Seconds from now.
    Seconds,
    /// Milliseconds from now.
    Millis,
    /// Seconds since 1970.
    UnixSeconds,
    /// Milliseconds since 1970.
    UnixMillis,
}

impl Unit {
    /// The unit that the option at `at` names.
    pub(super) fn of_option(args: &Args<'_>, at: usize) -> Option<Unit> {
        let words = [
            ("ex", Unit::Seconds),
            ("px", Unit::Millis),
            ("exat", Unit::UnixSeconds),
            ("pxat", Unit::UnixMillis),
        ];
        let found = words.into_iter().find(|(word, _)| args.is(at, word));
        found.map(|(_, unit)| unit)
    }

    /// The moment that `number` means. Errors: not an integer; negative; too far away, which names `command`.
    pub(super) fn moment(
        self,
        number: &[u8],
        now: UnixMillis,
        command: &str,
    ) -> Result<UnixMillis, CommandError> {
        let number = integer(number)?;
        if number < 0 {
            return Err(NEGATIVE);
        }
        let (millis, start) = match self {
            Unit::Seconds => (1000, now.0),
            Unit::Millis => (1, now.0),
            Unit::UnixSeconds => (1000, 0),
            Unit::UnixMillis => (1, 0),
        };
        let moment = number
            .checked_mul(millis)
            .and_then(|millis| millis.checked_add(start))
            .filter(|moment| *moment <= LATEST);
        moment.map(UnixMillis).ok_or_else(|| {
            CommandError::with(format!("ERR invalid expire time in '{command}' command"))
        })
    }
}

/// `moment` in the text that the log has it in.
pub(super) fn log_text(moment: UnixMillis) -> String {
    moment.0.to_string()
}
