//! Numbers as arguments, by Redis's strict rules: the whole word is the number, with no blanks around it.

use super::error::CommandError;
use crate::value::string::parse_int;

/// A 64-bit integer in the one text it prints as. Errors: `value is not an integer or out of range`.
#[inline]
pub fn integer(word: &[u8]) -> Result<i64, CommandError> {
    parse_int(word).ok_or(CommandError::NOT_AN_INTEGER)
}
