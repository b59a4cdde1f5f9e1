//! Writes the parts that all values are made of.

use super::format::Version;
use super::lzf;
use engine::packed::element::Element;
use engine::value::string::{IntBuffer, StringRef, parse_int};

/// Strings up to this length are not worth compressing.
const SHORT: usize = 20;
/// Texts of integers of 32 bits are at most so long.
const LONGEST_INTEGER: usize = 11;

/// Appends to bytes.
pub struct Writer<'a> {
    out: &'a mut Vec<u8>,
    version: Version,
    compresses: bool,
}

impl<'a> Writer<'a> {
    /// Appends to `out` what readers of `version` know; compresses long strings if `compresses` says so.
    pub fn new(out: &'a mut Vec<u8>, version: Version, compresses: bool) -> Writer<'a> {
        Writer {
            out,
            version,
            compresses,
        }
    }

    /// The version that readers know.
    pub fn version(&self) -> Version {
        self.version
    }

    /// Bytes as they are.
    pub fn raw(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    /// Milliseconds since 1970, in 8 bytes.
    pub fn millis(&mut self, millis: i64) {
        self.raw(&millis.to_le_bytes());
    }

    /// A number in the form of a length.
    pub fn number(&mut self, number: u64) {
        if number < 1 << 6 {
            self.out.push(number as u8);
        } else if number < 1 << 14 {
            self.raw(&[0x40 | (number >> 8) as u8, number as u8]);
        } else if let Ok(number) = u32::try_from(number) {
            self.out.push(0x80);
            self.raw(&number.to_be_bytes());
        } else {
            self.out.push(0x81);
            self.raw(&number.to_be_bytes());
        }
    }

    /// A string: an integer where it is one, compressed where that helps.
    pub fn string(&mut self, bytes: &[u8]) {
        let number = match bytes.len() {
            ..=LONGEST_INTEGER => parse_int(bytes),
            _ => None,
        };
        let is_short = number.is_some_and(|number| self.short_integer(number));
        if is_short || (self.compresses && bytes.len() > SHORT && self.compressed(bytes)) {
            return;
        }
        self.number(bytes.len() as u64);
        self.raw(bytes);
    }

    /// The text of an integer.
    pub fn integer(&mut self, number: i64) {
        if !self.short_integer(number) {
            let mut buffer = IntBuffer::new();
            let text = buffer.format(number);
            self.number(text.len() as u64);
            self.raw(text);
        }
    }

    /// An element of a collection.
    pub fn element(&mut self, element: Element<'_>) {
        match element {
            Element::Int(number) => self.integer(number),
            Element::Bytes(bytes) => self.string(bytes),
        }
    }

    /// A string of the keyspace.
    pub fn string_value(&mut self, string: StringRef<'_>) {
        match string {
            StringRef::Int(number) => self.integer(number),
            StringRef::Embedded(bytes) | StringRef::Raw(bytes) => self.string(bytes),
        }
    }

    /// Returns whether the number has 32 bits or less; it is written then.
    fn short_integer(&mut self, number: i64) -> bool {
        if let Ok(number) = i8::try_from(number) {
            self.raw(&[0xc0, number as u8]);
        } else if let Ok(number) = i16::try_from(number) {
            self.out.push(0xc1);
            self.raw(&number.to_le_bytes());
        } else if let Ok(number) = i32::try_from(number) {
            self.out.push(0xc2);
            self.raw(&number.to_le_bytes());
        } else {
            return false;
        }
        true
    }

    /// Returns whether the string shrank by more than 4 bytes, as Redis wants it; it is written then.
    fn compressed(&mut self, bytes: &[u8]) -> bool {
        let mut packed = Vec::new();
        if !lzf::compress(bytes, bytes.len() - 4, &mut packed) {
            return false;
        }
        self.out.push(0xc3);
        self.number(packed.len() as u64);
        self.number(bytes.len() as u64);
        self.raw(&packed);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rdb::reader::Reader;
    use proptest::prelude::*;

    fn written(compresses: bool, write: impl FnOnce(&mut Writer<'_>)) -> Vec<u8> {
        let mut out = Vec::new();
        write(&mut Writer::new(&mut out, Version::V10, compresses));
        out
    }

    #[test]
    fn the_bytes_are_those_of_the_format() {
        for (text, bytes) in [
            (&b"ab"[..], &b"\x02ab"[..]),
            (b"-1", b"\xc0\xff"),
            (b"-01", b"\x03-01"),
            (b"300", b"\xc1\x2c\x01"),
            (b"2147483647", b"\xc2\xff\xff\xff\x7f"),
            (b"2147483648", b"\x0a2147483648"),
        ] {
            assert_eq!(written(true, |writer| writer.string(text)), bytes);
        }
        let long = [b'a'; 100];
        assert!(written(true, |writer| writer.string(&long)).len() < 12);
        assert_eq!(written(false, |writer| writer.string(&long)).len(), 102);
    }

    proptest! {
        #[test]
        fn strings_and_numbers_come_back(
            text in prop_oneof![
                prop::collection::vec(any::<u8>(), 0..200),
                prop::collection::vec(0..3_u8, 0..20_000),
                any::<i64>().prop_map(|number| number.to_string().into_bytes()),
            ],
            number in any::<u64>(),
            shift in 0..64_u32,
        ) {
            let bytes = written(true, |writer| {
                writer.string(&text);
                writer.number(number >> shift);
            });
            let mut reader = Reader::new(&bytes);
            prop_assert_eq!(reader.string().map(|string| string.into_owned()), Ok(text));
            prop_assert_eq!(reader.number(), Ok(number >> shift));
            prop_assert_eq!(reader.left(), 0);
        }
    }
}
