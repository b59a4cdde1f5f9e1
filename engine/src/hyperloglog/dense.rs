//! Registers of 6 bits, the first in the lowest bits of the first byte:
//!
//! ```text
//!   byte     0          1          2
//!         |bbaaaaaa| |ccccbbbb| |ddddddcc| ..
//! ```
//!
//! Eight registers are 48 bits, so eight at a time are spread over the bytes of a word and back by shifts that a compiler
//! turns into vector code.

use super::{Place, REGISTERS, Registers};

/// Bytes of all registers.
pub(super) const SIZE: usize = REGISTERS * BITS / 8;

const BITS: usize = 6;
const MASK: u16 = (1 << BITS) - 1;

/// Raises one register. Returns whether it was lower. Invariant: `bytes` are [`SIZE`] bytes.
#[inline]
pub(super) fn raise(bytes: &mut [u8], place: Place) -> bool {
    let (byte, shift) = (place.index * BITS / 8, place.index * BITS % 8);
    // The last register ends with the last byte: what is taken for its second byte then does not matter.
    let high = bytes.get(byte + 1).copied().unwrap_or(0);
    let pair = u16::from_le_bytes([bytes[byte], high]);
    if (pair >> shift & MASK) as u8 >= place.rank {
        return false;
    }
    let [low, high] = (pair & !(MASK << shift) | u16::from(place.rank) << shift).to_le_bytes();
    bytes[byte] = low;
    if let Some(second) = bytes.get_mut(byte + 1) {
        *second = high;
    }
    true
}

/// Raises `registers` to those in `bytes`.
pub(super) fn merge_into(bytes: &[u8], registers: &mut Registers) {
    let (packed, _) = bytes.as_chunks::<6>();
    let (unpacked, _) = registers.ranks_mut().as_chunks_mut::<8>();
    for (six, eight) in packed.iter().zip(unpacked) {
        let [a, b, c, d, e, f] = *six;
        let spread = spread(u64::from_le_bytes([a, b, c, d, e, f, 0, 0])).to_le_bytes();
        for (rank, other) in eight.iter_mut().zip(spread) {
            *rank = (*rank).max(other);
        }
    }
}

/// Writes `registers` over `bytes`.
pub(super) fn pack(registers: &Registers, bytes: &mut [u8]) {
    let (packed, _) = bytes.as_chunks_mut::<6>();
    let (unpacked, _) = registers.ranks().as_chunks::<8>();
    for (six, eight) in packed.iter_mut().zip(unpacked) {
        let [a, b, c, d, e, f, ..] = gather(u64::from_le_bytes(*eight)).to_le_bytes();
        *six = [a, b, c, d, e, f];
    }
}

/// Eight times 6 bits, each to a byte of its own: halves, quarters, eighths.
#[inline]
fn spread(bits: u64) -> u64 {
    let halves = bits & 0x00ff_ffff | (bits & 0xffff_ff00_0000) << 8;
    let quarters = halves & 0x0000_0fff_0000_0fff | (halves & 0x00ff_f000_00ff_f000) << 4;
    quarters & 0x003f_003f_003f_003f | (quarters & 0x0fc0_0fc0_0fc0_0fc0) << 2
}

/// The way back.
#[inline]
fn gather(bytes: u64) -> u64 {
    let quarters = bytes & 0x003f_003f_003f_003f | (bytes & 0x3f00_3f00_3f00_3f00) >> 2;
    let halves = quarters & 0x0000_0fff_0000_0fff | (quarters & 0x0fff_0000_0fff_0000) >> 4;
    halves & 0x00ff_ffff | (halves & 0x00ff_ffff_0000_0000) >> 8
}
