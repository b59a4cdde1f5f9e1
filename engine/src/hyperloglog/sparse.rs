//! Registers as runs, one after the other:
//!
//! ```text
//!   00llllll              zeros    l + 1 registers (1 to 64) are 0
//!   01hhhhhh llllllll     zeros    h * 256 + l + 1 registers (1 to 16384) are 0
//!   1vvvvvll              value    l + 1 registers (1 to 4) are v + 1 (1 to 32)
//! ```
//!
//! Invariant: the runs cover all registers. How a run is split and which neighbours are joined again decides about the
//! bytes, and is done as in Redis.

use super::{HEADER, Place, Problem, REGISTERS, dense, make_dense};

const SHORT_ZEROS_MAX: usize = 64;
const VALUE_RUN_MAX: usize = 4;
const VALUE_MAX: u8 = 32;
/// How many operations from the one before the changed one are looked at for equal neighbours.
const JOIN_WINDOW: usize = 5;

/// One run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// So many registers are 0, in one byte.
    Zeros(usize),
    /// So many registers are 0, in two bytes.
    ManyZeros(usize),
    /// Registers that are not 0.
    Value {
        /// Their rank.
        rank: u8,
        /// How many.
        len: usize,
    },
}

impl Op {
    /// The operation at the beginning of `bytes`. None at the end, or when its second byte is missing.
    #[inline]
    fn read(bytes: &[u8]) -> Option<Op> {
        let byte = *bytes.first()?;
        let low = usize::from(byte & 63);
        Some(match byte >> 6 {
            0 => Op::Zeros(low + 1),
            1 => Op::ManyZeros((low << 8 | usize::from(*bytes.get(1)?)) + 1),
            _ => Op::Value {
                rank: (byte >> 2 & 31) + 1,
                len: usize::from(byte & 3) + 1,
            },
        })
    }

    fn size(self) -> usize {
        match self {
            Op::ManyZeros(_) => 2,
            _ => 1,
        }
    }

    fn len(self) -> usize {
        match self {
            Op::Zeros(len) | Op::ManyZeros(len) | Op::Value { len, .. } => len,
        }
    }
}

/// Registers in a row that are equal.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run {
    pub value: u8,
    pub len: usize,
}

/// Appends zeros in the shorter way that holds them.
pub(super) fn push_zeros(bytes: &mut Vec<u8>, len: usize) {
    let mut piece = Piece::default();
    piece.zeros(len);
    bytes.extend_from_slice(piece.bytes());
}

/// All operations as far as they can be read.
pub(super) fn ops(mut bytes: &[u8]) -> impl Iterator<Item = Op> {
    std::iter::from_fn(move || {
        let op = Op::read(bytes)?;
        bytes = &bytes[op.size()..];
        Some(op)
    })
}

/// All runs; an error, and then the end, where they cover more or fewer registers than there are.
pub(super) fn checked_runs(mut bytes: &[u8]) -> impl Iterator<Item = Result<Run, Problem>> {
    let mut left = Some(REGISTERS);
    std::iter::from_fn(move || {
        let before = left.take()?;
        let Some(op) = Op::read(bytes) else {
            let is_whole = bytes.is_empty() && before == 0;
            return (!is_whole).then_some(Err(Problem::Corrupted));
        };
        bytes = &bytes[op.size()..];
        left = before.checked_sub(op.len());
        let value = match op {
            Op::Value { rank, .. } => rank,
            _ => 0,
        };
        let run = Run {
            value,
            len: op.len(),
        };
        Some(left.map(|_| run).ok_or(Problem::Corrupted))
    })
}

/// A place to begin to search for a higher register than the one before: an operation that ends at or below that.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Hint(Option<Position>);

/// An operation, by its first byte and its first register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Position {
    at: usize,
    first: usize,
}

impl Position {
    #[inline]
    fn behind(self, bytes: usize, registers: usize) -> Position {
        Position {
            at: self.at + bytes,
            first: self.first + registers,
        }
    }
}

const START: Position = Position {
    at: HEADER,
    first: 0,
};

/// Raises one register; makes the sketch dense when it has to. Returns whether it was lower. Invariant: with one `hint`,
/// registers are raised in ascending order. Errors: the runs end before the register.
pub(super) fn raise(
    bytes: &mut Vec<u8>,
    place: Place,
    sparse_max: usize,
    hint: &mut Hint,
) -> Result<bool, Problem> {
    if place.rank > VALUE_MAX {
        return raise_dense(bytes, place);
    }
    let (mut before, mut found) = find(bytes, place.index, hint.0.unwrap_or(START))?;
    if before.is_none() && hint.0.is_some() {
        (before, found) = find(bytes, place.index, START)?;
    }
    hint.0 = before;
    let op = Op::read(&bytes[found.at..]).ok_or(Problem::Corrupted)?;
    if matches!(op, Op::Value { rank, .. } if rank >= place.rank) {
        return Ok(false);
    }
    let piece = split(op, place, found.first);
    let (old, new) = (op.size(), piece.bytes().len());
    if new > old && bytes.len() + (new - old) > sparse_max {
        return raise_dense(bytes, place);
    }
    if new == old {
        bytes[found.at..found.at + old].copy_from_slice(piece.bytes());
    } else {
        bytes.splice(found.at..found.at + old, piece.bytes().iter().copied());
    }
    join(bytes, before.map_or(HEADER, |before| before.at));
    Ok(true)
}

