//! `cmsgpack`: values of Lua as MessagePack (<https://github.com/msgpack/msgpack/blob/master/spec.md>) and back.

use std::ffi::c_int;

use super::Library;
use super::msgpack_decoder::unpack_values;
use crate::scripting::seat::Seat;
use crate::scripting::stack::{Kind, Raised, Stack};

type Done = Result<c_int, Raised>;

/// Tables nested deeper than this are written as nil, so that one which holds itself comes to an end.
const DEEPEST: u32 = 16;

pub(super) const LIBRARY: Library = Library {
    name: "cmsgpack",
    functions: &[
        ("pack", pack),
        ("unpack", |stack, seat| unpack_values(stack, seat, 0, 0)),
        ("unpack_one", |stack, seat| {
            let from = offset(stack, 2)?;
            unpack_values(stack, seat, 1, from)
        }),
        ("unpack_limit", |stack, seat| {
            let (limit, from) = (offset(stack, 2)?, offset(stack, 3)?);
            unpack_values(stack, seat, limit, from)
        }),
    ],
    texts: &[
        ("_NAME", "cmsgpack"),
        ("_VERSION", "lua-cmsgpack 0.4.0"),
        ("_COPYRIGHT", "none: written for this server"),
        ("_DESCRIPTION", "MessagePack for scripts"),
    ],
};

fn offset(stack: &Stack, index: c_int) -> Result<i64, Raised> {
    match stack.kind(index) {
        Kind::None | Kind::Nil => Ok(0),
        _ => Ok(stack.number(index) as i64),
    }
}

/// Every argument, one behind the other.
fn pack(stack: &Stack, seat: &mut Seat) -> Done {
    let count = stack.len();
    if count == 0 {
        return Err(seat.bad_argument(0, "pack", "MessagePack pack needs input."));
    }
    seat.text.clear();
    for index in 1..=count {
        if !stack.reserve(1) {
            return Err(seat.bad_argument(0, "pack", "Too many arguments for MessagePack pack."));
        }
        stack.push_copy(index);
        pack_top(stack, seat, 0);
    }
    stack.push_bytes(&seat.text);
    Ok(1)
}

fn pack_top(stack: &Stack, seat: &mut Seat, depth: u32) {
    let out = &mut seat.text;
    match stack.kind(-1) {
        Kind::String => pack_bytes(out, stack.bytes(-1).unwrap_or_default()),
        Kind::Boolean => out.push(if stack.boolean(-1) { 0xc3 } else { 0xc2 }),
        Kind::Number => pack_number(out, stack.number(-1)),
        Kind::Table if depth < DEEPEST && stack.reserve(4) => pack_table(stack, seat, depth),
        _ => out.push(0xc0),
    }
    stack.pop(1);
}

fn pack_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    match bytes.len() {
        len @ 0..32 => out.push(0xa0 | len as u8),
        len @ 32..=0xff => out.extend_from_slice(&[0xd9, len as u8]),
        len => pack_len(out, len, 0xda),
    }
    out.extend_from_slice(bytes);
}

/// A length of 16 bits behind `tag`, or of 32 bits behind the next one.
fn pack_len(out: &mut Vec<u8>, len: usize, tag: u8) {
    match u16::try_from(len) {
        Ok(len) => {
            out.push(tag);
            out.extend_from_slice(&len.to_be_bytes());
        }
        Err(_) => {
            out.push(tag + 1);
            out.extend_from_slice(&(len as u32).to_be_bytes());
        }
    }
}

fn pack_number(out: &mut Vec<u8>, number: f64) {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    if number.trunc() == number && number.abs() < LIMIT {
        return pack_integer(out, number as i64);
    }
    let short = number as f32;
    if f64::from(short) == number {
        out.push(0xca);
        out.extend_from_slice(&short.to_be_bytes());
    } else {
        out.push(0xcb);
        out.extend_from_slice(&number.to_be_bytes());
    }
}

fn pack_integer(out: &mut Vec<u8>, number: i64) {
    let mut tagged = |tag: u8, bytes: &[u8]| {
        out.push(tag);
        out.extend_from_slice(bytes);
    };
    match number {
        0..=0x7f => out.push(number as u8),
        0x80..=0xff => tagged(0xcc, &[number as u8]),
        0x100..=0xffff => tagged(0xcd, &(number as u16).to_be_bytes()),
        0x1_0000..=0xffff_ffff => tagged(0xce, &(number as u32).to_be_bytes()),
        0x1_0000_0000.. => tagged(0xcf, &(number as u64).to_be_bytes()),
        -32..0 => out.push(number as i8 as u8),
        -0x80..-32 => tagged(0xd0, &[number as i8 as u8]),
        -0x8000..-0x80 => tagged(0xd1, &(number as i16).to_be_bytes()),
        -0x8000_0000..-0x8000 => tagged(0xd2, &(number as i32).to_be_bytes()),
        _ => tagged(0xd3, &number.to_be_bytes()),
    }
}

fn pack_table(stack: &Stack, seat: &mut Seat, depth: u32) {
    let table = stack.absolute(-1);
    let (mut count, mut greatest, mut is_array) = (0_usize, 0.0_f64, true);
    stack.push_nil();
    while stack.next_pair(table) {
        stack.pop(1);
        count += 1;
        let key = match stack.kind(-1) {
            Kind::Number => stack.number(-1),
            _ => 0.0,
        };
        is_array &= key >= 1.0 && key.fract() == 0.0;
        greatest = greatest.max(key);
    }
    let is_array = is_array && greatest == count as f64 && count > 0;
    let out = &mut seat.text;
    match (is_array, count) {
        (true, 0..16) => out.push(0x90 | count as u8),
        (true, _) => pack_len(out, count, 0xdc),
        (false, 0..16) => out.push(0x80 | count as u8),
        (false, _) => pack_len(out, count, 0xde),
    }
    if is_array {
        for at in 1..=count {
            stack.push_element(table, at);
            pack_top(stack, seat, depth + 1);
        }
        return;
    }
    stack.push_nil();
    while stack.next_pair(table) {
        stack.push_copy(-2);
        pack_top(stack, seat, depth + 1);
        pack_top(stack, seat, depth + 1);
    }
}
