//! How long a blocking command waits, as it says it.

use super::error::CommandError;
use super::number::{integer, parse_float};

/// How long a client is willing to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// Not at all.
    None,
    /// Until it is served.
    Forever,
    /// So many milliseconds.
    Millis(i64),
}

/// The longest wait, in milliseconds: with the time of day it still fits into 64 bits.
const LONGEST: i64 = i64::MAX - (1 << 46);

const NEGATIVE: CommandError = CommandError::new("ERR timeout is negative");
const OUT_OF_RANGE: CommandError = CommandError::new("ERR timeout is out of range");

/// Reads seconds with a fraction, rounded up to milliseconds; 0 is forever.
pub fn seconds(word: &[u8]) -> Result<Patience, CommandError> {
    let wrong = CommandError::new("ERR timeout is not a float or out of range");
    let seconds = parse_float(word)
        .filter(|seconds| !seconds.is_nan())
        .ok_or(wrong)?;
    let millis = (seconds * 1000.0).ceil();
    if millis < 0.0 {
        return Err(NEGATIVE);
    }
    if millis >= LONGEST as f64 {
        return Err(OUT_OF_RANGE);
    }
    Ok(of_millis(millis as i64))
}

/// Reads whole milliseconds; 0 is forever.
pub fn millis(word: &[u8]) -> Result<Patience, CommandError> {
    let wrong = CommandError::new("ERR timeout is not an integer or out of range");
    match integer(word).map_err(|_| wrong)? {
        ..0 => Err(NEGATIVE),
        millis if millis > LONGEST => Err(OUT_OF_RANGE),
        millis => Ok(of_millis(millis)),
    }
}

fn of_millis(millis: i64) -> Patience {
    match millis {
        0 => Patience::Forever,
        millis => Patience::Millis(millis),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(result: Result<Patience, CommandError>) -> String {
        result.unwrap_err().line().to_owned()
    }

    #[test]
    fn seconds_are_rounded_up_to_milliseconds() {
        assert_eq!(seconds(b"0"), Ok(Patience::Forever));
        assert_eq!(seconds(b"0.00001"), Ok(Patience::Millis(1)));
        assert_eq!(seconds(b"1.5"), Ok(Patience::Millis(1500)));
        assert_eq!(seconds(b"0x10"), Ok(Patience::Millis(16_000)));
        assert_eq!(error(seconds(b"-1")), "ERR timeout is negative");
        assert_eq!(error(seconds(b"inf")), "ERR timeout is out of range");
        assert_eq!(
            error(seconds(b"9223372036854775807")),
            "ERR timeout is out of range"
        );
        for word in [b"x".as_slice(), b"", b"nan", b"1 "] {
            assert_eq!(
                error(seconds(word)),
                "ERR timeout is not a float or out of range"
            );
        }
    }

    #[test]
    fn milliseconds_are_whole() {
        assert_eq!(millis(b"0"), Ok(Patience::Forever));
        assert_eq!(millis(b"20"), Ok(Patience::Millis(20)));
        assert_eq!(error(millis(b"-1")), "ERR timeout is negative");
        assert_eq!(
            error(millis(b"9223372036854775807")),
            "ERR timeout is out of range"
        );
        assert_eq!(
            error(millis(b"1.5")),
            "ERR timeout is not an integer or out of range"
        );
    }
}
