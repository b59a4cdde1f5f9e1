//! Requests as clients send them, found in the bytes of a socket without copying them.
//!
//! ```text
//! *2\r\n $3\r\nGET\r\n $3\r\nkey\r\n        an array of bulk strings: what every client library sends
//! GET key\r\n                              an inline command, see `inline`
//! ```
//!
//! Specified at <https://redis.io/docs/latest/develop/reference/protocol-spec/>, and where that is silent by what Redis
//! does: after a length it takes any byte for the `\n`, and it does not look at the two bytes behind a bulk string.
//!
//! Invariant: what comes out depends on the bytes only, not on the pieces in which they arrived. Redis applies its limit
//! for lines only where a line's end has not arrived yet; here a line beyond the limit is always refused.
//!
//! Deliberately no checks of the bytes behind a bulk string: clients that get them wrong work with Redis.

use std::borrow::Cow;
use std::ops::Range;

use super::inline;

/// Where an argument lies: bytes from the start of the request (or of [`Parsed::Inline`]'s line), and how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Span {
    /// Offset of the first byte.
    pub start: u32,
    /// Number of bytes.
    pub len: u32,
}

impl Span {
    /// Invariant: requests end below 4 GiB, so both numbers fit.
    pub(super) fn new(start: usize, len: usize) -> Self {
        debug_assert!(
            u32::try_from(start + len).is_ok(),
            "a span lies within the first 4 GiB"
        );
        Self {
            start: start as u32,
            len: len as u32,
        }
    }

    /// The same place as a range of indexes.
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.start as usize + self.len as usize
    }

    /// The argument itself.
    ///
    /// # Panics
    /// If `bytes` is not what the span was made for.
    pub fn of(self, bytes: &[u8]) -> &[u8] {
        &bytes[self.range()]
    }
}

/// Whether the sender has shown who it is, which decides how much it may send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender {
    /// Logged in, or there is no password.
    Known,
    /// Has yet to log in: at most [`Sender::STRANGER_ARGS`] arguments of [`Sender::STRANGER_BULK`] bytes.
    Stranger,
}

impl Sender {
    /// Arguments that a request may have before authentication.
    pub const STRANGER_ARGS: i64 = 10;
    /// Bytes that an argument may have before authentication.
    pub const STRANGER_BULK: u64 = 16 * 1024;
}

/// What a request may look like. The limits of a [`Sender::Stranger`] apply on top.
#[derive(Clone, Copy, Debug)]
pub struct RequestLimits {
    /// Bytes of one argument (`proto-max-bulk-len`; not applied by Redis to the stream of its primary).
    pub max_bulk: u64,
    /// Arguments of one request.
    pub max_args: i64,
    /// Bytes of one line: an inline command or a length. Not below 24, so that every number fits.
    pub max_inline: usize,
    /// Who sends.
    pub sender: Sender,
}

impl Default for RequestLimits {
    /// Redis 7's defaults, for a client that needs no password or has given it.
    fn default() -> Self {
        Self {
            max_bulk: 512 << 20,
            max_args: i64::from(i32::MAX),
            max_inline: 64 << 10,
            sender: Sender::Known,
        }
    }
}

/// How far one call of [`RequestParser::parse`] came.
#[derive(Debug, PartialEq, Eq)]
pub enum Parsed {
    /// A whole request. The arguments' spans point into the input; an empty line and an empty array have none.
    Complete {
        /// Bytes of the input that the request takes.
        consumed: usize,
    },
    /// A whole inline command. The arguments' spans point into `line`: quotes have to be taken off, and commands that
    /// people type are worth no path of their own.
    Inline {
        /// Bytes of the input that the request takes.
        consumed: usize,
        /// The arguments, one behind the other.
        line: Box<[u8]>,
    },
    /// The request goes on behind the input.
    Incomplete {
        /// Bytes, from the request's first one, that the next step needs at least; 0 if that is not known. Room for
        /// them can be made at once where a big argument is on its way.
        need: usize,
    },
}

