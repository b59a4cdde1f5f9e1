//! Numbers as arguments, by Redis's strict rules: the whole word is the number, with no blanks around it.

use super::error::CommandError;
use crate::value::string::parse_int;

/// A 64-bit integer in the one text it prints as. Errors: `value is not an integer or out of range`.
#[inline]
pub fn integer(word: &[u8]) -> Result<i64, CommandError> {
    parse_int(word).ok_or(CommandError::NOT_AN_INTEGER)
}

/// A floating point number. Errors: `value is not a valid float`.
pub fn float(word: &[u8]) -> Result<f64, CommandError> {
    parse_float(word).ok_or(CommandError::NOT_A_FLOAT)
}

/// Reads what C's `strtod` reads as a whole, hexadecimal included; `inf` and `infinity` are numbers, `nan` is none, nor is
/// what is too large or too small for a double.
pub fn parse_float(word: &[u8]) -> Option<f64> {
    let (negative, digits) = match word {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    let size = match digits {
        // A second sign is left for nobody.
        [b'-' | b'+', ..] => return None,
        [b'0', b'x' | b'X', digits @ ..] => parse_hexadecimal(digits)?,
        digits => parse_decimal(digits)?,
    };
    Some(if negative { -size } else { size })
}

/// The same as C's `strtod` alone has it: blanks may stand before the number, nothing at all is 0, what is too large is
/// infinite, and a NUL ends the text. `nan` is none here either.
pub fn parse_float_loosely(word: &[u8]) -> Option<f64> {
    let end = word.iter().position(|byte| *byte == 0);
    let word = &word[..end.unwrap_or(word.len())];
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t'..=b'\r');
    let start = word.iter().position(|byte| !is_blank(byte));
    let text = &word[start.unwrap_or(word.len())..];
    if word.is_empty() {
        return Some(0.0);
    }
    parse_float(text).or_else(|| {
        let number: f64 = std::str::from_utf8(text).ok()?.parse().ok()?;
        (!number.is_nan()).then_some(number)
    })
}

fn parse_decimal(digits: &[u8]) -> Option<f64> {
    let size: f64 = std::str::from_utf8(digits).ok()?.parse().ok()?;
    let is_word = digits.first().is_some_and(u8::is_ascii_alphabetic);
    let is_lost = match size {
        0.0 => digits
            .iter()
            .take_while(|byte| !matches!(byte, b'e' | b'E'))
            .any(|byte| matches!(byte, b'1'..=b'9')),
        size => size.is_infinite() && !is_word,
    };
    (!size.is_nan() && !is_lost).then_some(size)
}

fn parse_hexadecimal(text: &[u8]) -> Option<f64> {
    let end = text.iter().position(|byte| matches!(byte, b'p' | b'P'));
    let (digits, exponent) = match end {
        Some(at) => {
            let exponent = std::str::from_utf8(&text[at + 1..])
                .ok()?
                .parse::<i32>()
                .ok()?;
            (&text[..at], exponent.clamp(-10_000, 10_000))
        }
        None => (text, 0),
    };
    let (mut size, mut scale, mut point, mut seen) = (0.0_f64, exponent, false, false);
    for byte in digits {
        match char::from(*byte).to_digit(16) {
            Some(digit) => {
                size = size * 16.0 + f64::from(digit);
                scale -= if point { 4 } else { 0 };
                seen = true;
            }
            None if *byte == b'.' && !point => point = true,
            None => return None,
        }
    }
    let value = size * 2.0_f64.powi(scale);
    (seen && value.is_finite() && (value != 0.0 || size == 0.0)).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_read_as_strtod_does() {
        for (text, value) in [
            ("1", 1.0),
            ("+1.5", 1.5),
            ("-.5", -0.5),
            ("1.", 1.0),
            ("1e3", 1000.0),
            ("inf", f64::INFINITY),
            ("-Infinity", f64::NEG_INFINITY),
            ("0x10", 16.0),
            ("0x1.8p1", 3.0),
            ("0e999", 0.0),
        ] {
            assert_eq!(parse_float(text.as_bytes()), Some(value), "{text}");
        }
        for text in [
            "", " 1", "1 ", "nan", "-nan", "1e400", "1e-400", "+-1", "--1", "1x", "0x", "0xp1",
            "e1", ".", "1\0", "in",
        ] {
            assert_eq!(parse_float(text.as_bytes()), None, "{text}");
        }
        assert_eq!(float(b"a"), Err(CommandError::NOT_A_FLOAT));
    }

    #[test]
    fn integers_are_strict() {
        assert_eq!(integer(b"-9223372036854775808"), Ok(i64::MIN));
        assert_eq!(integer(b"+1"), Err(CommandError::NOT_AN_INTEGER));
        assert_eq!(integer(b" 1"), Err(CommandError::NOT_AN_INTEGER));
    }
}
