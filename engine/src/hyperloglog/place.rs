//! Where an element falls: the hash is MurmurHash64A (Austin Appleby, public domain) with the seed Redis uses, so that
//! sketches of both agree.
//!
//! ```text
//!   hash   | 50 bits: rank = 1 + zeros below the lowest set bit, 51 if none is set | 14 bits: register |
//! ```

use super::REGISTERS;

const SEED: u64 = 0xadc8_3b19;
const MULTIPLIER: u64 = 0xc6a4_a793_5bd1_e995;
const INDEX_BITS: u32 = REGISTERS.trailing_zeros();

/// A register and the rank it has to have at least.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Which register.
    pub index: usize,
    /// 1 to 51.
    pub rank: u8,
}

impl Place {
    /// The place of `element`.
    #[inline]
    pub fn of(element: &[u8]) -> Place {
        let hash = murmur(element);
        // The bit above the highest ends the count when all others are 0.
        let rest = (hash >> INDEX_BITS) | 1 << (u64::BITS - INDEX_BITS);
        Place {
            index: hash as usize & (REGISTERS - 1),
            rank: rest.trailing_zeros() as u8 + 1,
        }
    }
}

#[inline]
fn murmur(bytes: &[u8]) -> u64 {
    let mut hash = SEED ^ (bytes.len() as u64).wrapping_mul(MULTIPLIER);
    let (words, tail) = bytes.as_chunks::<8>();
    for word in words {
        let mut word = u64::from_le_bytes(*word).wrapping_mul(MULTIPLIER);
        word ^= word >> 47;
        hash = (hash ^ word.wrapping_mul(MULTIPLIER)).wrapping_mul(MULTIPLIER);
    }
    if !tail.is_empty() {
        let mut word = [0; 8];
        word[..tail.len()].copy_from_slice(tail);
        hash = (hash ^ u64::from_le_bytes(word)).wrapping_mul(MULTIPLIER);
    }
    hash = (hash ^ hash >> 47).wrapping_mul(MULTIPLIER);
    hash ^ hash >> 47
}
