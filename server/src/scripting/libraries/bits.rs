//! `bit`: operations on the lowest 32 bits of numbers, as the library for Lua of that name has them.

use std::ffi::c_int;

use super::Library;
use crate::scripting::seat::Seat;
use crate::scripting::stack::{Raised, Stack};

type Done = Result<c_int, Raised>;

pub(super) const LIBRARY: Library = Library {
    name: "bit",
    functions: &[
        ("tobit", |stack, seat| {
            one(stack, seat, "tobit", |bits| bits)
        }),
        ("bnot", |stack, seat| one(stack, seat, "bnot", |bits| !bits)),
        ("bswap", |stack, seat| {
            one(stack, seat, "bswap", u32::swap_bytes)
        }),
        ("band", |stack, seat| {
            all(stack, seat, "band", |one, other| one & other)
        }),
        ("bor", |stack, seat| {
            all(stack, seat, "bor", |one, other| one | other)
        }),
        ("bxor", |stack, seat| {
            all(stack, seat, "bxor", |one, other| one ^ other)
        }),
        ("lshift", |stack, seat| {
            shift(stack, seat, "lshift", |bits, by| bits << by)
        }),
        ("rshift", |stack, seat| {
            shift(stack, seat, "rshift", |bits, by| bits >> by)
        }),
        ("arshift", |stack, seat| {
            shift(stack, seat, "arshift", |bits, by| {
                (bits as i32 >> by) as u32
            })
        }),
        ("rol", |stack, seat| {
            shift(stack, seat, "rol", u32::rotate_left)
        }),
        ("ror", |stack, seat| {
            shift(stack, seat, "ror", u32::rotate_right)
        }),
        ("tohex", tohex),
    ],
    texts: &[],
};

/// The lowest 32 bits of the number that is argument `index`, which is rounded to the nearest.
fn bits(stack: &Stack, seat: &mut Seat, function: &str, index: c_int) -> Result<u32, Raised> {
    if !stack.is_number(index) {
        let why = format!("number expected, got {}", stack.kind(index).name());
        return Err(seat.bad_argument(index, function, &why));
    }
    const MODULUS: f64 = 4_294_967_296.0;
    let number = stack.number(index).round_ties_even();
    Ok(number.rem_euclid(MODULUS) as u64 as u32)
}

fn push(stack: &Stack, bits: u32) -> Done {
    stack.push_number(f64::from(bits as i32));
    Ok(1)
}

fn one(stack: &Stack, seat: &mut Seat, function: &str, make: fn(u32) -> u32) -> Done {
    push(stack, make(bits(stack, seat, function, 1)?))
}

fn all(stack: &Stack, seat: &mut Seat, function: &str, join: fn(u32, u32) -> u32) -> Done {
    let mut joined = bits(stack, seat, function, 1)?;
    for index in 2..=stack.len() {
        joined = join(joined, bits(stack, seat, function, index)?);
    }
    push(stack, joined)
}

fn shift(stack: &Stack, seat: &mut Seat, function: &str, make: fn(u32, u32) -> u32) -> Done {
    let value = bits(stack, seat, function, 1)?;
    let by = bits(stack, seat, function, 2)?;
    push(stack, make(value, by & 31))
}

/// The number of digits is the second argument; a negative one asks for upper case.
fn tohex(stack: &Stack, seat: &mut Seat) -> Done {
    let value = bits(stack, seat, "tohex", 1)?;
    let digits = match stack.len() {
        1 => 8,
        _ => bits(stack, seat, "tohex", 2)? as i32,
    };
    let text = match digits < 0 {
        true => format!("{value:08X}"),
        false => format!("{value:08x}"),
    };
    seat.text.clear();
    seat.text
        .extend_from_slice(&text.as_bytes()[8 - digits.unsigned_abs().min(8) as usize..]);
    drop(text);
    stack.push_bytes(&seat.text);
    Ok(1)
}
