//! The ends of ranges as arguments: `(1.5` and `-inf`, `[a`, `(a`, `-` and `+`.

use crate::command::error::CommandError;
use crate::command::number::parse_float_loosely;
use crate::value::sorted_set::{LexEnd, LexRange, ScoreRange};

const NOT_SCORES: CommandError = CommandError::new("ERR min or max is not a float");
const NOT_MEMBERS: CommandError = CommandError::new("ERR min or max not valid string range item");

/// A range of scores. Errors: `min or max is not a float`.
pub fn score_range(min: &[u8], max: &[u8]) -> Result<ScoreRange, CommandError> {
    let (min, min_exclusive) = score_end(min)?;
    let (max, max_exclusive) = score_end(max)?;
    Ok(ScoreRange {
        min,
        min_exclusive,
        max,
        max_exclusive,
    })
}

fn score_end(word: &[u8]) -> Result<(f64, bool), CommandError> {
    let (text, exclusive) = match word {
        [b'(', text @ ..] => (text, true),
        text => (text, false),
    };
    let score = parse_float_loosely(text).ok_or(NOT_SCORES)?;
    Ok((score, exclusive))
}

/// A range of members. Errors: `min or max not valid string range item`.
pub fn lex_range<'a>(min: &'a [u8], max: &'a [u8]) -> Result<LexRange<'a>, CommandError> {
    Ok(LexRange {
        min: lex_end(min)?,
        max: lex_end(max)?,
    })
}

fn lex_end(word: &[u8]) -> Result<LexEnd<'_>, CommandError> {
    match word {
        [b'-'] => Ok(LexEnd::Lowest),
        [b'+'] => Ok(LexEnd::Highest),
        [b'[', member @ ..] => Ok(LexEnd::Inclusive(member)),
        [b'(', member @ ..] => Ok(LexEnd::Exclusive(member)),
        _ => Err(NOT_MEMBERS),
    }
}

/// The ranks that indices name, which count from the end when they are negative; both are included. What lies outside of
/// `len` members is left out.
pub fn rank_range(start: i64, stop: i64, len: usize) -> std::ops::Range<usize> {
    let from_start = |index: i64| match usize::try_from(index) {
        Ok(index) => Some(index),
        Err(_) => len.checked_sub(usize::try_from(index.unsigned_abs()).unwrap_or(usize::MAX)),
    };
    let first = from_start(start).unwrap_or(0).min(len);
    let behind = from_start(stop).map_or(0, |last| last.saturating_add(1).min(len));
    first..behind.max(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indices_count_from_both_ends() {
        for (start, stop, len, ranks) in [
            (0, -1, 3, 0..3),
            (0, 0, 3, 0..1),
            (-2, -1, 3, 1..3),
            (-100, 100, 3, 0..3),
            (2, 1, 3, 2..2),
            (5, 9, 3, 3..3),
            (0, -4, 3, 0..0),
            (0, -1, 0, 0..0),
            (i64::MIN, i64::MAX, 3, 0..3),
        ] {
            assert_eq!(rank_range(start, stop, len), ranks, "{start} {stop}");
        }
    }

    #[test]
    fn ends_of_scores_are_read_loosely() {
        let range = score_range(b"(1.5", b" inf").expect("they are scores");
        assert_eq!((range.min, range.min_exclusive), (1.5, true));
        assert_eq!((range.max, range.max_exclusive), (f64::INFINITY, false));
        assert_eq!(
            score_range(b"", b"1e400"),
            Ok(ScoreRange::between(0.0, f64::INFINITY))
        );
        for word in ["x", "1 ", "nan", "((1", "1x"] {
            assert_eq!(
                score_range(word.as_bytes(), b"1"),
                Err(NOT_SCORES),
                "{word}"
            );
        }
    }

    #[test]
    fn ends_of_members_have_a_sign() {
        let range = lex_range(b"-", b"(a").expect("they are members");
        assert_eq!(
            (range.min, range.max),
            (LexEnd::Lowest, LexEnd::Exclusive(b"a"))
        );
        assert_eq!(
            lex_range(b"[", b"+").map(|range| range.min),
            Ok(LexEnd::Inclusive(b""))
        );
        for word in ["", "a", "+x", "--"] {
            assert_eq!(lex_range(word.as_bytes(), b"+"), Err(NOT_MEMBERS), "{word}");
        }
    }
}
