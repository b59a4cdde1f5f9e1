//! LZF: the compression of long strings in RDB.
//!
//! ```text
//! 000lllll bytes                    l + 1 bytes as they are
//! lllooooo oooooooo                 l + 2 bytes (l below 7) from o + 1 bytes before here
//! 111ooooo llllllll oooooooo        l + 9 bytes from there
//! ```

/// The most bytes one run of plain bytes has.
const LONGEST_RUN: usize = 32;
/// The most bytes one reference stands for.
const LONGEST_MATCH: usize = 264;
/// How far back a reference reaches.
const REACH: usize = 1 << 13;
/// The fewest bytes worth a reference.
const SHORTEST_MATCH: usize = 3;

/// Packs `bytes` behind what `out` has, if that takes at most `most` bytes; if not, leaves `out` as it was. Returns
/// whether it did.
pub fn compress(bytes: &[u8], most: usize, out: &mut Vec<u8>) -> bool {
    let start = out.len();
    // Places are kept in 32 bits.
    let packed = u32::try_from(bytes.len()).is_ok() && pack(bytes, start + most, out);
    if !packed {
        out.truncate(start);
    }
    packed
}

fn pack(bytes: &[u8], end: usize, out: &mut Vec<u8>) -> bool {
    let bits = (usize::BITS - bytes.len().leading_zeros()).clamp(8, 14);
    // Places where three bytes of a hash stood last, counted from 1.
    let mut places = vec![0_u32; 1 << bits];
    let (mut at, mut plain) = (0, 0);
    while at + SHORTEST_MATCH <= bytes.len() {
        let place = &mut places[hash(&bytes[at..], bits)];
        let found = std::mem::replace(place, at as u32 + 1) as usize;
        let length = match found.checked_sub(1) {
            Some(found) if at - found <= REACH => match_length(bytes, found, at),
            _ => 0,
        };
        if length < SHORTEST_MATCH {
            at += 1;
            continue;
        }
        push_plain(&bytes[plain..at], out);
        push_match(at - (found - 1), length, out);
        if out.len() > end {
            return false;
        }
        at += length;
        plain = at;
    }
    push_plain(&bytes[plain..], out);
    out.len() <= end
}

fn hash(bytes: &[u8], bits: u32) -> usize {
    let word = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], 0]);
    (word.wrapping_mul(0x9e37_79b1) >> (32 - bits)) as usize
}

fn match_length(bytes: &[u8], found: usize, at: usize) -> usize {
    let pairs = bytes[at..].iter().zip(&bytes[found..]);
    pairs
        .take(LONGEST_MATCH)
        .take_while(|(one, other)| one == other)
        .count()
}

fn push_plain(bytes: &[u8], out: &mut Vec<u8>) {
    for run in bytes.chunks(LONGEST_RUN) {
        out.push(run.len() as u8 - 1);
        out.extend_from_slice(run);
    }
}

fn push_match(distance: usize, length: usize, out: &mut Vec<u8>) {
    let (offset, length) = (distance - 1, length - 2);
    let high = (offset >> 8) as u8;
    if length < 7 {
        out.push((length as u8) << 5 | high);
    } else {
        out.extend_from_slice(&[7 << 5 | high, (length - 7) as u8]);
    }
    out.push(offset as u8);
}

/// Unpacks `packed` to exactly `length` bytes. None if it is not that.
pub fn decompress(packed: &[u8], length: usize) -> Option<Vec<u8>> {
    // Three bytes stand for the longest match: what claims more lies, and gets no memory.
    if length > packed.len().saturating_mul(LONGEST_MATCH) {
        return None;
    }
    let mut out = Vec::with_capacity(length);
    let mut rest = packed;
    while let Some((control, behind)) = rest.split_first() {
        rest = behind;
        if usize::from(*control) < LONGEST_RUN {
            let (run, behind) = rest.split_at_checked(usize::from(*control) + 1)?;
            out.extend_from_slice(run);
            rest = behind;
        } else {
            rest = unpack_match(*control, rest, length, &mut out)?;
        }
        if out.len() > length {
            return None;
        }
    }
    (out.len() == length).then_some(out)
}

/// Returns what is behind the reference.
fn unpack_match<'a>(
    control: u8,
    rest: &'a [u8],
    most: usize,
    out: &mut Vec<u8>,
) -> Option<&'a [u8]> {
    let (mut length, mut rest) = (usize::from(control >> 5), rest);
    if length == 7 {
        let (more, behind) = rest.split_first()?;
        length += usize::from(*more);
        rest = behind;
    }
    let (low, rest) = rest.split_first()?;
    let distance = (usize::from(control & 0x1f) << 8 | usize::from(*low)) + 1;
    let (mut from, mut left) = (out.len().checked_sub(distance)?, length + 2);
    if out.len() + left > most {
        return None;
    }
    // What is copied may be what this very reference wrote: each round doubles it.
    while left > 0 {
        let part = left.min(out.len() - from);
        out.extend_from_within(from..from + part);
        from += part;
        left -= part;
    }
    Some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn round_trip(bytes: &[u8]) -> usize {
        let mut packed = vec![1, 2, 3];
        assert!(compress(bytes, bytes.len() * 2 + 8, &mut packed));
        assert_eq!(
            decompress(&packed[3..], bytes.len()).as_deref(),
            Some(bytes)
        );
        packed.len() - 3
    }

    #[test]
    fn what_repeats_shrinks() {
        assert!(round_trip(&[b'a'; 1000]) < 20);
        assert!(round_trip(&b"abcdefgh".repeat(100)) < 30);
        assert_eq!(round_trip(b""), 0);
        assert_eq!(round_trip(b"ab"), 3);
        round_trip(&[vec![7; 9000], (0..=255).collect(), vec![7; 300]].concat());
    }

    #[test]
    fn what_does_not_fit_is_left() {
        let mut out = vec![9];
        assert!(!compress(b"abcdefghijklmnopqrstuvwxyz", 22, &mut out));
        assert_eq!(out, [9]);
    }

    #[test]
    fn the_bytes_are_those_of_the_format() {
        // 'a' as it is, then 20 bytes from one byte before.
        assert_eq!(
            decompress(&[0, b'a', 0xe0, 11, 0], 21),
            Some(vec![b'a'; 21])
        );
        assert_eq!(
            decompress(&[0, b'a', 0xe0, 11, 1], 21),
            None,
            "before the start"
        );
        assert_eq!(decompress(&[0, b'a', 0xe0, 11, 0], 20), None, "too long");
        assert_eq!(decompress(&[0, b'a'], usize::MAX), None, "too short");
        assert_eq!(decompress(&[5, b'a'], 6), None);
        assert_eq!(decompress(&[0, b'a', 0xe0], 9), None);
    }

    proptest! {
        #[test]
        fn any_bytes_come_back(bytes in prop::collection::vec(0..4_u8, 0..3000)) {
            round_trip(&bytes);
        }

        #[test]
        fn any_bytes_are_unpacked_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..60), length in 0..600_usize) {
            if let Some(out) = decompress(&bytes, length) {
                prop_assert_eq!(out.len(), length);
            }
        }
    }
}
