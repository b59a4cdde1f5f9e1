//! Whole numbers among the words of a command that must lie in a range narrower than 64 bits, with the errors Redis has
//! for each range.

use super::error::CommandError;
use super::number::integer;
use crate::value::string::parse_int;

const OUT_OF_32_BITS: CommandError =
    CommandError::new("ERR value is out of range, value must between -2147483648 and 2147483647");
const NOT_SYMMETRIC: CommandError = CommandError::new(
    "ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807",
);
const NOT_POSITIVE: CommandError = CommandError::new("ERR value is out of range, must be positive");

/// A number of 32 bits. Errors: not an integer; `value must between ..`.
pub fn int32(word: &[u8]) -> Result<i32, CommandError> {
    i32::try_from(integer(word)?).map_err(|_| OUT_OF_32_BITS)
}

/// A number whose negative is one, too. Errors: not an integer; `value must between ..`.
pub fn symmetric(word: &[u8]) -> Result<i64, CommandError> {
    let number = integer(word)?;
    number.checked_neg().map(|_| number).ok_or(NOT_SYMMETRIC)
}

/// A number that is not negative. Errors: `must be positive`, whatever is wrong with it.
pub fn non_negative(word: &[u8]) -> Result<u64, CommandError> {
    parse_int(word)
        .and_then(|number| u64::try_from(number).ok())
        .ok_or(NOT_POSITIVE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_range_has_its_error() {
        assert_eq!(int32(b"-2147483648"), Ok(i32::MIN));
        assert_eq!(int32(b"2147483648"), Err(OUT_OF_32_BITS));
        assert_eq!(int32(b"x"), Err(CommandError::NOT_AN_INTEGER));
        assert_eq!(symmetric(b"-9223372036854775807"), Ok(-i64::MAX));
        assert_eq!(symmetric(b"-9223372036854775808"), Err(NOT_SYMMETRIC));
        assert_eq!(non_negative(b"0"), Ok(0));
        assert_eq!(non_negative(b"-1"), Err(NOT_POSITIVE));
        assert_eq!(non_negative(b"x"), Err(NOT_POSITIVE));
    }
}
