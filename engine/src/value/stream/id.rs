//! The id of a stream's entry: a time in milliseconds and a sequence number within it, written `ms-seq`.

use std::fmt;

/// See the top of the file. Ids are ordered by time, then by sequence number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId {
    /// Milliseconds since 1970, or whatever the client said.
    pub ms: u64,
    /// Tells entries of the same millisecond apart.
    pub seq: u64,
}

/// The sequence number as a client wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sequence {
    /// `5-3`
    Given(u64),
    /// `5`
    Missing,
    /// `5-*`
    Auto,
}

/// Longer words are no ids.
const LONGEST: usize = 127;

impl StreamId {
    /// The least id. No entry has it.
    pub const MIN: StreamId = StreamId { ms: 0, seq: 0 };
    /// The greatest id.
    pub const MAX: StreamId = StreamId {
        ms: u64::MAX,
        seq: u64::MAX,
    };

    /// `ms-seq`.
    pub const fn new(ms: u64, seq: u64) -> StreamId {
        StreamId { ms, seq }
    }

    /// The id right behind this one. None behind the greatest.
    pub fn next(self) -> Option<StreamId> {
        match self.seq.checked_add(1) {
            Some(seq) => Some(StreamId { seq, ..self }),
            None => self.ms.checked_add(1).map(|ms| StreamId { ms, seq: 0 }),
        }
    }

    /// The id right before this one. None before the least.
    pub fn previous(self) -> Option<StreamId> {
        match self.seq.checked_sub(1) {
            Some(seq) => Some(StreamId { seq, ..self }),
            None => self
                .ms
                .checked_sub(1)
                .map(|ms| StreamId { ms, seq: u64::MAX }),
        }
    }

    /// Reads an id; a missing sequence number becomes `missing`. None for what is no complete id.
    pub fn parse(word: &[u8], missing: u64) -> Option<StreamId> {
        let (ms, sequence) = StreamId::parse_parts(word)?;
        let seq = match sequence {
            Sequence::Given(seq) => seq,
            Sequence::Missing => missing,
            Sequence::Auto => return None,
        };
        Some(StreamId { ms, seq })
    }

    /// Reads the time and what is said of the sequence number.
    pub fn parse_parts(word: &[u8]) -> Option<(u64, Sequence)> {
        if word.len() > LONGEST {
            return None;
        }
        match word.iter().position(|byte| *byte == b'-') {
            None => Some((unsigned(word)?, Sequence::Missing)),
            Some(dash) => {
                let ms = unsigned(&word[..dash])?;
                let sequence = match &word[dash + 1..] {
                    b"*" => Sequence::Auto,
                    seq => Sequence::Given(unsigned(seq)?),
                };
                Some((ms, sequence))
            }
        }
    }

    /// Its text, without an allocation.
    #[inline]
    pub fn text(self) -> IdText {
        let mut text = IdText {
            bytes: [0; IdText::LONGEST],
            len: 0,
        };
        let mut buffer = itoa::Buffer::new();
        text.push(buffer.format(self.ms).as_bytes());
        text.push(b"-");
        text.push(buffer.format(self.seq).as_bytes());
        text
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.ms, self.seq)
    }
}

/// The text of an id.
#[derive(Clone, Copy)]
pub struct IdText {
    bytes: [u8; IdText::LONGEST],
    len: u8,
}

impl IdText {
    const LONGEST: usize = 41;

    #[inline]
    fn push(&mut self, part: &[u8]) {
        let start = self.len as usize;
        self.bytes[start..start + part.len()].copy_from_slice(part);
        self.len += part.len() as u8;
    }

    /// The characters.
    #[inline]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..self.len as usize]
    }
}

/// Reads an unsigned number as leniently as C's `strtoull`, where Redis falls back to it: blanks and a `+` may stand in
/// front, leading zeros too.
fn unsigned(word: &[u8]) -> Option<u64> {
    let start = word
        .iter()
        .position(|byte| !byte.is_ascii_whitespace() && *byte != 0x0b)?;
    let digits = match &word[start..] {
        [b'+', digits @ ..] => digits,
        digits => digits,
    };
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_u64, |number, byte| {
        let digit = char::from(*byte).to_digit(10)?;
        number.checked_mul(10)?.checked_add(digit.into())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_and_written() {
        for (word, id) in [
            ("0-0", StreamId::MIN),
            ("5-3", StreamId::new(5, 3)),
            ("18446744073709551615-18446744073709551615", StreamId::MAX),
        ] {
            assert_eq!(StreamId::parse(word.as_bytes(), 9), Some(id));
            assert_eq!(id.text().bytes(), word.as_bytes());
            assert_eq!(id.to_string(), word);
        }
        assert_eq!(StreamId::parse(b"5", 9), Some(StreamId::new(5, 9)));
        assert_eq!(StreamId::parse(b"+05-007", 9), Some(StreamId::new(5, 7)));
        assert_eq!(StreamId::parse_parts(b"7-*"), Some((7, Sequence::Auto)));
        for word in [
            "",
            "-",
            "+",
            "5-",
            "-5",
            "5-x",
            "x-5",
            "1-2-3",
            "5-*",
            "*",
            "5 ",
            "5.0",
            "18446744073709551616",
            "1--1",
        ] {
            assert_eq!(StreamId::parse(word.as_bytes(), 0), None, "{word}");
        }
        assert_eq!(StreamId::parse(&[b'0'; 128], 0), None);
    }

    #[test]
    fn neighbours_carry_over() {
        let edge = StreamId::new(1, u64::MAX);
        assert_eq!(edge.next(), Some(StreamId::new(2, 0)));
        assert_eq!(StreamId::new(2, 0).previous(), Some(edge));
        assert_eq!(StreamId::MAX.next(), None);
        assert_eq!(StreamId::MIN.previous(), None);
        assert!(edge < StreamId::new(2, 0));
    }
}
