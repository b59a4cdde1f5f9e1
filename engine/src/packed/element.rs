//! One element of a listpack: an integer or a string, and how its bytes look.
//!
//! ```text
//! 0xxxxxxx                                unsigned integer of 7 bits
//! 10llllll ..                             string of up to 63 bytes
//! 110xxxxx xxxxxxxx                       signed integer of 13 bits, high byte first
//! 1110llll llllllll ..                    string of up to 4095 bytes, high byte of the length first
//! 11110000 llllllll x4 ..                 longer string, length in 32 bits, low byte first
//! 11110001, 11110010, 11110011, 11110100  signed integer of 16, 24, 32, 64 bits behind it, low byte first
//! ```
//!
//! Behind these bytes stands their number, for walking backwards: 1 to 5 bytes of 7 bits each, read from the last byte
//! to the first, and every byte but the last one read has its top bit set. 16383 and 2097151 already take the next size,
//! as in Redis.

use crate::value::string::{IntBuffer, int_len, parse_int};

/// What a listpack holds at one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Element<'a> {
    /// An integer: a string in the one text that such a number prints as.
    Int(i64),
    /// Any other string.
    Bytes(&'a [u8]),
}

/// A text to compare many elements with; what number it is is found out once.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    bytes: &'a [u8],
    number: Option<i64>,
}

impl<'a> Wanted<'a> {
    /// Looks for `bytes`.
    #[inline]
    pub fn new(bytes: &'a [u8]) -> Wanted<'a> {
        Wanted {
            bytes,
            number: parse_int(bytes),
        }
    }
}

impl<'a> From<i64> for Element<'a> {
    #[inline]
    fn from(number: i64) -> Element<'a> {
        Element::Int(number)
    }
}

impl<'a> From<&'a [u8]> for Element<'a> {
    /// Finds integers among strings.
    #[inline]
    fn from(bytes: &'a [u8]) -> Element<'a> {
        parse_int(bytes).map_or(Element::Bytes(bytes), Element::Int)
    }
}

impl<'a, const N: usize> From<&'a [u8; N]> for Element<'a> {
    fn from(bytes: &'a [u8; N]) -> Element<'a> {
        Element::from(bytes.as_slice())
    }
}

impl<'a> Element<'a> {
    /// Length of the text in bytes.
    #[inline]
    pub fn len(&self) -> usize {
        match *self {
            Element::Int(number) => int_len(number),
            Element::Bytes(bytes) => bytes.len(),
        }
    }