/// Bytes that are no request. The connection is of no use afterwards: answer and close.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProtocolError {
    /// The number of arguments is no number, or too large.
    InvalidArrayLength,
    /// An argument's length is no number, negative, or too large.
    InvalidBulkLength,
    /// An argument begins with this byte.
    ExpectedBulk(u8),
    /// The number of arguments has too many digits.
    ArrayLengthTooLong,
    /// An argument's length has too many digits.
    BulkLengthTooLong,
    /// An inline command is too long.
    InlineTooLong,
    /// An inline command's quotes do not match.
    UnbalancedQuotes,
    /// Too many arguments before authentication.
    UnauthenticatedArrayLength,
    /// Too large an argument before authentication.
    UnauthenticatedBulkLength,
    /// The request would reach beyond 4 GiB, where spans cannot point. Redis has no such limit.
    RequestTooLarge,
}

impl ProtocolError {
    /// What follows `-ERR Protocol error: ` in the reply. Bytes, as it can quote what the client sent; without line ends.
    pub fn text(self) -> Cow<'static, [u8]> {
        let text: &'static str = match self {
            Self::InvalidArrayLength => "invalid multibulk length",
            Self::InvalidBulkLength => "invalid bulk length",
            Self::ExpectedBulk(got) => return Cow::Owned(expected_bulk(got)),
            Self::ArrayLengthTooLong => "too big mbulk count string",
            Self::BulkLengthTooLong => "too big bulk count string",
            Self::InlineTooLong => "too big inline request",
            Self::UnbalancedQuotes => "unbalanced quotes in request",
            Self::UnauthenticatedArrayLength => "unauthenticated multibulk length",
            Self::UnauthenticatedBulkLength => "unauthenticated bulk length",
            Self::RequestTooLarge => "request larger than 4 GiB",
        };
        Cow::Borrowed(text.as_bytes())
    }
}

fn expected_bulk(got: u8) -> Vec<u8> {
    let got = if matches!(got, b'\r' | b'\n') {
        b' '
    } else {
        got
    };
    let mut text = b"expected '$', got ' '".to_vec();
    let quoted = text.len() - 2;
    text[quoted] = got;
    text
}

/// Finds requests, one at a time, and remembers how far it got in one whose end has not arrived.
#[derive(Debug, Default)]
pub struct RequestParser {
    place: Place,
}

/// Where the next call goes on. Offsets count from the request's first byte; before `scanned` no line ends that began
/// at or before it.
#[derive(Clone, Copy, Debug, Default)]
enum Place {
    #[default]
    Start,
    Line {
        scanned: usize,
    },
    Count {
        scanned: usize,
    },
    /// At the `$` of the argument at `at`; `left` of them, this one included, are to come. `body` is where its bytes begin,
    /// or `at` while that is not known.
    Bulk {
        at: usize,
        body: usize,
        left: i64,
        scanned: usize,
    },
}

impl RequestParser {
    /// Looks at `input`, which starts at the request's first byte also when earlier calls saw a part of it.
    ///
    /// `args` gets the arguments. After `Incomplete` it holds those found so far: hand in the same again, or call
    /// [`RequestParser::restart`]. Behind a whole request, call again with the input from `consumed` on.
    ///
    /// # Errors
    /// [`ProtocolError`] if the bytes are no request.
    pub fn parse(
        &mut self,
        input: &[u8],
        limits: &RequestLimits,
        args: &mut Vec<Span>,
    ) -> Result<Parsed, ProtocolError> {
        match std::mem::take(&mut self.place) {
            Place::Start => {
                args.clear();
                match input.first() {
                    None => Ok(Parsed::Incomplete { need: 0 }),
                    Some(b'*') => self.array(input, 0, limits, args),
                    Some(_) => self.line(input, 0, limits, args),
                }
            }
            Place::Line { scanned } => self.line(input, scanned, limits, args),
            Place::Count { scanned } => self.array(input, scanned, limits, args),
            Place::Bulk {
                at, left, scanned, ..
            } => self.bulks(input, (at, left, scanned), limits, args),
        }
    }

    /// Bytes of the request on its way, from its first one, that are understood: whole arguments, and the length of the next.
    pub fn consumed(&self) -> usize {
        match self.place {
            Place::Bulk { body, .. } => body,
            Place::Start | Place::Line { .. } | Place::Count { .. } => 0,
        }
    }

    /// Forgets the request that is on its way: the next call starts at its first byte, with any `args`.
    pub fn restart(&mut self) {
        self.place = Place::Start;
    }

