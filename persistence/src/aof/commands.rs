//! Reads the commands of an append-only file: requests as clients send them, with annotations between.
//!
//! ```text
//!   *2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n   #TS:1700000000\r\n   *3\r\n$3\r\nSET\r\n..
//! ```

use engine::resp::request::{Parsed, ProtocolError, RequestLimits, RequestParser, Sender, Span};

/// What comes next in a file.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    /// A command, with at least one word; its words are in the spans.
    Command {
        /// How many bytes it takes.
        consumed: usize,
    },
    /// A line of annotation.
    Annotation {
        /// How many bytes it takes, its line end included.
        consumed: usize,
    },
    /// Its end is not there yet.
    Incomplete,
}

/// The bytes are no command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

impl From<ProtocolError> for Malformed {
    fn from(_: ProtocolError) -> Self {
        Malformed
    }
}

/// The longest annotation, in bytes.
const LONGEST_ANNOTATION: usize = 1024;

/// See the top of the file. Never panics and never takes more memory than what it is given asks for.
#[derive(Debug)]
pub struct CommandReader {
    parser: RequestParser,
    limits: RequestLimits,
}

impl Default for CommandReader {
    fn default() -> Self {
        CommandReader {
            parser: RequestParser::default(),
            limits: RequestLimits {
                max_bulk: u64::from(u32::MAX),
                max_args: i64::from(i32::MAX),
                max_inline: LONGEST_ANNOTATION,
                sender: Sender::Known,
            },
        }
    }
}

impl CommandReader {
    /// Looks at what stands at the beginning of `input`. After [`Next::Incomplete`] it wants the same with more behind it,
    /// and the same `spans`.
    ///
    /// # Errors
    /// [`Malformed`] if no command can come of it.
    pub fn next(&mut self, input: &[u8], spans: &mut Vec<Span>) -> Result<Next, Malformed> {
        match input.first() {
            None => Ok(Next::Incomplete),
            Some(b'#') => annotation(input),
            Some(b'*') => match self.parser.parse(input, &self.limits, spans)? {
                Parsed::Complete { consumed } if !spans.is_empty() => {
                    Ok(Next::Command { consumed })
                }
                Parsed::Incomplete { .. } => Ok(Next::Incomplete),
                Parsed::Complete { .. } | Parsed::Inline { .. } => Err(Malformed),
            },
            Some(_) => Err(Malformed),
        }
    }
}

fn annotation(input: &[u8]) -> Result<Next, Malformed> {
    match input.iter().position(|byte| *byte == b'\n') {
        Some(end) if input[end - 1] == b'\r' => Ok(Next::Annotation { consumed: end + 1 }),
        None if input.len() <= LONGEST_ANNOTATION => Ok(Next::Incomplete),
        _ => Err(Malformed),
    }
}

/// The time an annotation gives, in seconds since 1970; `None` if it tells something else.
pub fn timestamp(annotation: &[u8]) -> Option<i64> {
    let digits = annotation.trim_ascii_end().strip_prefix(b"#TS:")?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn commands_and_annotations_are_told_apart() {
        let input = b"#TS:1700000000\r\n*2\r\n$3\r\nDEL\r\n$1\r\na\r\n*1\r\n$4\r\nEX";
        let (mut reader, mut spans) = (CommandReader::default(), Vec::new());
        let next = reader.next(input, &mut spans);
        assert_eq!(next, Ok(Next::Annotation { consumed: 16 }));
        assert_eq!(timestamp(&input[..16]), Some(1_700_000_000));
        let next = reader.next(&input[16..], &mut spans);
        assert_eq!(next, Ok(Next::Command { consumed: 20 }));
        assert_eq!(spans.len(), 2);
        let next = reader.next(&input[36..], &mut spans);
        assert_eq!(next, Ok(Next::Incomplete));
    }

    #[test]
    fn what_is_no_command_is_refused() {
        for input in [
            "SET a 1\r\n",
            "*0\r\n",
            "*1\r\n:1\r\n",
            "*x\r\n",
            "#TS:1\n",
            "*-1\r\n",
        ] {
            let next = CommandReader::default().next(input.as_bytes(), &mut Vec::new());
            assert_eq!(next, Err(Malformed), "{input:?}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(input in proptest::collection::vec(
            prop_oneof![Just(b'*'), Just(b'$'), Just(b'#'), Just(b'\r'), Just(b'\n'), b'0'..=b'9', any::<u8>()],
            0..200,
        )) {
            let (mut reader, mut spans, mut at) = (CommandReader::default(), Vec::new(), 0);
            while let Ok(Next::Command { consumed } | Next::Annotation { consumed }) =
                reader.next(&input[at..], &mut spans)
            {
                prop_assert!(consumed > 0 && at + consumed <= input.len());
                at += consumed;
            }
        }
    }
}
