//! `cmsgpack.unpack` and its relatives.

use std::ffi::c_int;

use crate::scripting::seat::Seat;
use crate::scripting::stack::{Kind, Raised, Stack};

/// Arrays and maps are followed no deeper than this.
const DEEPEST: u32 = 1000;

/// Why a value can't be read.
enum Fault {
    /// The bytes end before it does.
    Missing,
    /// No value begins with this byte, or it is nested too deep.
    Bad,
}

/// Pushes up to `limit` values (0: all) of the bytes that are the first argument, from offset `from` on. With a limit or an offset,
/// the offset behind them comes first: -1 at the end.
pub(super) fn unpack_values(
    stack: &Stack,
    seat: &mut Seat,
    limit: i64,
    from: i64,
) -> Result<c_int, Raised> {
    let Some(bytes) = stack.bytes(1) else {
        let why = format!("string expected, got {}", stack.kind(1).name());
        return Err(seat.bad_argument(1, "unpack", &why));
    };
    let Some(start) = usize::try_from(from).ok().filter(|_| limit >= 0) else {
        return fail(
            seat,
            format!(
                "Invalid request to unpack with offset of {from} and limit of {}.",
                bytes.len()
            ),
        );
    };
    if start > bytes.len() {
        let len = bytes.len();
        return fail(
            seat,
            format!("Start offset {start} greater than input length {len}."),
        );
    }
    let is_whole = limit == 0 && from == 0;
    if !is_whole {
        stack.push_nil();
    }
    let place = stack.len();
    let mut rest = &bytes[start..];
    let mut count = 0;
    while !rest.is_empty() && (limit == 0 || count < limit) {
        match push_value(stack, rest, 0) {
            Ok(behind) => rest = behind,
            Err(Fault::Missing) => return fail(seat, "Missing bytes in input.".into()),
            Err(Fault::Bad) => return fail(seat, "Bad data format in input.".into()),
        }
        count += 1;
    }
    if !is_whole {
        let behind = match rest.len() {
            0 => -1.0,
            left => (bytes.len() - left) as f64,
        };
        stack.push_number(behind);
        stack.replace(place);
    }
    Ok(count as c_int + c_int::from(!is_whole))
}

fn fail(seat: &mut Seat, why: String) -> Result<c_int, Raised> {
    seat.text.clear();
    seat.text.extend_from_slice(why.as_bytes());
    Err(Raised::Text)
}

type Behind<'a> = Result<&'a [u8], Fault>;

fn push_value<'a>(stack: &Stack, bytes: &'a [u8], depth: u32) -> Behind<'a> {
    if depth > DEEPEST || !stack.reserve(4) {
        return Err(Fault::Bad);
    }
    let (tag, rest) = bytes.split_first().ok_or(Fault::Missing)?;
    match tag {
        0..=0x7f => push_number(stack, f64::from(*tag), rest),
        0xe0..=0xff => push_number(stack, f64::from(*tag as i8), rest),
        0x80..=0x8f => push_map(stack, usize::from(tag & 15), rest, depth),
        0x90..=0x9f => push_array(stack, usize::from(tag & 15), rest, depth),
        0xa0..=0xbf => push_bytes(stack, usize::from(tag & 31), rest),
        0xc0 => {
            stack.push_nil();
            Ok(rest)
        }
        0xc2 | 0xc3 => {
            stack.push_boolean(*tag == 0xc3);
            Ok(rest)
        }
        0xca => {
            let (bytes, rest) = take::<4>(rest)?;
            push_number(stack, f32::from_be_bytes(bytes).into(), rest)
        }
        0xcb => {
            let (bytes, rest) = take::<8>(rest)?;
            push_number(stack, f64::from_be_bytes(bytes), rest)
        }
        0xcc..=0xcf => {
            let (number, rest) = unsigned(1 << (tag - 0xcc), rest)?;
            push_number(stack, number as f64, rest)
        }
        0xd0..=0xd3 => {
            let bytes = 1 << (tag - 0xd0);
            let (number, rest) = unsigned(bytes, rest)?;
            let unused = 64 - 8 * bytes as u32;
            push_number(stack, ((number << unused) as i64 >> unused) as f64, rest)
        }
        0xc4..=0xc6 => push_sized(stack, 1 << (tag - 0xc4), rest),
        0xd9..=0xdb => push_sized(stack, 1 << (tag - 0xd9), rest),
        0xdc | 0xdd => {
            let (len, rest) = unsigned(2 << (tag - 0xdc), rest)?;
            push_array(stack, len as usize, rest, depth)
        }
        0xde | 0xdf => {
            let (len, rest) = unsigned(2 << (tag - 0xde), rest)?;
            push_map(stack, len as usize, rest, depth)
        }
        _ => Err(Fault::Bad),
    }
}

fn take<const N: usize>(bytes: &[u8]) -> Result<([u8; N], &[u8]), Fault> {
    let (front, rest) = bytes.split_first_chunk::<N>().ok_or(Fault::Missing)?;
    Ok((*front, rest))
}

fn unsigned(bytes: usize, data: &[u8]) -> Result<(u64, &[u8]), Fault> {
    let (front, rest) = data.split_at_checked(bytes).ok_or(Fault::Missing)?;
    let number = front
        .iter()
        .fold(0, |number, byte| number << 8 | u64::from(*byte));
    Ok((number, rest))
}

fn push_number<'a>(stack: &Stack, number: f64, rest: &'a [u8]) -> Behind<'a> {
    stack.push_number(number);
    Ok(rest)
}

fn push_sized<'a>(stack: &Stack, bytes: usize, data: &'a [u8]) -> Behind<'a> {
    let (len, rest) = unsigned(bytes, data)?;
    push_bytes(stack, len as usize, rest)
}

fn push_bytes<'a>(stack: &Stack, len: usize, data: &'a [u8]) -> Behind<'a> {
    let (text, rest) = data.split_at_checked(len).ok_or(Fault::Missing)?;
    stack.push_bytes(text);
    Ok(rest)
}

fn push_array<'a>(stack: &Stack, len: usize, mut data: &'a [u8], depth: u32) -> Behind<'a> {
    // Every element takes a byte or more.
    if len > data.len() {
        return Err(Fault::Missing);
    }
    stack.push_table(len, 0);
    for at in 1..=len {
        data = push_value(stack, data, depth + 1)?;
        stack.set_element(-2, at);
    }
    Ok(data)
}

fn push_map<'a>(stack: &Stack, len: usize, mut data: &'a [u8], depth: u32) -> Behind<'a> {
    if len > data.len() / 2 {
        return Err(Fault::Missing);
    }
    stack.push_table(0, len);
    for _ in 0..len {
        data = push_value(stack, data, depth + 1)?;
        let is_key = match stack.kind(-1) {
            Kind::Nil => false,
            Kind::Number => !stack.number(-1).is_nan(),
            _ => true,
        };
        data = push_value(stack, data, depth + 1)?;
        match is_key {
            true => stack.set_pair(-3),
            false => return Err(Fault::Bad),
        }
    }
    Ok(data)
}
