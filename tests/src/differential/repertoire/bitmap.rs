//! Bitmaps.

use super::{Group, row};

pub(super) fn group() -> Group {
    Group::new(
        "bitmap",
        vec![
            row(8, "SETBIT <key> <bitoff> <bit>"),
            row(3, "GETBIT <key> <bitoff>"),
            row(
                4,
                "BITCOUNT <key> [ <idx> <idx> | <idx> <idx> ( BYTE | BIT | bit ) ]",
            ),
            row(
                4,
                "BITPOS <key> <bit> [ <idx> | <idx> <idx> | <idx> <idx> ( BYTE | BIT ) ]",
            ),
            row(3, "BITOP ( AND | OR | XOR | xor ) <key> <keys>"),
            row(1, "BITOP NOT <key> <key>"),
            row(
                8,
                "BITFIELD <key> { ( GET <fieldtype> <fieldoff> | SET <fieldtype> <fieldoff> <int> \
                 | INCRBY <fieldtype> <fieldoff> <int> | OVERFLOW ( WRAP | SAT | FAIL ) ) }",
            ),
            row(2, "BITFIELD_RO <key> { GET <fieldtype> <fieldoff> }"),
            row(2, "GET <key>"),
            row(1, "SET <key> <val>"),
            row(1, "DEL <key>"),
        ],
    )
}