    /// Whether it is the empty string.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The text; the buffer is used for that of an integer.
    #[inline]
    pub fn bytes<'b>(&self, buffer: &'b mut IntBuffer) -> &'b [u8]
    where
        'a: 'b,
    {
        match *self {
            Element::Int(number) => buffer.format(number),
            Element::Bytes(bytes) => bytes,
        }
    }

    /// Hands the text to `read`.
    #[inline]
    pub fn with_bytes<R>(&self, read: impl FnOnce(&[u8]) -> R) -> R {
        read(self.bytes(&mut IntBuffer::new()))
    }

    /// A copy of the text.
    pub fn to_vec(&self) -> Vec<u8> {
        self.with_bytes(<[u8]>::to_vec)
    }

    /// The number it is, also of a string that was packed without looking for one.
    #[inline]
    pub fn as_int(&self) -> Option<i64> {
        match *self {
            Element::Int(number) => Some(number),
            Element::Bytes(bytes) => parse_int(bytes),
        }
    }

    /// Whether its text is `bytes`. See [`Wanted`] for many elements.
    #[inline]
    pub fn is(&self, bytes: &[u8]) -> bool {
        self.matches(&Wanted::new(bytes))
    }

    /// Whether its text is the wanted one.
    #[inline]
    pub fn matches(&self, wanted: &Wanted<'_>) -> bool {
        match *self {
            Element::Int(number) => wanted.number == Some(number),
            Element::Bytes(own) => own == wanted.bytes,
        }
    }

    /// The bytes it takes in a listpack, the backward length included.
    #[inline]
    pub fn packed_len(&self) -> usize {
        let data = self.data_len();
        data + backlen_size(data)
    }

    #[inline]
    fn data_len(&self) -> usize {
        match *self {
            Element::Int(number) => int_data_len(number),
            Element::Bytes(bytes) => match bytes.len() {
                len @ 0..64 => 1 + len,
                len @ 64..4096 => 2 + len,
                len => 5 + len,
            },
        }
    }

    /// Writes it to `out`, whose length is [`Element::packed_len`].
    #[inline]
    pub(super) fn pack(&self, out: &mut [u8]) {
        let data = self.data_len();
        let (place, backlen) = out.split_at_mut(data);
        match *self {
            Element::Int(number) => pack_int(number, place),
            Element::Bytes(bytes) => pack_string(bytes, place),
        }
        pack_backlen(data, backlen);
    }

    /// Reads the element that `bytes` begin with and the number of its bytes without the backward length. None when
    /// they begin with none, or do not hold all of it.
    #[inline]
    pub(super) fn unpack(bytes: &'a [u8]) -> Option<(Element<'a>, usize)> {
        let (&first, rest) = bytes.split_first()?;
        Some(match first {
            0..=0x7f => (Element::Int(i64::from(first)), 1),
            0x80..=0xbf => {
                let len = usize::from(first & 0x3f);
                (Element::Bytes(rest.get(..len)?), 1 + len)
            }
            0xc0..=0xdf => {
                let raw = u16::from_be_bytes([first, *rest.first()?]);
                (Element::Int(i64::from((raw << 3) as i16 >> 3)), 2)
            }
            0xe0..=0xef => {
                let (low, rest) = rest.split_first()?;
                let len = usize::from(u16::from_be_bytes([first & 0x0f, *low]));
                (Element::Bytes(rest.get(..len)?), 2 + len)
            }
            0xf0 => {
                let (len, rest) = rest.split_first_chunk()?;
                let len = u32::from_le_bytes(*len) as usize;
                (Element::Bytes(rest.get(..len)?), 5 + len)
            }
            0xf1 => {
                let number = i16::from_le_bytes(*rest.first_chunk()?);
                (Element::Int(number.into()), 3)
            }
            0xf2 => {
                let [low, middle, high] = *rest.first_chunk()?;
                let number = i32::from_le_bytes([0, low, middle, high]) >> 8;
                (Element::Int(number.into()), 4)
            }
            0xf3 => {
                let number = i32::from_le_bytes(*rest.first_chunk()?);
                (Element::Int(number.into()), 5)
            }
            0xf4 => (Element::Int(i64::from_le_bytes(*rest.first_chunk()?)), 9),
            0xf5..=0xff => return None,
        })
    }
}

/// The bytes that the element takes which `bytes` begin with, its backward length included.
#[inline]
pub(super) fn span(bytes: &[u8]) -> Option<usize> {
    let first = *bytes.first()?;
    Some(match first {
        0..=0x7f => 2,
        0x80..=0xbf => usize::from(first & 0x3f) + 2,
        0xc0..=0xdf => 3,
        _ => {
            let data = Element::unpack(bytes)?.1;
            data + backlen_size(data)
        }
    })
}

#[inline]
fn int_data_len(number: i64) -> usize {
    match number {
        0..=127 => 1,
        -4096..=4095 => 2,
        -0x8000..=0x7fff => 3,
        -0x80_0000..=0x7f_ffff => 4,
        -0x8000_0000..=0x7fff_ffff => 5,
        _ => 9,
    }
}

#[inline]
fn pack_int(number: i64, place: &mut [u8]) {
    let low = number.to_le_bytes();
    match place {
        [only] => *only = low[0],
        [high, rest] => {
            *high = 0xc0 | (low[1] & 0x1f);
            *rest = low[0];
        }
        [kind, rest @ ..] => {
            *kind = match rest.len() {
                2 => 0xf1,
                3 => 0xf2,
                4 => 0xf3,
                _ => 0xf4,
            };
            rest.copy_from_slice(&low[..rest.len()]);
        }
        [] => {}
    }
}

#[inline]
fn pack_string(bytes: &[u8], place: &mut [u8]) {
    let len = bytes.len();
    let (head, body) = place.split_at_mut(place.len() - len);
    match head {
        [only] => *only = 0x80 | len as u8,
        [high, low] => {
            *high = 0xe0 | (len >> 8) as u8;
            *low = len as u8;
        }
        [kind, rest @ ..] => {
            *kind = 0xf0;
            rest.copy_from_slice(&(len as u32).to_le_bytes());
        }
        [] => {}
    }
    body.copy_from_slice(bytes);
}

/// How many bytes tell the length `data` backwards.
#[inline]
pub(super) fn backlen_size(data: usize) -> usize {
    match data {
        0..=127 => 1,
        128..=0x3ffe => 2,
        0x3fff..=0x1f_fffe => 3,
        0x1f_ffff..=0xfff_fffe => 4,
        _ => 5,
    }
}