    fn array(
        &mut self,
        input: &[u8],
        scanned: usize,
        limits: &RequestLimits,
        args: &mut Vec<Span>,
    ) -> Result<Parsed, ProtocolError> {
        let Some((count, next)) = number(input, 0) else {
            return match line_end(input, 0, scanned, limits.max_inline) {
                LineEnd::Here => Err(ProtocolError::InvalidArrayLength),
                LineEnd::TooFar => Err(ProtocolError::ArrayLengthTooLong),
                LineEnd::Behind { scanned } => self.pause(Place::Count { scanned }, 0),
            };
        };
        if count > limits.max_args {
            return Err(ProtocolError::InvalidArrayLength);
        }
        if count > Sender::STRANGER_ARGS && limits.sender == Sender::Stranger {
            return Err(ProtocolError::UnauthenticatedArrayLength);
        }
        self.bulks(input, (next, count, next), limits, args)
    }

    /// Invariant: `at` is below 4 GiB whenever an argument has been accepted, so spans never wrap.
    fn bulks(
        &mut self,
        input: &[u8],
        (mut at, mut left, scanned): (usize, i64, usize),
        limits: &RequestLimits,
        args: &mut Vec<Span>,
    ) -> Result<Parsed, ProtocolError> {
        while left > 0 {
            let Some((len, start)) = number(input, at).filter(|_| input[at] == b'$') else {
                return self.no_bulk(input, (at, left, scanned.max(at)), limits);
            };
            let len = bulk_len(len, limits)?;
            let end = start as u64 + len + 2;
            if end > u64::from(u32::MAX) {
                return Err(ProtocolError::RequestTooLarge);
            }
            let (len, end) = (len as usize, end as usize);
            if end > input.len() {
                return self.pause(
                    Place::Bulk {
                        at,
                        body: start,
                        left,
                        scanned: at,
                    },
                    end,
                );
            }
            args.push(Span::new(start, len));
            at = end;
            left -= 1;
        }
        Ok(Parsed::Complete { consumed: at })
    }

    /// What to make of bytes that do not begin with an argument's length: some may be missing, or they are wrong.
    #[cold]
    fn no_bulk(
        &mut self,
        input: &[u8],
        (at, left, scanned): (usize, i64, usize),
        limits: &RequestLimits,
    ) -> Result<Parsed, ProtocolError> {
        match line_end(input, at, scanned, limits.max_inline) {
            LineEnd::Here if input[at] != b'$' => Err(ProtocolError::ExpectedBulk(input[at])),
            LineEnd::Here => Err(ProtocolError::InvalidBulkLength),
            LineEnd::TooFar => Err(ProtocolError::BulkLengthTooLong),
            LineEnd::Behind { scanned } => {
                let body = at;
                let place = Place::Bulk {
                    at,
                    body,
                    left,
                    scanned,
                };
                self.pause(place, 0)
            }
        }
    }

    #[cold]
    fn line(
        &mut self,
        input: &[u8],
        scanned: usize,
        limits: &RequestLimits,
        args: &mut Vec<Span>,
    ) -> Result<Parsed, ProtocolError> {
        let unseen = input.get(scanned..).unwrap_or_default();
        let end = unseen
            .iter()
            .position(|byte| *byte == b'\n')
            .map(|ahead| scanned + ahead);
        if end.unwrap_or(input.len()) > limits.max_inline.min(u32::MAX as usize) {
            return Err(ProtocolError::InlineTooLong);
        }
        let Some(end) = end else {
            return self.pause(
                Place::Line {
                    scanned: input.len(),
                },
                0,
            );
        };
        let line = &input[..end];
        let line = inline::split(line.strip_suffix(b"\r").unwrap_or(line), args)
            .map_err(|inline::UnbalancedQuotes| ProtocolError::UnbalancedQuotes)?;
        let consumed = end + 1;
        Ok(if args.is_empty() {
            Parsed::Complete { consumed }
        } else {
            Parsed::Inline { consumed, line }
        })
    }

    fn pause(&mut self, place: Place, need: usize) -> Result<Parsed, ProtocolError> {
        self.place = place;
        Ok(Parsed::Incomplete { need })
    }
}

fn bulk_len(len: i64, limits: &RequestLimits) -> Result<u64, ProtocolError> {
    let Some(len) = u64::try_from(len)
        .ok()
        .filter(|len| *len <= limits.max_bulk)
    else {
        return Err(ProtocolError::InvalidBulkLength);
    };
    if len > Sender::STRANGER_BULK && limits.sender == Sender::Stranger {
        return Err(ProtocolError::UnauthenticatedBulkLength);
    }
    Ok(len)
}

