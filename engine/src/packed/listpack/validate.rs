//! Bytes from elsewhere: only a listpack that is whole becomes one.

use super::{END, HEADER, Listpack, UNKNOWN};
use crate::packed::element::{Element, backlen_size, pack_backlen};

impl Listpack {
    /// Takes the bytes when they are a listpack in every detail: sizes, ends, every element and every backward length,
    /// and the count.
    pub fn from_bytes(bytes: Vec<u8>) -> Option<Listpack> {
        let total = u32::from_le_bytes(*bytes.first_chunk()?) as usize;
        if total != bytes.len() || total < Listpack::EMPTY_BYTES || bytes[total - 1] != END {
            return None;
        }
        let counted = u16::from_le_bytes([bytes[4], bytes[5]]);
        let count = count(&bytes[HEADER..total - 1])?;
        (counted == UNKNOWN || usize::from(counted) == count).then_some(Listpack { bytes })
    }

    /// Whether no two of the elements 0, `step`, `2 * step` .. have the same text, however they are packed.
    pub fn is_distinct(&self, step: usize) -> bool {
        let mut keys: Vec<(bool, i64, &[u8])> = self.iter().step_by(step).map(sort_key).collect();
        keys.sort_unstable();
        keys.windows(2).all(|pair| pair[0] != pair[1])
    }
}

/// Equal for elements of the same text: a packer from elsewhere may have left a number as a string.
fn sort_key(element: Element<'_>) -> (bool, i64, &[u8]) {
    let element = match element {
        Element::Bytes(bytes) => Element::from(bytes),
        int => int,
    };
    match element {
        Element::Int(number) => (false, number, b""),
        Element::Bytes(bytes) => (true, 0, bytes),
    }
}

/// How many elements these are; none when they are not whole.
fn count(mut elements: &[u8]) -> Option<usize> {
    let mut count = 0;
    while !elements.is_empty() {
        let (_, data) = Element::unpack(elements)?;
        let mut expected = [0; 5];
        let expected = &mut expected[..backlen_size(data)];
        pack_backlen(data, expected);
        elements = elements[data..].strip_prefix(&*expected)?;
        count += 1;
    }
    Some(count)
}