#[inline]
pub(super) fn pack_backlen(data: usize, place: &mut [u8]) {
    let mut rest = data;
    for byte in place.iter_mut().rev() {
        *byte = (rest & 0x7f) as u8 | 0x80;
        rest >>= 7;
    }
    if let Some(first) = place.first_mut() {
        *first &= 0x7f;
    }
}

/// The backward length that `bytes` end with. None when it has no end within 5 bytes.
#[inline]
pub(super) fn unpack_backlen(bytes: &[u8]) -> Option<usize> {
    if let Some(&short @ 0..=0x7f) = bytes.last() {
        return Some(usize::from(short));
    }
    let mut data = 0usize;
    for (place, byte) in bytes.iter().rev().take(5).enumerate() {
        data |= usize::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            return Some(data);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn packed(element: Element<'_>) -> Vec<u8> {
        let mut bytes = vec![0; element.packed_len()];
        element.pack(&mut bytes);
        bytes
    }

    #[test]
    fn the_bytes_are_those_of_the_format() {
        let string = |len: usize| vec![b'x'; len];
        for (element, head, len) in [
            (Element::Int(0), &[0x00, 1][..], 2),
            (Element::Int(127), &[0x7f, 1], 2),
            (Element::Int(128), &[0xc0, 0x80, 2], 3),
            (Element::Int(-1), &[0xdf, 0xff, 2], 3),
            (Element::Int(4095), &[0xcf, 0xff, 2], 3),
            (Element::Int(-4096), &[0xd0, 0x00, 2], 3),
            (Element::Int(4096), &[0xf1, 0x00, 0x10, 3], 4),
            (Element::Int(-32768), &[0xf1, 0x00, 0x80, 3], 4),
            (Element::Int(32768), &[0xf2, 0x00, 0x80, 0x00, 4], 5),
            (Element::Int(-8_388_608), &[0xf2, 0x00, 0x00, 0x80, 4], 5),
            (
                Element::Int(8_388_608),
                &[0xf3, 0x00, 0x00, 0x80, 0x00, 5],
                6,
            ),
            (
                Element::Int(1 << 31),
                &[0xf4, 0, 0, 0, 0x80, 0, 0, 0, 0, 9],
                10,
            ),
            (Element::Bytes(b""), &[0x80, 1], 2),
            (Element::Bytes(b"ab"), &[0x82, b'a', b'b', 3], 4),
            (Element::Bytes(&string(63)), &[0xbf, b'x'], 65),
            (Element::Bytes(&string(64)), &[0xe0, 64, b'x'], 67),
            (Element::Bytes(&string(4095)), &[0xef, 0xff, b'x'], 4099),
            (
                Element::Bytes(&string(4096)),
                &[0xf0, 0, 0x10, 0, 0, b'x'],
                4103,
            ),
        ] {
            let bytes = packed(element);
            assert_eq!(&bytes[..head.len()], head, "{element:?}");
            assert_eq!(bytes.len(), len, "{element:?}");
        }
    }

    #[test]
    fn backward_lengths_take_the_next_size_one_early() {
        for (data, bytes) in [
            (127, &[127][..]),
            (128, &[1, 0x80]),
            (16382, &[127, 0xfe]),
            (16383, &[0, 0xff, 0xff]),
            (2_097_151, &[0, 0xff, 0xff, 0xff]),
            (268_435_455, &[0, 0xff, 0xff, 0xff, 0xff]),
        ] {
            let mut place = vec![0; backlen_size(data)];
            pack_backlen(data, &mut place);
            assert_eq!(place, bytes, "{data}");
            assert_eq!(unpack_backlen(&place), Some(data));
        }
        assert_eq!(unpack_backlen(&[0x80; 9]), None);
        assert_eq!(unpack_backlen(&[]), None);
    }

    proptest! {
        #[test]
        fn what_is_packed_is_read_again(number in any::<i64>(), shift in 0..64u32, len in 0..10_000usize) {
            let bytes = vec![b'v'; len];
            for element in [Element::Int(number >> shift), Element::Bytes(&bytes)] {
                let packed = packed(element);
                let (read, data) = Element::unpack(&packed).expect("what was packed is whole");
                prop_assert_eq!(read, element);
                prop_assert_eq!(unpack_backlen(&packed), Some(data));
                prop_assert_eq!(data + backlen_size(data), packed.len());
                prop_assert!(Element::unpack(&packed[..data - 1]).is_none());
                prop_assert_eq!(span(&packed), Some(packed.len()));
            }
        }
    }
}