/// The number behind the type byte at `at`, and where the next line starts. `None` unless the line is there as a whole
/// and is a number the way Redis writes it: no `+`, no leading zeros, no `-0`.
#[inline]
fn number(input: &[u8], at: usize) -> Option<(i64, usize)> {
    let negative = input.get(at + 1) == Some(&b'-');
    let first = at + 1 + usize::from(negative);
    let mut end = first;
    let mut value: u64 = 0;
    let stop = loop {
        let byte = *input.get(end)?;
        let digit = byte.wrapping_sub(b'0');
        // Nineteen digits fit 64 bits.
        if digit > 9 || end - first == 19 {
            break byte;
        }
        value = value * 10 + u64::from(digit);
        end += 1;
    };
    let leading_zero = input[first] == b'0' && (end - first > 1 || negative);
    if stop != b'\r' || end == first || leading_zero || end + 1 >= input.len() {
        return None;
    }
    let value = if negative {
        0i64.checked_sub_unsigned(value)
    } else {
        i64::try_from(value).ok()
    };
    Some((value?, end + 2))
}

enum LineEnd {
    /// Its `\r` and the byte behind that are there.
    Here,
    /// Not within the limit.
    TooFar,
    /// Has not arrived.
    Behind { scanned: usize },
}

/// Looks for the end of the line that starts at `at`; before `scanned` there is none.
fn line_end(input: &[u8], at: usize, scanned: usize, max_inline: usize) -> LineEnd {
    let scanned = scanned.max(at).min(input.len());
    let end = input[scanned..]
        .iter()
        .position(|byte| *byte == b'\r')
        .map_or(input.len(), |ahead| scanned + ahead);
    if end - at.min(end) > max_inline {
        LineEnd::TooFar
    } else if end + 1 < input.len() {
        LineEnd::Here
    } else {
        LineEnd::Behind { scanned: end }
    }
}

#[cfg(test)]
mod tests {
    use super::ProtocolError::*;
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;
    use redis_protocol::resp2::decode::decode;
    use redis_protocol::resp2::encode::encode;
    use redis_protocol::resp2::types::{OwnedFrame, Resp2Frame};

    const ERRORS: &[(&[u8], ProtocolError)] = &[
        (b"*1\r\n$-1\r\n", InvalidBulkLength),
        (b"*1\r\n$\r\n", InvalidBulkLength),
        (b"*1\r\n$04\r\nPING\r\n", InvalidBulkLength),
        (b"*1\r\n$-0\r\n", InvalidBulkLength),
        (b"*1\r\n$4x\r\n", InvalidBulkLength),
        (b"*1\r\n$536870913\r\n", InvalidBulkLength),
        (b"*1\r\n$18446744073709551620\r\n", InvalidBulkLength),
        (b"*2147483648\r\n", InvalidArrayLength),
        (b"*4294967297\r\n", InvalidArrayLength),
        (b"*9223372036854775808\r\n", InvalidArrayLength),
        (b"*99999999999999999999999\r\n", InvalidArrayLength),
        (b"*1 \r\n", InvalidArrayLength),
        (b"* 1\r\n", InvalidArrayLength),
        (b"*\r\n", InvalidArrayLength),
        (b"*\r\r\n", InvalidArrayLength),
        (b"*-\r\n", InvalidArrayLength),
        (b"*+1\r\n", InvalidArrayLength),
        (b"*01\r\n", InvalidArrayLength),
        (b"*-0\r\n", InvalidArrayLength),
        (b"*1\0\r\n", InvalidArrayLength),
        (b"*1\r\n4\r\n", ExpectedBulk(b'4')),
        (b"*1\r\n:4\r\n", ExpectedBulk(b':')),
        (b"*1\r\n\r\n", ExpectedBulk(b'\r')),
        (b"*1\r\n\n\r\n", ExpectedBulk(b'\n')),
        (b"*2\r\n$1\r\na\r\n\xff\r\n", ExpectedBulk(0xff)),
        (b"echo \"abc\r\n", UnbalancedQuotes),
        (b"echo 'a'b\n", UnbalancedQuotes),
    ];

