//! The words that say when something expires, as documented arguments: of keys in SET, GETEX and EXPIRE, of fields in
//! HSETEX, HGETEX and HEXPIRE.

use crate::command::spec::{Argument, ArgumentKind};

const EX: Argument = Argument::new("seconds", ArgumentKind::Integer).token("EX");
const PX: Argument = Argument::new("milliseconds", ArgumentKind::Integer).token("PX");
const EXAT: Argument = Argument::new("unix-time-seconds", ArgumentKind::UnixTime).token("EXAT");
const PXAT: Argument =
    Argument::new("unix-time-milliseconds", ArgumentKind::UnixTime).token("PXAT");
const KEEPTTL: Argument = Argument::word("keepttl", "KEEPTTL");
const PERSIST: Argument = Argument::word("persist", "PERSIST");

/// A moment, or the one that there was before.
pub const EXPIRES_OR_KEEPS: Argument = optional(&[EX, PX, EXAT, PXAT, KEEPTTL]);
/// A moment, or none.
pub const EXPIRES_OR_PERSISTS: Argument = optional(&[EX, PX, EXAT, PXAT, PERSIST]);

/// Which expiry may be replaced.
pub const CONDITION: Argument = Argument::new(
    "condition",
    ArgumentKind::OneOf(&[
        Argument::word("nx", "NX"),
        Argument::word("xx", "XX"),
        Argument::word("gt", "GT"),
        Argument::word("lt", "LT"),
    ]),
)
.optional();

const fn optional(words: &'static [Argument]) -> Argument {
    Argument::new("expiration", ArgumentKind::OneOf(words)).optional()
}
