//! Words of an inline command: what somebody types into telnet.
//!
//! ```text
//! set key  "a b\x00\n" 'it\'s' plain"joined"      5 words
//! ```
//!
//! White space separates words. Within `"` the escapes are `\n \r \t \b \a`, `\xHH`, and a backslash before any other
//! byte stands for that byte; within `'` only `\'` is an escape. A closing quote ends its word.
//!
//! Deliberately different from Redis, whose lines are C strings: a NUL is a byte like any other. Redis looks for the
//! end of the line only up to the NUL and so lets the client wait without end.

use super::request::Span;

/// A quote that never closes, or a closing quote with something other than white space behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnbalancedQuotes;

/// Splits `line` (without its line end) into words. The result holds the words' bytes one behind the other, and
/// `words` gets one span into it for each.
///
/// # Errors
/// [`UnbalancedQuotes`]; `words` then holds the words before the broken one.
pub fn split(line: &[u8], words: &mut Vec<Span>) -> Result<Box<[u8]>, UnbalancedQuotes> {
    let mut plain = Vec::with_capacity(line.len());
    let mut rest = skip_blanks(line);
    while !rest.is_empty() {
        let start = plain.len();
        rest = skip_blanks(word(rest, &mut plain)?);
        words.push(Span::new(start, plain.len() - start));
    }
    Ok(plain.into_boxed_slice())
}

/// Appends the word that `rest` begins with to `plain`, and returns what lies behind it.
fn word<'a>(mut rest: &'a [u8], plain: &mut Vec<u8>) -> Result<&'a [u8], UnbalancedQuotes> {
    while let [byte, behind @ ..] = rest {
        match byte {
            b' ' | b'\n' | b'\r' | b'\t' => break,
            b'"' => return closed(double_quoted(behind, plain)?),
            b'\'' => return closed(single_quoted(behind, plain)?),
            other => plain.push(*other),
        }
        rest = behind;
    }
    Ok(rest)
}

fn double_quoted<'a>(
    mut rest: &'a [u8],
    plain: &mut Vec<u8>,
) -> Result<&'a [u8], UnbalancedQuotes> {
    loop {
        rest = match rest {
            [] => return Err(UnbalancedQuotes),
            [b'"', behind @ ..] => return Ok(behind),
            [b'\\', b'x', high, low, behind @ ..]
                if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() =>
            {
                plain.push(hex_digit(*high) << 4 | hex_digit(*low));
                behind
            }
            [b'\\', escaped, behind @ ..] => {
                plain.push(match escaped {
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    b'b' => 0x08,
                    b'a' => 0x07,
                    other => *other,
                });
                behind
            }
            [byte, behind @ ..] => {
                plain.push(*byte);
                behind
            }
        };
    }
}

fn single_quoted<'a>(
    mut rest: &'a [u8],
    plain: &mut Vec<u8>,
) -> Result<&'a [u8], UnbalancedQuotes> {
    loop {
        rest = match rest {
            [] => return Err(UnbalancedQuotes),
            [b'\'', behind @ ..] => return Ok(behind),
            [b'\\', b'\'', behind @ ..] => {
                plain.push(b'\'');
                behind
            }
            [byte, behind @ ..] => {
                plain.push(*byte);
                behind
            }
        };
    }
}

/// A closing quote is followed by white space or by the end of the line.
fn closed(rest: &[u8]) -> Result<&[u8], UnbalancedQuotes> {
    match rest.first() {
        Some(byte) if !is_space(*byte) => Err(UnbalancedQuotes),
        _ => Ok(rest),
    }
}

fn hex_digit(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        b'a'..=b'f' => digit - b'a' + 10,
        _ => digit - b'A' + 10,
    }
}

/// C's `isspace`: unlike `u8::is_ascii_whitespace` it counts the vertical tab.
fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | 0x0b | 0x0c | b'\r')
}

fn skip_blanks(rest: &[u8]) -> &[u8] {
    let blanks = rest.iter().take_while(|byte| is_space(**byte)).count();
    &rest[blanks..]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &[u8]) -> Result<Vec<Vec<u8>>, UnbalancedQuotes> {
        let mut spans = Vec::new();
        let plain = split(line, &mut spans)?;
        Ok(spans.iter().map(|span| span.of(&plain).to_vec()).collect())
    }

    /// Every expectation is what redis-server 7.0.15 made of the line after `echo `.
    #[test]
    fn words_are_those_of_redis() {
        let cases: &[(&[u8], &[&[u8]])] = &[
            (b"", &[]),
            (b" \t\x0b\x0c\r\n", &[]),
            (br#""a\x41\n\r\t\b\a\q\xzz""#, &[b"aA\n\r\t\x08\x07qxzz"]),
            (br"'a\'b\n'", &[br"a'b\n"]),
            (br"'\''", &[b"'"]),
            (b"a'b'", &[b"ab"]),
            (b"a\"b c\"", &[b"ab c"]),
            (b"\"\"", &[b""]),
            (b"\xb2", &[b"\xb2"]),
            (b"a\x0bb", &[b"a\x0bb"]),
            (b"\x0ba", &[b"a"]),
            (b"a\rb", &[b"a", b"b"]),
            (b"a\tb", &[b"a", b"b"]),
        ];
        for (line, expected) in cases {
            assert_eq!(words(line).unwrap(), *expected, "{}", line.escape_ascii());
        }
    }

    #[test]
    fn quotes_that_redis_refuses_are_refused() {
        let cases: &[&[u8]] = &[
            b"\"abc",
            b"\"a\"b",
            b"a\"b c\"d",
            b"\"\\",
            b"'\\",
            b"'",
            b"\"\"a",
            b"'a'b",
        ];
        for line in cases {
            assert_eq!(
                words(line),
                Err(UnbalancedQuotes),
                "{}",
                line.escape_ascii()
            );
        }
    }

    #[test]
    fn a_nul_is_a_byte_like_any_other() {
        assert_eq!(words(b"a\0b \"\0\"").unwrap(), [&b"a\0b"[..], b"\0"]);
    }
}