    /// Requests, what they take, and their arguments, as redis-server 7.0.15 saw them.
    const REQUESTS: &[(&[u8], &[&[u8]])] = &[
        (b"*2\r\n$3\r\nGET\r\n$3\r\nkey\r\n", &[b"GET", b"key"]),
        (b"*1\r\n$0\r\n\r\n", &[b""]),
        (b"*1\r\n$4\r\nPINGXX", &[b"PING"]),
        (b"*1\r\n$4\rXPING\r\n", &[b"PING"]),
        (b"*1\rX$4\r\nPING\r\n", &[b"PING"]),
        (b"*1\r\n$6\r\na\r\nb\0\xff\r\n", &[b"a\r\nb\0\xff"]),
        (b"*0\r\n", &[]),
        (b"*-1\r\n", &[]),
        (b"*-5\r\n", &[]),
        (b"*-9223372036854775808\r\n", &[]),
        (b"\r\n", &[]),
        (b"\n", &[]),
        (b"   \r\n", &[]),
        (b"PING\n", &[b"PING"]),
        (b"PING\r\n", &[b"PING"]),
        (b"set 'a b' \"\\x00\"\r\n", &[b"set", b"a b", b"\0"]),
        (b"a\0b c\n", &[b"a\0b", b"c"]),
    ];

    type Outcome = Result<Option<(usize, Vec<Vec<u8>>)>, ProtocolError>;

    fn outcome(parsed: Result<Parsed, ProtocolError>, input: &[u8], args: &[Span]) -> Outcome {
        let owned = |bytes: &[u8]| args.iter().map(|span| span.of(bytes).to_vec()).collect();
        Ok(match parsed? {
            Parsed::Complete { consumed } => Some((consumed, owned(input))),
            Parsed::Inline { consumed, line } => Some((consumed, owned(&line))),
            Parsed::Incomplete { need } => {
                assert!(
                    need == 0 || need > input.len(),
                    "{need} bytes are there already"
                );
                None
            }
        })
    }

    fn whole(input: &[u8], limits: &RequestLimits) -> Outcome {
        let mut args = Vec::new();
        let parsed = RequestParser::default().parse(input, limits, &mut args);
        outcome(parsed, input, &args)
    }

    /// Hands in `input` in pieces that end at `ends`, then as a whole.
    fn pieces(
        input: &[u8],
        ends: impl IntoIterator<Item = usize>,
        limits: &RequestLimits,
    ) -> Outcome {
        let (mut parser, mut args) = (RequestParser::default(), Vec::new());
        for end in ends.into_iter().chain([input.len()]) {
            let parsed = parser.parse(&input[..end], limits, &mut args);
            let outcome = outcome(parsed, &input[..end], &args);
            if outcome != Ok(None) {
                return outcome;
            }
        }
        Ok(None)
    }

    fn error(input: &[u8], limits: &RequestLimits) -> ProtocolError {
        whole(input, limits).expect_err("the input is no request")
    }

    #[test]
    fn every_error_is_found_however_the_bytes_arrive() {
        let limits = RequestLimits::default();
        for (input, expected) in ERRORS {
            assert_eq!(
                whole(input, &limits),
                Err(*expected),
                "{}",
                input.escape_ascii()
            );
            for end in 0..input.len() {
                let found = pieces(input, [end], &limits);
                assert_eq!(found, Err(*expected), "{} at {end}", input.escape_ascii());
            }
            assert_eq!(
                pieces(input, 0..input.len(), &limits),
                Err(*expected),
                "{}",
                input.escape_ascii()
            );
        }
    }

    #[test]
    fn requests_are_found_however_the_bytes_arrive() {
        let limits = RequestLimits::default();
        for (input, args) in REQUESTS {
            let expected = Ok(Some((
                input.len(),
                args.iter().map(|arg| arg.to_vec()).collect(),
            )));
            let followed = [input, &b"*1\r\n$4\r\nNEXT\r\n"[..]].concat();
            assert_eq!(
                whole(&followed, &limits),
                expected,
                "{}",
                input.escape_ascii()
            );
            for end in 0..input.len() {
                assert_eq!(
                    whole(&input[..end], &limits),
                    Ok(None),
                    "{} to {end}",
                    input.escape_ascii()
                );
                assert_eq!(
                    pieces(input, [end], &limits),
                    expected,
                    "{} at {end}",
                    input.escape_ascii()
                );
            }
            assert_eq!(
                pieces(input, 0..input.len(), &limits),
                expected,
                "{}",
                input.escape_ascii()
            );
        }
    }

