//! Part of a bitmap, as BITCOUNT and BITPOS take it: `start end [BYTE|BIT]`, both ends inclusive, negative ones counted
//! from the end.

use crate::command::error::CommandError;
use crate::command::spec::{Argument, ArgumentKind};
use std::ops::Range;

/// What start and end count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RangeUnit {
    Byte,
    Bit,
}

impl RangeUnit {
    /// For COMMAND DOCS.
    pub(super) const ARGUMENT: Argument = Argument::new(
        "unit",
        ArgumentKind::OneOf(&[Argument::word("byte", "BYTE"), Argument::word("bit", "BIT")]),
    )
    .optional();

    /// Reads the word behind a range. Errors: neither `BYTE` nor `BIT`.
    pub(super) fn parse(word: &[u8]) -> Result<Self, CommandError> {
        if word.eq_ignore_ascii_case(b"bit") {
            Ok(Self::Bit)
        } else if word.eq_ignore_ascii_case(b"byte") {
            Ok(Self::Byte)
        } else {
            Err(CommandError::SYNTAX)
        }
    }

    fn bits(self) -> i64 {
        match self {
            Self::Byte => 8,
            Self::Bit => 1,
        }
    }
}

/// The bits from `start` to `end` of a string of `len` bytes; empty for none.
pub(super) fn clip(start: i64, end: i64, unit: RangeUnit, len: usize) -> Range<usize> {
    let len = len as i64 * 8 / unit.bits();
    let place = |at: i64| if at < 0 { (at + len).max(0) } else { at };
    let (start, end) = (place(start), place(end).min(len - 1));
    if start > end {
        return 0..0;
    }
    (start * unit.bits()) as usize..((end + 1) * unit.bits()) as usize
}

/// The bytes that hold `bits`, the first and the last one without the bits outside; `outside` is what they become.
/// Invariant: `bits` is not empty and within `bytes`.
pub(super) struct Edges<'b> {
    pub first: u8,
    pub middle: &'b [u8],
    /// None when all bits are in one byte.
    pub last: Option<u8>,
}

impl<'b> Edges<'b> {
    pub(super) fn cut(bytes: &'b [u8], bits: &Range<usize>, outside: bool) -> Self {
        let (first, last) = (bits.start / 8, (bits.end - 1) / 8);
        let before = !(0xff_u8 >> (bits.start % 8));
        let behind = 0x7f_u8 >> ((bits.end - 1) % 8);
        let hide = |byte: u8, mask: u8| if outside { byte | mask } else { byte & !mask };
        if first == last {
            return Edges {
                first: hide(bytes[first], before | behind),
                middle: &[],
                last: None,
            };
        }
        Edges {
            first: hide(bytes[first], before),
            middle: &bytes[first + 1..last],
            last: Some(hide(bytes[last], behind)),
        }
    }
}
