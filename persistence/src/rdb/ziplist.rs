//! Ziplists: what small collections were packed in up to Redis 6.2. Read only.
//!
//! ```text
//! total bytes u32 | place of the last element u32 | elements u16 | element .. | 0xff        all LE
//!
//! element  bytes of the element before: below 254 in one byte, else 254 and u32, LE
//!          00llllll                            string of up to 63 bytes
//!          01llllll llllllll                   string of up to 16383 bytes, high byte first
//!          10000000 llllllll x4                longer string, high byte first
//!          11000000 11010000 11100000          integer of 16, 32, 64 bits, LE
//!          11110000 11111110                   integer of 24 bits, LE, and of 8
//!          1111nnnn (1 to 13)                  n - 1
//! ```

use engine::packed::element::Element;
use engine::packed::listpack::Listpack;

const HEADER: usize = 10;
const END: u8 = 0xff;
const UNKNOWN: u16 = u16::MAX;
/// The most bytes that an element's frame grows by in a listpack.
const EXTRA: usize = 10;

/// The elements as a listpack. None if the ziplist is broken in any detail.
pub(super) fn to_listpack(bytes: &[u8]) -> Option<Listpack> {
    let total = u32::from_le_bytes(*bytes.first_chunk()?);
    let tail = u32::from_le_bytes(*bytes.get(4..)?.first_chunk()?) as usize;
    let counted = u16::from_le_bytes(*bytes.get(8..)?.first_chunk()?);
    let is_whole = total as usize == bytes.len() && bytes.len() > HEADER;
    if !is_whole || bytes.last() != Some(&END) {
        return None;
    }
    let mut pack = Listpack::with_capacity(bytes.len());
    let (mut rest, mut before, mut count) = (&bytes[HEADER..bytes.len() - 1], 0, 0);
    let mut last = HEADER;
    while !rest.is_empty() {
        last = bytes.len() - 1 - rest.len();
        let (size, behind) = before_size(rest)?;
        let (element, behind) = element(behind)?;
        if size != before || !pack.would_fit(element.len() + EXTRA) {
            return None;
        }
        pack.push_back(element);
        (before, rest, count) = (rest.len() - behind.len(), behind, count + 1);
    }
    let is_counted = counted == UNKNOWN || usize::from(counted) == count;
    (is_counted && tail == last).then_some(pack)
}

fn before_size(rest: &[u8]) -> Option<(usize, &[u8])> {
    match rest.split_first()? {
        (254, behind) => {
            let (size, behind) = behind.split_first_chunk()?;
            Some((u32::from_le_bytes(*size) as usize, behind))
        }
        (255, _) => None,
        (size, behind) => Some(((*size).into(), behind)),
    }
}

fn element(rest: &[u8]) -> Option<(Element<'_>, &[u8])> {
    let (code, rest) = rest.split_first()?;
    let low = usize::from(code & 0x3f);
    let (length, rest) = match code >> 6 {
        0 => (low, rest),
        1 => {
            let (more, rest) = rest.split_first()?;
            (low << 8 | usize::from(*more), rest)
        }
        2 if *code == 0x80 => {
            let (length, rest) = rest.split_first_chunk()?;
            (u32::from_be_bytes(*length) as usize, rest)
        }
        3 => return integer(*code, rest),
        _ => return None,
    };
    let (text, rest) = rest.split_at_checked(length)?;
    Some((Element::from(text), rest))
}

fn integer(code: u8, rest: &[u8]) -> Option<(Element<'_>, &[u8])> {
    let size = match code {
        0xc0 => 2,
        0xd0 => 4,
        0xe0 => 8,
        0xf0 => 3,
        0xfe => 1,
        0xf1..=0xfd => return Some((Element::Int(i64::from(code & 0x0f) - 1), rest)),
        _ => return None,
    };
    let (bytes, rest) = rest.split_at_checked(size)?;
    let mut wide = [0; 8];
    // In the high end, so that the shift back brings the sign along.
    wide[8 - size..].copy_from_slice(bytes);
    let number = i64::from_le_bytes(wide) >> (64 - 8 * size);
    Some((Element::Int(number), rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn texts(bytes: &[u8]) -> Option<Vec<String>> {
        let pack = to_listpack(bytes)?;
        let text = |element: Element<'_>| String::from_utf8_lossy(&element.to_vec()).into_owned();
        Some(pack.iter().map(text).collect())
    }

    /// Frames elements, each without the size of the one before.
    fn ziplist(elements: &[&[u8]]) -> Vec<u8> {
        let (mut body, mut before, mut tail) = (Vec::new(), 0, HEADER);
        for element in elements {
            tail = HEADER + body.len();
            let start = body.len();
            if before < 254 {
                body.push(before as u8);
            } else {
                body.push(254);
                body.extend_from_slice(&(before as u32).to_le_bytes());
            }
            body.extend_from_slice(element);
            before = body.len() - start;
        }
        let total = (HEADER + body.len() + 1) as u32;
        let mut bytes = total.to_le_bytes().to_vec();
        bytes.extend_from_slice(&(tail as u32).to_le_bytes());
        bytes.extend_from_slice(&(elements.len() as u16).to_le_bytes());
        bytes.extend_from_slice(&body);
        bytes.push(END);
        bytes
    }

    fn example() -> Vec<u8> {
        let long = [&[0x41, 0x2c][..], &[b'x'; 300]].concat();
        ziplist(&[
            b"\x02ab",
            b"\xf1",
            b"\xfd",
            b"\xfe\xff",
            b"\xc0\0\x80",
            &long,
            b"\xf0\xff\xff\xff",
            b"\xd0\0\0\0\x80",
            b"\xe0\xff\xff\xff\xff\xff\xff\xff\x7f",
            b"\x80\0\0\0\x01z",
        ])
    }

    #[test]
    fn all_elements_are_read() {
        let long = "x".repeat(300);
        let expected = [
            "ab",
            "0",
            "12",
            "-1",
            "-32768",
            &long,
            "-1",
            "-2147483648",
            "9223372036854775807",
            "z",
        ];
        assert_eq!(texts(&example()), Some(expected.map(String::from).to_vec()));
        assert_eq!(texts(&ziplist(&[])), Some(Vec::new()));
    }

    #[test]
    fn what_is_broken_is_refused() {
        let whole = ziplist(&[b"\x02ab", b"\xf1"]);
        for at in [0, 4, 8, 10, 14, whole.len() - 1] {
            let mut broken = whole.clone();
            broken[at] ^= 3;
            assert_eq!(texts(&broken), None, "byte {at}");
        }
        assert_eq!(texts(&whole[..whole.len() - 1]), None);
        assert_eq!(texts(&ziplist(&[b"\x03ab"])), None);
        assert_eq!(texts(&ziplist(&[b"\xc1"])), None);
    }

    proptest! {
        #[test]
        fn flipped_bytes_do_no_harm(flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)) {
            let mut bytes = example();
            for (at, byte) in flips {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            to_listpack(&bytes);
        }
    }
}