    #[test]
    fn error_texts_are_those_of_redis() {
        let texts: &[(ProtocolError, &[u8])] = &[
            (InvalidArrayLength, b"invalid multibulk length"),
            (InvalidBulkLength, b"invalid bulk length"),
            (ExpectedBulk(b'4'), b"expected '$', got '4'"),
            (ExpectedBulk(b'\r'), b"expected '$', got ' '"),
            (ExpectedBulk(b'\n'), b"expected '$', got ' '"),
            (ExpectedBulk(0xff), b"expected '$', got '\xff'"),
            (ArrayLengthTooLong, b"too big mbulk count string"),
            (BulkLengthTooLong, b"too big bulk count string"),
            (InlineTooLong, b"too big inline request"),
            (UnbalancedQuotes, b"unbalanced quotes in request"),
            (
                UnauthenticatedArrayLength,
                b"unauthenticated multibulk length",
            ),
            (UnauthenticatedBulkLength, b"unauthenticated bulk length"),
        ];
        for (error, text) in texts {
            assert_eq!(*error.text(), **text);
        }
    }

    #[test]
    fn lines_have_a_limit_whether_their_end_is_there_or_not() {
        let limits = RequestLimits::default();
        for (start, byte, expected) in [
            (&b""[..], b'a', InlineTooLong),
            (b"*", b'1', ArrayLengthTooLong),
            (b"*1\r\n$", b'1', BulkLengthTooLong),
            (b"*1\r\n", b'1', BulkLengthTooLong),
        ] {
            let line_start = if start.len() > 1 { 4 } else { 0 };
            let mut input = start.to_vec();
            input.resize(line_start + limits.max_inline, byte);
            assert_eq!(whole(&input, &limits), Ok(None));
            input.push(byte);
            assert_eq!(error(&input, &limits), expected);
            input.extend_from_slice(b"\r\n");
            assert_eq!(error(&input, &limits), expected);
            assert_eq!(pieces(&input, [10, 100, 60_000], &limits), Err(expected));
        }
    }

    #[test]
    fn strangers_may_send_less() {
        let limits = RequestLimits {
            sender: Sender::Stranger,
            ..RequestLimits::default()
        };
        assert_eq!(whole(b"*10\r\n$16384\r\n", &limits), Ok(None));
        assert_eq!(error(b"*11\r\n", &limits), UnauthenticatedArrayLength);
        assert_eq!(
            error(b"*1\r\n$16385\r\n", &limits),
            UnauthenticatedBulkLength
        );
        assert_eq!(error(b"*2147483648\r\n", &limits), InvalidArrayLength);
        assert_eq!(error(b"*1\r\n$536870913\r\n", &limits), InvalidBulkLength);
    }

    #[test]
    fn a_request_ends_below_four_gib() {
        let limits = RequestLimits {
            max_bulk: u64::MAX,
            ..RequestLimits::default()
        };
        assert_eq!(error(b"*1\r\n$4294967295\r\n", &limits), RequestTooLarge);
        assert_eq!(
            error(b"*1\r\n$9223372036854775807\r\n", &limits),
            RequestTooLarge
        );
        let header = b"*1\r\n$4294967275\r\n";
        let parsed = RequestParser::default().parse(header, &limits, &mut Vec::new());
        assert_eq!(
            parsed,
            Ok(Parsed::Incomplete {
                need: header.len() + 4_294_967_275 + 2
            })
        );
    }

    #[test]
    fn the_need_of_a_big_argument_is_told() {
        let (mut parser, mut args) = (RequestParser::default(), Vec::new());
        let limits = RequestLimits::default();
        let mut tell = |input: &[u8]| parser.parse(input, &limits, &mut args).unwrap();
        assert_eq!(
            tell(b"*2\r\n$1\r\na\r\n$100"),
            Parsed::Incomplete { need: 0 }
        );
        assert_eq!(
            tell(b"*2\r\n$1\r\na\r\n$1000000\r\n"),
            Parsed::Incomplete {
                need: 21 + 1_000_000 + 2
            }
        );
    }

