//! Reads the parts that all values are made of.

use std::borrow::Cow;

use super::fault::{Fault, FaultKind};
use super::lzf;
use engine::value::string::IntBuffer;

/// A place in bytes that should be RDB.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Where the last thing ends that was not there.
    wanted: usize,
}

/// A length, or what stands in its place for an encoded string.
enum Length {
    Plain(u64),
    Encoded(u8),
}

impl<'a> Reader<'a> {
    /// The beginning of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader {
            bytes,
            at: 0,
            wanted: 0,
        }
    }

    /// How many bytes were read.
    pub fn offset(&self) -> usize {
        self.at
    }

    /// How many are left.
    pub fn left(&self) -> usize {
        self.bytes.len() - self.at
    }

    /// After [`FaultKind::Truncated`]: how many bytes there have to be at least.
    pub fn wanted(&self) -> usize {
        self.wanted
    }

    /// A fault at this place.
    pub fn fault(&self, kind: FaultKind) -> Fault {
        Fault {
            kind,
            offset: self.at,
        }
    }

    /// The next `count` bytes.
    pub fn bytes(&mut self, count: usize) -> Result<&'a [u8], Fault> {
        let behind = &self.bytes[self.at..];
        let Some(taken) = behind.get(..count) else {
            self.wanted = self.at.saturating_add(count);
            return Err(self.fault(FaultKind::Truncated));
        };
        self.at += count;
        Ok(taken)
    }

    /// The next bytes as an array.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        let mut array = [0; N];
        array.copy_from_slice(self.bytes(N)?);
        Ok(array)
    }

    /// The next byte.
    pub fn byte(&mut self) -> Result<u8, Fault> {
        Ok(self.array::<1>()?[0])
    }

    /// Milliseconds since 1970, in 8 bytes.
    pub fn millis(&mut self) -> Result<i64, Fault> {
        Ok(i64::from_le_bytes(self.array()?))
    }

    /// A number in the form of a length.
    pub fn number(&mut self) -> Result<u64, Fault> {
        let fault = self.fault(FaultKind::Length);
        match self.length()? {
            Length::Plain(number) => Ok(number),
            Length::Encoded(_) => Err(fault),
        }
    }

    /// How many things follow that take at least `least` bytes each. More than there is room for is a fault.
    pub fn count(&mut self, least: usize) -> Result<usize, Fault> {
        let fault = self.fault(FaultKind::Length);
        let count = usize::try_from(self.number()?).map_err(|_| fault)?;
        match count.checked_mul(least) {
            Some(bytes) if bytes <= self.left() => Ok(count),
            _ => Err(fault),
        }
    }

    fn length(&mut self) -> Result<Length, Fault> {
        let fault = self.fault(FaultKind::Length);
        let first = self.byte()?;
        let low = first & 0x3f;
        Ok(match (first >> 6, low) {
            (0, _) => Length::Plain(low.into()),
            (1, _) => Length::Plain(u64::from(low) << 8 | u64::from(self.byte()?)),
            (2, 0) => Length::Plain(u32::from_be_bytes(self.array()?).into()),
            (2, 1) => Length::Plain(u64::from_be_bytes(self.array()?)),
            (2, _) => return Err(fault),
            _ => Length::Encoded(low),
        })
    }

    /// A string.
    pub fn string(&mut self) -> Result<Cow<'a, [u8]>, Fault> {
        let start = self.clone();
        let integer = |number: i64| {
            let mut buffer = IntBuffer::new();
            Ok(Cow::Owned(buffer.format(number).to_vec()))
        };
        match self.length()? {
            Length::Plain(length) => {
                let length = usize::try_from(length).map_err(|_| start.fault(FaultKind::Length))?;
                self.bytes(length).map(Cow::Borrowed)
            }
            Length::Encoded(0) => integer(i8::from_le_bytes(self.array()?).into()),
            Length::Encoded(1) => integer(i16::from_le_bytes(self.array()?).into()),
            Length::Encoded(2) => integer(i32::from_le_bytes(self.array()?).into()),
            Length::Encoded(3) => self.compressed(&start).map(Cow::Owned),
            Length::Encoded(_) => Err(start.fault(FaultKind::StringEncoding)),
        }
    }

    /// Passes over a string without a look at what it says.
    pub fn skip_string(&mut self) -> Result<(), Fault> {
        let fault = self.fault(FaultKind::Length);
        let length = match self.length()? {
            Length::Plain(length) => length,
            Length::Encoded(0) => 1,
            Length::Encoded(1) => 2,
            Length::Encoded(2) => 4,
            Length::Encoded(3) => {
                let packed = self.number()?;
                self.number()?;
                packed
            }
            Length::Encoded(_) => {
                let kind = FaultKind::StringEncoding;
                return Err(Fault { kind, ..fault });
            }
        };
        let length = usize::try_from(length).map_err(|_| fault)?;
        self.bytes(length).map(drop)
    }

    fn compressed(&mut self, start: &Reader<'a>) -> Result<Vec<u8>, Fault> {
        let packed = self.count(1)?;
        let fault = start.fault(FaultKind::Compression);
        let length = usize::try_from(self.number()?).map_err(|_| fault)?;
        lzf::decompress(self.bytes(packed)?, length).ok_or(fault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<Vec<u8>, Fault> {
        let mut reader = Reader::new(bytes);
        let string = reader.string()?.into_owned();
        assert_eq!(reader.left(), 0);
        Ok(string)
    }

    #[test]
    fn strings_come_in_all_encodings() {
        for (bytes, text) in [
            (&b"\x02ab"[..], &b"ab"[..]),
            (b"\x40\x02ab", b"ab"),
            (b"\x80\0\0\0\x02ab", b"ab"),
            (b"\x81\0\0\0\0\0\0\0\x02ab", b"ab"),
            (b"\xc0\xff", b"-1"),
            (b"\xc1\0\x80", b"-32768"),
            (b"\xc2\xff\xff\xff\x7f", b"2147483647"),
            (b"\xc3\x05\x15\0a\xe0\x0b\0", &[b'a'; 21]),
        ] {
            assert_eq!(read(bytes).as_deref(), Ok(text), "{bytes:?}");
        }
    }

    #[test]
    fn faults_name_their_place() {
        for (bytes, kind, offset) in [
            (&b""[..], FaultKind::Truncated, 0),
            (b"\x02a", FaultKind::Truncated, 1),
            (b"\x82", FaultKind::Length, 0),
            (b"\xc4", FaultKind::StringEncoding, 0),
            (b"\xc0", FaultKind::Truncated, 1),
            (b"\xc3\x05\x16\0a\xe0\x0b\0", FaultKind::Compression, 0),
            (b"\xc3\x06\x15\0a", FaultKind::Length, 1),
            (
                b"\x81\xff\xff\xff\xff\xff\xff\xff\xff",
                FaultKind::Truncated,
                9,
            ),
        ] {
            assert_eq!(read(bytes), Err(Fault { kind, offset }), "{bytes:?}");
        }
    }
}
