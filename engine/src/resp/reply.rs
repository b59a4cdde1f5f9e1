//! Writes replies in RESP2 or RESP3 (<https://redis.io/docs/latest/develop/reference/protocol-spec/>).
//!
//! Invariants:
//! - Every method appends one whole element or one whole aggregate header, so a reply that a handler abandons half way is
//!   undone by truncating the buffer to the length it had before.
//! - A reply beyond its bound gets no further elements. It is longer than its reader's output limit, which closes it.

use super::double::DoubleText;
use super::reply_bound::ReplyBound;

/// The protocol version a client speaks, as chosen by HELLO.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Protocol {
    /// RESP2, what every connection starts with.
    #[default]
    Resp2,
    /// RESP3: maps, sets, doubles, booleans, pushes.
    Resp3,
}

/// Appends replies to a buffer in the protocol of the client that will read them.
pub struct ReplyWriter<'a> {
    out: &'a mut Vec<u8>,
    protocol: Protocol,
    /// Beyond this length of the buffer the reply is full.
    end: usize,
}

impl<'a> ReplyWriter<'a> {
    /// A writer that appends to `out`.
    pub fn new(out: &'a mut Vec<u8>, protocol: Protocol) -> Self {
        Self::bounded(out, protocol, ReplyBound::default())
    }

    /// The same for a reply that ends beyond `bound`.
    pub fn bounded(out: &'a mut Vec<u8>, protocol: Protocol, bound: ReplyBound) -> Self {
        let end = out.len().saturating_add(bound.bytes());
        ReplyWriter { out, protocol, end }
    }

    /// Whether further elements are of no use.
    #[inline]
    pub fn is_full(&self) -> bool {
        self.out.len() > self.end
    }

    /// The protocol of the reader.
    pub fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// How many bytes the buffer holds; pass it to [`ReplyWriter::truncate`] to undo what follows.
    pub fn position(&self) -> usize {
        self.out.len()
    }

    /// Takes back everything after `position`.
    pub fn truncate(&mut self, position: usize) {
        self.out.truncate(position);
    }

    /// Appends a reply that is already encoded for this reader.
    pub fn raw(&mut self, encoded: &[u8]) {
        if self.is_full() {
            return;
        }
        self.out.extend_from_slice(encoded);
    }

    /// `+OK`.
    pub fn ok(&mut self) {
        self.out.extend_from_slice(b"+OK\r\n");
    }

    /// A status line. Invariant: `text` holds no line break.
    pub fn simple(&mut self, text: &str) {
        self.line(b'+', text.as_bytes());
    }

    /// An error line, its code first (`ERR ..`). Line breaks become spaces, as an error is one line.
    pub fn error(&mut self, text: &str) {
        self.out.push(b'-');
        self.out.extend(
            text.bytes()
                .map(|b| if b == b'\r' || b == b'\n' { b' ' } else { b }),
        );
        self.out.extend_from_slice(b"\r\n");
    }

    /// A signed 64-bit integer.
    pub fn integer(&mut self, value: i64) {
        self.header(b':', value);
    }

    /// A count as an integer.
    pub fn count(&mut self, value: usize) {
        self.header(b':', value as i64);
    }

    /// A bulk string.
    pub fn bulk(&mut self, bytes: &[u8]) {
        if self.is_full() {
            return;
        }
        self.out.reserve(bytes.len() + 24);
        self.header(b'$', bytes.len() as i64);
        self.out.extend_from_slice(bytes);
        self.out.extend_from_slice(b"\r\n");
    }

    /// An integer as a bulk string, as GET answers for a number.
    pub fn bulk_integer(&mut self, value: i64) {
        self.bulk(itoa::Buffer::new().format(value).as_bytes());
    }

    /// The null of a missing value: `$-1` or `_`.
    pub fn null(&mut self) {
        self.out.extend_from_slice(match self.protocol {
            Protocol::Resp2 => b"$-1\r\n",
            Protocol::Resp3 => b"_\r\n",
        });
    }

    /// The null where an array would stand: `*-1` or `_`.
    pub fn null_array(&mut self) {
        self.out.extend_from_slice(match self.protocol {
            Protocol::Resp2 => b"*-1\r\n",
            Protocol::Resp3 => b"_\r\n",
        });
    }

    /// The header of an array of `len` elements.
    pub fn array(&mut self, len: usize) {
        self.header(b'*', len as i64);
    }

    /// The header of an array whose `len` elements were written from `position` on: for elements that are counted while
    /// they are written.
    pub fn array_at(&mut self, position: usize, len: usize) {
        let end = self.out.len();
        self.array(len);
        let header = self.out.len() - end;
        self.out[position..].rotate_right(header);
    }

    /// The header of a map of `pairs`; a flat array of twice as many elements in RESP2.
    pub fn map(&mut self, pairs: usize) {
        match self.protocol {
            Protocol::Resp2 => self.header(b'*', pairs as i64 * 2),
            Protocol::Resp3 => self.header(b'%', pairs as i64),
        }
    }

    /// The header of a set of `len` members; an array in RESP2.
    pub fn set(&mut self, len: usize) {
        match self.protocol {
            Protocol::Resp2 => self.header(b'*', len as i64),
            Protocol::Resp3 => self.header(b'~', len as i64),
        }
    }