fn raise_dense(bytes: &mut Vec<u8>, place: Place) -> Result<bool, Problem> {
    make_dense(bytes)?;
    Ok(dense::raise(&mut bytes[HEADER..], place))
}

/// The operation that covers register `index`, and the one before it, searched from `start` on.
fn find(
    bytes: &[u8],
    index: usize,
    start: Position,
) -> Result<(Option<Position>, Position), Problem> {
    let (mut before, mut here) = (start, start);
    let found = |before, here| Ok(((here != start).then_some(before), here));
    loop {
        while let Some(len) = len_of_eight(bytes, here.at) {
            if index < here.first + len {
                break;
            }
            let last = usize::from(SPAN[usize::from(bytes[here.at + 7])]);
            before = here.behind(7, len - last);
            here = before.behind(1, last);
        }
        // One by one, up to behind the next one of two bytes.
        loop {
            let byte = *bytes.get(here.at).ok_or(Problem::Corrupted)?;
            let is_wide = byte >> 6 == 1;
            let len = match is_wide {
                false => usize::from(SPAN[usize::from(byte)]),
                true => {
                    let low = *bytes.get(here.at + 1).ok_or(Problem::Corrupted)?;
                    (usize::from(byte & 63) << 8 | usize::from(low)) + 1
                }
            };
            if index < here.first + len {
                return found(before, here);
            }
            before = here;
            here = here.behind(1 + usize::from(is_wide), len);
            if is_wide {
                break;
            }
        }
    }
}

/// How many registers the eight operations from `at` on cover together, if all of them are of one byte.
fn len_of_eight(bytes: &[u8], at: usize) -> Option<usize> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let eight = u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?);
    let (values, wide) = (eight >> 7 & ONES, eight >> 6 & !(eight >> 7) & ONES);
    if wide != 0 {
        return None;
    }
    // Six bits are the length of zeros, two that of a value; each is one less than it means.
    let lens = eight & ((0x3f * ONES) ^ (values * 0x3c));
    let pairs = (lens & 0x00ff_00ff_00ff_00ff) + (lens >> 8 & 0x00ff_00ff_00ff_00ff);
    Some((pairs.wrapping_mul(0x0001_0001_0001_0001) >> 48) as usize + 8)
}

/// How many registers an operation of one byte covers.
const SPAN: [u8; 256] = {
    let mut spans = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        spans[byte] = if byte < 128 {
            (byte & 63) as u8 + 1
        } else {
            (byte & 3) as u8 + 1
        };
        byte += 1;
    }
    spans
};

/// What takes the place of `op`, which begins at register `first`.
fn split(op: Op, place: Place, first: usize) -> Piece {
    let (below, above) = (place.index - first, first + op.len() - 1 - place.index);
    let mut piece = Piece::default();
    let rest = |piece: &mut Piece, len: usize| match op {
        _ if len == 0 => {}
        Op::Value { rank, .. } => piece.value(rank, len),
        _ => piece.zeros(len),
    };
    rest(&mut piece, below);
    piece.value(place.rank, 1);
    rest(&mut piece, above);
    piece
}

/// Joins neighbours of the same rank near the operation at `at`.
fn join(bytes: &mut Vec<u8>, mut at: usize) {
    for _ in 0..JOIN_WINDOW {
        match (
            bytes.get(at..).and_then(Op::read),
            bytes.get(at + 1..).and_then(Op::read),
        ) {
            (None, _) => return,
            (
                Some(Op::Value { rank, len }),
                Some(Op::Value {
                    rank: same,
                    len: more,
                }),
            ) if rank == same && len + more <= VALUE_RUN_MAX => {
                let mut piece = Piece::default();
                piece.value(rank, len + more);
                bytes[at + 1] = piece.bytes()[0];
                bytes.remove(at);
            }
            (Some(op), _) => at += op.size(),
        }
    }
}

/// Up to five bytes of operations.
#[derive(Default)]
struct Piece {
    bytes: [u8; 5],
    len: usize,
}

impl Piece {
    fn bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    fn push(&mut self, byte: u8) {
        self.bytes[self.len] = byte;
        self.len += 1;
    }

    fn zeros(&mut self, len: usize) {
        let coded = len - 1;
        if len > SHORT_ZEROS_MAX {
            self.push(1 << 6 | (coded >> 8) as u8);
        }
        self.push(coded as u8);
    }

    fn value(&mut self, rank: u8, len: usize) {
        self.push(1 << 7 | (rank - 1) << 2 | (len - 1) as u8);
    }
}
