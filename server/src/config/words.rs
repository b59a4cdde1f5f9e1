//! Words of a configuration line: how they are split, and how one is quoted so that splitting gives it back.
//!
//! ```text
//! plain            up to the next blank; a quote inside it opens a quoted part
//! "quoted"         \n \r \t \b \a \xHH are escapes, any other \c is c
//! 'quoted'         only \' is an escape
//! ```
//! Invariant: a closing quote ends its word, so a blank or the end of the line must follow it.
//! Invariant: `split(quote(x)) == [x]` for all bytes.

/// A line whose quotes do not close, or close in the middle of a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnbalancedQuotes;

/// Splits one line into words.
///
/// # Errors
/// [`UnbalancedQuotes`] when a quote stays open or is followed by something else than a blank.
pub fn split(line: &[u8]) -> Result<Vec<Vec<u8>>, UnbalancedQuotes> {
    let mut words = Vec::new();
    let mut rest = line;
    loop {
        rest = rest.trim_ascii_start();
        if rest.is_empty() {
            return Ok(words);
        }
        let (word, after) = first_word(rest)?;
        words.push(word);
        rest = after;
    }
}

fn first_word(text: &[u8]) -> Result<(Vec<u8>, &[u8]), UnbalancedQuotes> {
    let mut word = Vec::new();
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        match byte {
            b'"' => return double_quoted(word, after),
            b'\'' => return single_quoted(word, after),
            b' ' | b'\t' | b'\r' | b'\n' | 0 => return Ok((word, after)),
            other => word.push(other),
        }
        rest = after;
    }
    Ok((word, rest))
}

fn double_quoted(mut word: Vec<u8>, text: &[u8]) -> Result<(Vec<u8>, &[u8]), UnbalancedQuotes> {
    let mut rest = text;
    loop {
        match rest {
            [] => return Err(UnbalancedQuotes),
            [b'"', after @ ..] => return closed(word, after),
            [b'\\', b'x', high, low, after @ ..]
                if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() =>
            {
                word.push(hex_digit(*high) << 4 | hex_digit(*low));
                rest = after;
            }
            [b'\\', escaped, after @ ..] => {
                word.push(unescape(*escaped));
                rest = after;
            }
            [byte, after @ ..] => {
                word.push(*byte);
                rest = after;
            }
        }
    }
}

fn single_quoted(mut word: Vec<u8>, text: &[u8]) -> Result<(Vec<u8>, &[u8]), UnbalancedQuotes> {
    let mut rest = text;
    loop {
        match rest {
            [] => return Err(UnbalancedQuotes),
            [b'\\', b'\'', after @ ..] => {
                word.push(b'\'');
                rest = after;
            }
            [b'\'', after @ ..] => return closed(word, after),
            [byte, after @ ..] => {
                word.push(*byte);
                rest = after;
            }
        }
    }
}

fn closed(word: Vec<u8>, after: &[u8]) -> Result<(Vec<u8>, &[u8]), UnbalancedQuotes> {
    match after.first() {
        Some(byte) if !byte.is_ascii_whitespace() => Err(UnbalancedQuotes),
        _ => Ok((word, after)),
    }
}

fn hex_digit(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        b'a'..=b'f' => digit - b'a' + 10,
        _ => digit.to_ascii_uppercase().wrapping_sub(b'A') + 10,
    }
}

fn unescape(escaped: u8) -> u8 {
    match escaped {
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'b' => 0x08,
        b'a' => 0x07,
        other => other,
    }
}

/// Writes one word in double quotes, printable ASCII only.
pub fn quote(word: &[u8]) -> Vec<u8> {
    let mut quoted = Vec::with_capacity(word.len() + 2);
    quoted.push(b'"');
    for &byte in word {
        match byte {
            b'\\' | b'"' => quoted.extend([b'\\', byte]),
            b'\n' => quoted.extend(b"\\n"),
            b'\r' => quoted.extend(b"\\r"),
            b'\t' => quoted.extend(b"\\t"),
            0x07 => quoted.extend(b"\\a"),
            0x08 => quoted.extend(b"\\b"),
            b' '..=b'~' => quoted.push(byte),
            other => quoted.extend(format!("\\x{other:02x}").bytes()),
        }
    }
    quoted.push(b'"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn words(line: &str) -> Vec<String> {
        split(line.as_bytes())
            .expect("balanced")
            .into_iter()
            .map(|word| String::from_utf8_lossy(&word).into_owned())
            .collect()
    }

    #[test]
    fn blanks_separate_words() {
        assert_eq!(words("  save\t900   1 \r"), ["save", "900", "1"]);
        assert_eq!(words("   "), Vec::<String>::new());
    }

    #[test]
    fn quotes_hold_blanks_and_nothing() {
        assert_eq!(words("save \"\" ''"), ["save", "", ""]);
        assert_eq!(words("a \"b c\" 'd e'"), ["a", "b c", "d e"]);
        assert_eq!(words("x='y z'"), ["x=y z"]);
    }

    #[test]
    fn escapes_follow_the_kind_of_quote() {
        assert_eq!(words(r#""\x41\n\t\"\\\q""#), ["A\n\t\"\\q"]);
        assert_eq!(words(r"'\x41\'\n'"), [r"\x41'\n"]);
        assert_eq!(words(r"\x41"), [r"\x41"]);
    }

    #[test]
    fn open_or_glued_quotes_are_refused() {
        for line in ["\"abc", "'abc", "\"a\"b", "'a'b", "\"a\\\"", "a \"b"] {
            assert_eq!(split(line.as_bytes()), Err(UnbalancedQuotes), "{line}");
        }
    }

    proptest! {
        #[test]
        fn quoting_is_undone_by_splitting(word: Vec<u8>) {
            prop_assert_eq!(split(&quote(&word)), Ok(vec![word]));
        }

        #[test]
        fn any_number_of_quoted_words_survives(given: Vec<Vec<u8>>) {
            let line = given.iter().map(|word| quote(word)).collect::<Vec<_>>().join(&b' ');
            prop_assert_eq!(split(&line), Ok(given));
        }

        #[test]
        fn splitting_never_panics(line: Vec<u8>) {
            let _ = split(&line);
        }
    }
}
