//! Bitmaps: strings seen as rows of bits, the first one the highest bit of the first byte.

mod bit;
mod bit_offset;
mod bit_range;
mod count;
mod field;
mod field_operation;
mod field_type;
mod operation;
mod position;

use crate::command::spec::Command;

pub(super) const FAMILY: &[&Command] = &[
    &bit::SETBIT,
    &bit::GETBIT,
    &count::BITCOUNT,
    &position::BITPOS,
    &operation::BITOP,
    &field::BITFIELD,
    &field::BITFIELD_RO,
];

#[cfg(test)]
mod tests;
