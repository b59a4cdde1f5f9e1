//! `cjson`: JSON to values of Lua and back, as the library for Lua of that name does it.

use std::ffi::c_int;

use super::json_decoder::decode_text;
use super::json_encoder::encode_top;
use super::{Library, push_library};
use crate::scripting::seat::Seat;
use crate::scripting::stack::{Kind, Raised, Stack};

type Done = Result<c_int, Raised>;

/// What scripts can choose. A script begins with what stands here.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Whether arrays with too many holes become objects instead of errors.
    pub sparse_convert: bool,
    /// How many times more places than elements an array may have; 0 for any.
    pub sparse_ratio: u32,
    /// Arrays of so many places are never too sparse.
    pub sparse_safe: u32,
    /// How deep tables may be nested.
    pub encode_depth: u32,
    /// How deep arrays and objects may be nested.
    pub decode_depth: u32,
    /// Digits of numbers.
    pub precision: usize,
    /// Whether infinite numbers and what is no number are written.
    pub encode_invalid: bool,
    /// Whether they are read.
    pub decode_invalid: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            sparse_convert: false,
            sparse_ratio: 2,
            sparse_safe: 10,
            encode_depth: 1000,
            decode_depth: 1000,
            precision: 14,
            encode_invalid: false,
            decode_invalid: true,
        }
    }
}

pub(super) const LIBRARY: Library = Library {
    name: "cjson",
    functions: &[
        ("encode", encode),
        ("decode", decode),
        ("encode_sparse_array", sparse_array),
        ("encode_max_depth", |stack, seat| {
            depth(stack, seat, |settings| &mut settings.encode_depth)
        }),
        ("decode_max_depth", |stack, seat| {
            depth(stack, seat, |settings| &mut settings.decode_depth)
        }),
        ("encode_number_precision", precision),
        ("encode_keep_buffer", keep_buffer),
        ("encode_invalid_numbers", |stack, seat| {
            invalid_numbers(stack, seat, |settings| &mut settings.encode_invalid)
        }),
        ("decode_invalid_numbers", |stack, seat| {
            invalid_numbers(stack, seat, |settings| &mut settings.decode_invalid)
        }),
        ("new", another),
    ],
    texts: &[("_NAME", "cjson"), ("_VERSION", "2.1.0")],
};

/// Adds what stands for JSON's null to the table at the top.
pub(super) fn push_null(stack: &Stack) {
    stack.push_pointer(std::ptr::null_mut());
    stack.set_field("null");
}

fn another(stack: &Stack, seat: &mut Seat) -> Done {
    push_library(stack, seat.as_pointer(), &LIBRARY);
    Ok(1)
}

fn encode(stack: &Stack, seat: &mut Seat) -> Done {
    if stack.len() != 1 {
        return Err(seat.bad_argument(1, "encode", "expected 1 argument"));
    }
    seat.text.clear();
    let settings = seat.json;
    encode_top(stack, seat, settings, 0)?;
    stack.push_bytes(&seat.text);
    Ok(1)
}

fn decode(stack: &Stack, seat: &mut Seat) -> Done {
    if stack.len() != 1 {
        return Err(seat.bad_argument(1, "decode", "expected 1 argument"));
    }
    let Some(text) = stack.bytes(1) else {
        let why = format!("string expected, got {}", stack.kind(1).name());
        return Err(seat.bad_argument(1, "decode", &why));
    };
    // Other encodings of Unicode have zero bytes in their first two.
    if text.len() >= 2 && (text[0] == 0 || text[1] == 0) {
        return Err(Raised::Message(
            "JSON parser does not support UTF-16 or UTF-32",
        ));
    }
    decode_text(stack, seat, text)?;
    Ok(1)
}

/// The whole number that argument `index` is, within bounds; nil keeps what is.
fn chosen(
    stack: &Stack,
    seat: &mut Seat,
    index: c_int,
    bounds: std::ops::RangeInclusive<u32>,
) -> Result<Option<u32>, Raised> {
    if matches!(stack.kind(index), Kind::None | Kind::Nil) {
        return Ok(None);
    }
    let number = stack.number(index);
    let (least, most) = (*bounds.start(), *bounds.end());
    if number < f64::from(least) || number > f64::from(most) {
        let why = format!("expected integer between {least} and {most}");
        return Err(seat.bad_argument(index, "?", &why));
    }
    Ok(Some(number as u32))
}

fn sparse_array(stack: &Stack, seat: &mut Seat) -> Done {
    if stack.kind(1) == Kind::Boolean {
        seat.json.sparse_convert = stack.boolean(1);
    }
    if let Some(ratio) = chosen(stack, seat, 2, 0..=i32::MAX as u32)? {
        seat.json.sparse_ratio = ratio;
    }
    if let Some(safe) = chosen(stack, seat, 3, 0..=i32::MAX as u32)? {
        seat.json.sparse_safe = safe;
    }
    let settings = seat.json;
    stack.push_boolean(settings.sparse_convert);
    stack.push_number(settings.sparse_ratio.into());
    stack.push_number(settings.sparse_safe.into());
    Ok(3)
}

type Place<T> = fn(&mut Settings) -> &mut T;

fn depth(stack: &Stack, seat: &mut Seat, place: Place<u32>) -> Done {
    if let Some(depth) = chosen(stack, seat, 1, 1..=i32::MAX as u32)? {
        *place(&mut seat.json) = depth;
    }
    stack.push_number((*place(&mut seat.json)).into());
    Ok(1)
}

fn precision(stack: &Stack, seat: &mut Seat) -> Done {
    if let Some(digits) = chosen(stack, seat, 1, 1..=14)? {
        seat.json.precision = digits as usize;
    }
    stack.push_number(seat.json.precision as f64);
    Ok(1)
}

/// Whether the memory of the last text is kept for the next: it always is.
fn keep_buffer(stack: &Stack, _: &mut Seat) -> Done {
    stack.push_boolean(true);
    Ok(1)
}

fn invalid_numbers(stack: &Stack, seat: &mut Seat, place: Place<bool>) -> Done {
    if stack.kind(1) == Kind::Boolean {
        *place(&mut seat.json) = stack.boolean(1);
    }
    stack.push_boolean(*place(&mut seat.json));
    Ok(1)
}