    #[test]
    fn a_restart_takes_other_args() {
        let input = b"*2\r\n$3\r\nGET\r\n$3\r\nkey\r\n";
        let (mut parser, limits) = (RequestParser::default(), RequestLimits::default());
        let parsed = parser.parse(&input[..15], &limits, &mut Vec::new());
        assert_eq!(parsed, Ok(Parsed::Incomplete { need: 0 }));
        parser.restart();
        let mut args = vec![Span::new(7, 7); 3];
        assert_eq!(
            parser.parse(input, &limits, &mut args),
            Ok(Parsed::Complete { consumed: 22 })
        );
        assert_eq!(args, [Span::new(8, 3), Span::new(17, 3)]);
    }

    fn encoded(args: &[Vec<u8>]) -> Vec<u8> {
        let frame = OwnedFrame::Array(args.iter().cloned().map(OwnedFrame::BulkString).collect());
        let mut bytes = vec![0; frame.encode_len(false)];
        let len = encode(&mut bytes, &frame, false).unwrap();
        bytes.truncate(len);
        bytes
    }

    /// The arguments if redis-protocol takes `input` for a request.
    fn oracle(input: &[u8]) -> Option<(usize, Vec<Vec<u8>>)> {
        let (OwnedFrame::Array(frames), consumed) = decode(input).ok()?? else {
            return None;
        };
        let args = frames.into_iter().map(|frame| match frame {
            OwnedFrame::BulkString(bytes) => Some(bytes),
            _ => None,
        });
        Some((consumed, args.collect::<Option<_>>()?))
    }

    /// Bytes that look enough like requests to get deep into the parser.
    fn nearly_a_request() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop_oneof![
            4 => (0..4i64).prop_map(|count| format!("*{count}\r\n").into_bytes()),
            8 => vec(any::<u8>(), 0..12)
                .prop_map(|arg| [format!("${}\r\n", arg.len()).as_bytes(), &arg, b"\r\n"].concat()),
            1 => any::<i64>().prop_map(|count| format!("*{count}\r\n").into_bytes()),
            1 => any::<i64>().prop_map(|len| format!("${len}\r\n").into_bytes()),
            1 => "[ -~]{0,12}\r?\n".prop_map(String::into_bytes),
            1 => vec(any::<u8>(), 0..20),
        ];
        vec(piece, 0..8).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn what_the_oracle_encodes_is_read_back(
            args in vec(vec(any::<u8>(), 0..40), 1..12),
            mut ends in vec(any::<prop::sample::Index>(), 0..6),
        ) {
            let input = encoded(&args);
            let mut ends: Vec<usize> = ends.drain(..).map(|end| end.index(input.len())).collect();
            ends.sort_unstable();
            let found = pieces(&input, ends, &RequestLimits::default());
            prop_assert_eq!(found, Ok(Some((input.len(), args))));
        }

        #[test]
        fn whoever_finds_a_request_finds_the_same(input in nearly_a_request()) {
            // The oracle does not mind `+` and zeros before a number, and Redis not what is behind a bulk string.
            let found = whole(&input, &RequestLimits::default());
            if let (Ok(Some(found)), Some(expected)) = (found, oracle(&input)) {
                prop_assert_eq!(found, expected);
            }
        }

        #[test]
        fn pieces_change_nothing(input in nearly_a_request(), limit in 24usize..80) {
            let limits = RequestLimits { max_inline: limit, ..RequestLimits::default() };
            prop_assert_eq!(pieces(&input, 0..input.len(), &limits), whole(&input, &limits));
        }
    }

    /// Takes longer than a test should: `DARTER_FUZZ_CASES=10000000 cargo test --release -- --ignored fuzz_request`.
    #[test]
    #[ignore = "a long run on request"]
    fn fuzz_request() {
        let cases = std::env::var("DARTER_FUZZ_CASES")
            .ok()
            .and_then(|cases| cases.parse().ok())
            .unwrap_or(1_000_000);
        let config = ProptestConfig {
            cases,
            failure_persistence: None,
            ..ProptestConfig::default()
        };
        let inputs = (nearly_a_request(), any::<u16>(), 24usize..80);
        proptest!(config, |((input, end, limit) in inputs)| {
            let limits = RequestLimits { max_inline: limit, ..RequestLimits::default() };
            let end = usize::from(end) % (input.len() + 1);
            prop_assert_eq!(pieces(&input, [end], &limits), whole(&input, &limits));
        });
    }
}
