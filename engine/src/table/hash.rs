//! How tables hash keys.

/// What makes the hashes of one server unpredictable from outside. All databases of a server share one, so that a
/// SCAN cursor means the same on every core and a slot can move between cores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HashSeed(pub u64);

/// A key that is looked for: its bytes and their hash, computed once.
#[derive(Clone, Copy, Debug)]
pub struct Probe<'a> {
    bytes: &'a [u8],
    hash: u64,
}

impl<'a> Probe<'a> {
    /// Computes the hash.
    #[inline]
    pub fn new(bytes: &'a [u8], seed: HashSeed) -> Probe<'a> {
        Probe {
            bytes,
            hash: hash(bytes, seed),
        }
    }

    /// The key.
    #[inline]
    pub fn bytes(self) -> &'a [u8] {
        self.bytes
    }

    /// Its hash. The top 48 bits are its place in the order of a walk.
    #[inline]
    pub fn hash(self) -> u64 {
        self.hash
    }
}

const ODD: [u64; 3] = [
    0x9E37_79B9_7F4A_7C15,
    0xD6E8_FEB8_6659_FD93,
    0xCA5A_8263_95FC_9B6B,
];

/// The hash of a key: products of 64-bit words folded to 64 bits, the family of wyhash and foldhash.
///
/// Deliberately not the crate foldhash: there only one factor of each product is secret unless a table of seeds is
/// built at run time, so that a client who sends the public constant as half of a 16-byte key makes the product
/// zero whatever the seed. Here both factors depend on the seed.
#[inline]
pub fn hash(bytes: &[u8], seed: HashSeed) -> u64 {
    let left = fold(seed.0 ^ ODD[0], ODD[1]);
    let right = fold(seed.0 ^ ODD[1], ODD[2]);
    let state = if bytes.len() <= 16 {
        let (first, last) = ends(bytes);
        fold(first ^ left, last ^ right)
    } else {
        fold_blocks(bytes, left, right)
    };
    // The length comes last, where no byte of the key can make up for it.
    fold(state ^ left ^ bytes.len() as u64, ODD[0])
}

/// For more than 16 bytes.
fn fold_blocks(bytes: &[u8], left: u64, right: u64) -> u64 {
    let mut state = right;
    let mut rest = bytes;
    while let Some((block, tail)) = rest.split_first_chunk::<16>()
        && !tail.is_empty()
    {
        let (first, last) = ends(block);
        state = fold(first ^ left, last ^ state);
        rest = tail;
    }
    let (first, last) = ends(&bytes[bytes.len() - 16..]);
    fold(first ^ left ^ right, last ^ state)
}

/// At most 16 bytes as two words that overlap in the middle; with the length they determine the bytes.
#[inline]
fn ends(bytes: &[u8]) -> (u64, u64) {
    if let (Some(first), Some(last)) = (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
        (u64::from_le_bytes(*first), u64::from_le_bytes(*last))
    } else if let (Some(first), Some(last)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        (
            u32::from_le_bytes(*first).into(),
            u32::from_le_bytes(*last).into(),
        )
    } else if let (Some(&first), Some(&last)) = (bytes.first(), bytes.last()) {
        let middle = bytes[bytes.len() / 2];
        (first.into(), u64::from(last) << 8 | u64::from(middle))
    } else {
        (0, 0)
    }
}

#[inline]
fn fold(left: u64, right: u64) -> u64 {
    let product = u128::from(left) * u128::from(right);
    product as u64 ^ (product >> 64) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn lengths_and_positions_all_count() {
        let mut seen = HashSet::new();
        for length in 0..80 {
            let mut bytes = vec![0u8; length];
            assert!(seen.insert(hash(&bytes, HashSeed(7))));
            for at in 0..length {
                bytes[at] = 1;
                assert!(seen.insert(hash(&bytes, HashSeed(7))), "{length} {at}");
                bytes[at] = 0;
            }
        }
    }

    #[test]
    fn every_byte_of_the_hash_is_spread() {
        for shift in (0..64).step_by(8) {
            let mut counts = [0u32; 256];
            for number in 0..65536 {
                let text = format!("key:{number:012}");
                counts[(hash(text.as_bytes(), HashSeed(1)) >> shift) as usize & 255] += 1;
            }
            assert!(
                counts.iter().all(|count| (170..350).contains(count)),
                "{shift}"
            );
        }
    }

    #[test]
    fn another_seed_is_another_hash() {
        assert_ne!(hash(b"key", HashSeed(1)), hash(b"key", HashSeed(2)));
    }
}