    /// The header of an out-of-band message of `len` elements; an array in RESP2.
    pub fn push(&mut self, len: usize) {
        match self.protocol {
            Protocol::Resp2 => self.header(b'*', len as i64),
            Protocol::Resp3 => self.header(b'>', len as i64),
        }
    }

    /// The header of `pairs` attributes of the reply that follows. Nothing in RESP2, which has none: the caller must not
    /// write the pairs then.
    pub fn attribute(&mut self, pairs: usize) {
        debug_assert_eq!(self.protocol, Protocol::Resp3);
        self.header(b'|', pairs as i64);
    }

    /// A boolean; `:1` or `:0` in RESP2.
    pub fn boolean(&mut self, value: bool) {
        let text: &[u8] = match (self.protocol, value) {
            (Protocol::Resp2, true) => b":1\r\n",
            (Protocol::Resp2, false) => b":0\r\n",
            (Protocol::Resp3, true) => b"#t\r\n",
            (Protocol::Resp3, false) => b"#f\r\n",
        };
        self.out.extend_from_slice(text);
    }

    /// A floating point number; a bulk string in RESP2.
    pub fn double(&mut self, value: f64) {
        let text = DoubleText::new(value);
        match self.protocol {
            Protocol::Resp2 => self.bulk(text.as_bytes()),
            Protocol::Resp3 => self.line(b',', text.as_bytes()),
        }
    }

    /// A floating point number whose digits the caller chose; a bulk string in RESP2.
    pub fn double_text(&mut self, text: &[u8]) {
        match self.protocol {
            Protocol::Resp2 => self.bulk(text),
            Protocol::Resp3 => self.line(b',', text),
        }
    }

    /// A number too large for 64 bits, as decimal digits; a bulk string in RESP2.
    pub fn big_number(&mut self, digits: &str) {
        match self.protocol {
            Protocol::Resp2 => self.bulk(digits.as_bytes()),
            Protocol::Resp3 => self.line(b'(', digits.as_bytes()),
        }
    }

    /// Text for people with its three-letter format (`txt`, `mkd`); a bulk string in RESP2.
    pub fn verbatim(&mut self, format: &str, text: &[u8]) {
        debug_assert_eq!(format.len(), 3);
        match self.protocol {
            Protocol::Resp2 => self.bulk(text),
            Protocol::Resp3 => {
                self.header(b'=', text.len() as i64 + 4);
                self.out.extend_from_slice(format.as_bytes());
                self.out.push(b':');
                self.out.extend_from_slice(text);
                self.out.extend_from_slice(b"\r\n");
            }
        }
    }

    fn line(&mut self, kind: u8, text: &[u8]) {
        if self.is_full() {
            return;
        }
        self.out.push(kind);
        self.out.extend_from_slice(text);
        self.out.extend_from_slice(b"\r\n");
    }

    #[inline]
    fn header(&mut self, kind: u8, value: i64) {
        if (0..10).contains(&value) && !self.is_full() {
            self.out
                .extend_from_slice(&[kind, b'0' + value as u8, b'\r', b'\n']);
        } else {
            self.line(kind, itoa::Buffer::new().format(value).as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(protocol: Protocol, write: impl FnOnce(&mut ReplyWriter<'_>)) -> String {
        let mut out = Vec::new();
        write(&mut ReplyWriter::new(&mut out, protocol));
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn each_protocol_has_its_own_nulls_maps_and_doubles() {
        let both = |write: fn(&mut ReplyWriter<'_>)| {
            (
                written(Protocol::Resp2, write),
                written(Protocol::Resp3, write),
            )
        };
        assert_eq!(both(|r| r.null()), ("$-1\r\n".into(), "_\r\n".into()));
        assert_eq!(both(|r| r.map(2)), ("*4\r\n".into(), "%2\r\n".into()));
        assert_eq!(
            both(|r| r.double(1.5)),
            ("$3\r\n1.5\r\n".into(), ",1.5\r\n".into())
        );
        assert_eq!(
            both(|r| r.integer(-12)),
            (":-12\r\n".into(), ":-12\r\n".into())
        );
        assert_eq!(
            both(|r| r.verbatim("txt", b"a")),
            ("$1\r\na\r\n".into(), "=5\r\ntxt:a\r\n".into())
        );
    }

    #[test]
    fn a_full_reply_takes_no_more() {
        let mut out = b"+before\r\n".to_vec();
        let bound = ReplyBound::of_limit(1000);
        let mut reply = ReplyWriter::bounded(&mut out, Protocol::Resp2, bound);
        reply.array(100_000);
        for number in 0..100_000 {
            reply.bulk(b"some element");
            reply.integer(number);
            reply.raw(b"+raw\r\n");
        }
        assert!(reply.is_full());
        assert!(out.len() > 9 + 1024 && out.len() < 9 + 1024 + 64);
    }

    #[test]
    fn an_error_stays_on_one_line() {
        assert_eq!(
            written(Protocol::Resp2, |r| r.error("ERR a\r\nb")),
            "-ERR a  b\r\n"
        );
    }
}
