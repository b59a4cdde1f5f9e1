//! HyperLogLog: how many distinct elements were seen, in at most 12 KiB, within about 0.8 %. A sketch is a string whose
//! bytes are exactly those of Redis, so that GET, SET, DUMP and files carry it between the two.
//!
//! ```text
//!   0        4         5        8                 16
//!   | "HYLL" | encoding | unused | cardinality, LE | registers ..
//!              0 dense              its top bit is set while it is out of date
//!              1 sparse
//! ```
//!
//! Each of 16384 registers holds the largest rank seen of the hashes that fall on it (`place.rs`). Dense registers are 6
//! bits each (`dense.rs`); sparse ones are runs (`sparse.rs`), which fit while few are set.
//!
//! Invariant: the bytes come from clients and may be anything. Every function looks before it trusts, none panics.

mod dense;
mod estimate;
mod place;
mod registers;
mod self_test;
mod sparse;

pub use place::Place;
pub use registers::Registers;
pub use self_test::self_test;
pub use sparse::Op as SparseOp;

use estimate::Histogram;

/// How many registers a sketch has.
pub const REGISTERS: usize = 1 << 14;

const HEADER: usize = 16;
const MAGIC: &[u8; 4] = b"HYLL";
const ENCODING: usize = 4;
const CARDINALITY: usize = 8;
/// The byte of the cardinality, and the bit in it, that say it is out of date.
const STALE: (usize, u8) = (15, 0x80);

/// How the registers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// 6 bits each.
    Dense,
    /// Runs of equal registers.
    Sparse,
}

/// What is wrong with a string that should be a sketch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// Its header or its length are not those of a sketch.
    NotASketch,
    /// The runs of a sparse sketch do not add up.
    Corrupted,
}

/// The bytes of a sketch that has seen nothing.
pub fn empty() -> Vec<u8> {
    let mut bytes = vec![0; HEADER];
    bytes[..4].copy_from_slice(MAGIC);
    bytes[ENCODING] = 1;
    sparse::push_zeros(&mut bytes, REGISTERS);
    bytes
}

/// Looks at header and length. Errors: [`Problem::NotASketch`].
pub fn encoding(bytes: &[u8]) -> Result<Encoding, Problem> {
    if bytes.len() < HEADER || !bytes.starts_with(MAGIC) {
        return Err(Problem::NotASketch);
    }
    match bytes[ENCODING] {
        0 if bytes.len() == HEADER + dense::SIZE => Ok(Encoding::Dense),
        1 => Ok(Encoding::Sparse),
        _ => Err(Problem::NotASketch),
    }
}

/// Adds an element. Returns whether a register changed; the cached cardinality is then to be forgotten by the caller.
/// A sparse sketch becomes dense when it would grow beyond `sparse_max` bytes, or when a rank is too large for it.
pub fn add(bytes: &mut Vec<u8>, element: &[u8], sparse_max: usize) -> Result<bool, Problem> {
    let place = Place::of(element);
    match encoding(bytes)? {
        Encoding::Dense => Ok(dense::raise(&mut bytes[HEADER..], place)),
        Encoding::Sparse => sparse::raise(bytes, place, sparse_max, &mut sparse::Hint::default()),
    }
}

/// Raises the registers of a sketch to `registers` where those are higher, one after the other as Redis does, which
/// decides about the encoding and the bytes of the result.
pub fn raise_all(
    bytes: &mut Vec<u8>,
    registers: &Registers,
    sparse_max: usize,
) -> Result<(), Problem> {
    let mut hint = sparse::Hint::default();
    let mut next = 0;
    while encoding(bytes)? == Encoding::Sparse {
        let Some(place) = registers.next_set(next) else {
            return Ok(());
        };
        sparse::raise(bytes, place, sparse_max, &mut hint)?;
        next = place.index + 1;
    }
    let mut all = registers.clone();
    dense::merge_into(&bytes[HEADER..], &mut all);
    dense::pack(&all, &mut bytes[HEADER..]);
    Ok(())
}

/// Makes a sparse sketch dense; its cached cardinality stays. Returns whether it was sparse.
pub fn make_dense(bytes: &mut Vec<u8>) -> Result<bool, Problem> {
    if encoding(bytes)? == Encoding::Dense {
        return Ok(false);
    }
    let mut registers = Registers::default();
    registers.merge(bytes)?;
    bytes.resize(HEADER + dense::SIZE, 0);
    bytes[ENCODING] = 0;
    dense::pack(&registers, &mut bytes[HEADER..]);
    Ok(true)
}

/// Estimates how many distinct elements were added, from the registers.
pub fn estimate(bytes: &[u8]) -> Result<u64, Problem> {
    match encoding(bytes)? {
        Encoding::Dense => {
            let mut registers = Registers::default();
            dense::merge_into(&bytes[HEADER..], &mut registers);
            Ok(registers.estimate())
        }
        Encoding::Sparse => {
            let mut histogram = Histogram::default();
            for run in sparse::checked_runs(&bytes[HEADER..]) {
                let run = run?;
                histogram.add(run.value, run.len);
            }
            Ok(histogram.estimate())
        }
    }
}

/// The cardinality that was remembered, if no register has changed since. Invariant: `bytes` has passed [`encoding`].
pub fn remembered(bytes: &[u8]) -> Option<u64> {
    let is_stale = bytes[STALE.0] & STALE.1 != 0;
    let cardinality: [u8; 8] = bytes[CARDINALITY..HEADER].try_into().ok()?;
    (!is_stale).then(|| u64::from_le_bytes(cardinality))
}

/// Remembers a cardinality. Invariant: `bytes` has passed [`encoding`].
pub fn remember(bytes: &mut [u8], cardinality: u64) {
    bytes[CARDINALITY..HEADER].copy_from_slice(&cardinality.to_le_bytes());
}

/// Marks the remembered cardinality as out of date. Invariant: `bytes` has passed [`encoding`].
pub fn forget(bytes: &mut [u8]) {
    bytes[STALE.0] |= STALE.1;
}

/// The operations of a sparse sketch; none of a dense one, or one that is no sketch.
pub fn sparse_ops(bytes: &[u8]) -> impl Iterator<Item = SparseOp> + '_ {
    let ops = match encoding(bytes) {
        Ok(Encoding::Sparse) => &bytes[HEADER..],
        _ => &[],
    };
    sparse::ops(ops)
}

#[cfg(test)]
mod tests;
