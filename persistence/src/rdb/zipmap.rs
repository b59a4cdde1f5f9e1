//! Zipmaps: what small hashes were up to Redis 2.4. Read only.
//!
//! ```text
//! fields u8 (254: count them) | length | name | length | free u8 | value | free bytes | .. | 0xff
//!
//! length   below 254 in one byte, else 254 and u32, LE; nobody wrote a short one in five bytes
//! ```

use engine::packed::element::Element;
use engine::packed::listpack::Listpack;

const END: u8 = 0xff;
const UNKNOWN: u8 = 254;
/// The most bytes that a name or value grows by in a listpack.
const EXTRA: usize = 10;

/// Names and values as a listpack. None if the zipmap is broken.
pub(super) fn to_listpack(bytes: &[u8]) -> Option<Listpack> {
    let (counted, mut rest) = bytes.split_first()?;
    let mut pack = Listpack::with_capacity(bytes.len());
    while rest != [END] {
        let (length, behind) = length(rest)?;
        let (name, behind) = behind.split_at_checked(length)?;
        let (length, behind) = self::length(behind)?;
        let (free, behind) = behind.split_first()?;
        let (value, behind) = behind.split_at_checked(length)?;
        rest = behind.get(usize::from(*free)..)?;
        if !pack.would_fit(name.len() + value.len() + 2 * EXTRA) {
            return None;
        }
        pack.push_back(Element::from(name));
        pack.push_back(Element::from(value));
    }
    let fields = pack.len() / 2;
    (*counted >= UNKNOWN || usize::from(*counted) == fields).then_some(pack)
}

fn length(rest: &[u8]) -> Option<(usize, &[u8])> {
    match rest.split_first()? {
        (254, behind) => {
            let (length, behind) = behind.split_first_chunk()?;
            let length = u32::from_le_bytes(*length) as usize;
            (length >= usize::from(UNKNOWN)).then_some((length, behind))
        }
        (&END, _) => None,
        (length, behind) => Some(((*length).into(), behind)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const EXAMPLE: &[u8] = b"\x02\x01a\x02\x0112_\x02bc\x00\x00\xff";

    #[test]
    fn names_and_values_are_read() {
        let pack = to_listpack(EXAMPLE).expect("it is whole");
        let expected = [
            Element::Bytes(b"a"),
            Element::Int(12),
            Element::Bytes(b"bc"),
            Element::Bytes(b""),
        ];
        assert!(pack.iter().eq(expected));
        assert!(to_listpack(b"\x00\xff").is_some_and(|pack| pack.is_empty()));
        assert!(to_listpack(b"\x01\xff").is_none());
        assert!(to_listpack(b"\x01\xfe\x01\0\0\0a\x00\x00\xff").is_none());
        let long = [&b"\x01\xfe\x2c\x01\0\0"[..], &[b'a'; 300], b"\x00\x00\xff"].concat();
        assert!(to_listpack(&long).is_some_and(|pack| pack.len() == 2));
        for end in 0..EXAMPLE.len() {
            assert!(to_listpack(&EXAMPLE[..end]).is_none());
        }
    }

    proptest! {
        #[test]
        fn flipped_bytes_do_no_harm(at in 0..EXAMPLE.len(), byte in any::<u8>()) {
            let mut bytes = EXAMPLE.to_vec();
            bytes[at] = byte;
            to_listpack(&bytes);
        }
    }
}
