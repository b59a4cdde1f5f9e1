//! `cjson.encode`: a value of Lua as JSON.

use std::ffi::c_int;
use std::io::Write;

use super::json::Settings;
use crate::scripting::seat::Seat;
use crate::scripting::stack::{Kind, Raised, Stack};

/// What a table is written as.
enum Shape {
    Array(usize),
    Object,
}

/// Encodes the value at the top into the desk's `text`, and drops it.
pub(super) fn encode_top(
    stack: &Stack,
    seat: &mut Seat,
    settings: Settings,
    depth: u32,
) -> Result<(), Raised> {
    match stack.kind(-1) {
        Kind::String => append_string(&mut seat.text, stack.bytes(-1).unwrap_or_default()),
        Kind::Number => append_number(seat, settings, stack.number(-1))?,
        Kind::Boolean => {
            let word: &[u8] = if stack.boolean(-1) { b"true" } else { b"false" };
            seat.text.extend_from_slice(word);
        }
        Kind::Nil => seat.text.extend_from_slice(b"null"),
        Kind::LightUserdata if stack.pointer(-1).is_null() => seat.text.extend_from_slice(b"null"),
        Kind::Table => encode_table(stack, seat, settings, depth + 1)?,
        other => return Err(refuse(seat, other.name(), "type not supported")),
    }
    stack.pop(1);
    Ok(())
}

fn refuse(seat: &mut Seat, what: &str, why: &str) -> Raised {
    seat.text.clear();
    let _ = write!(seat.text, "Cannot serialise {what}: {why}");
    Raised::Text
}

fn encode_table(
    stack: &Stack,
    seat: &mut Seat,
    settings: Settings,
    depth: u32,
) -> Result<(), Raised> {
    if depth > settings.encode_depth || !stack.reserve(4) {
        seat.text.clear();
        let _ = write!(seat.text, "Cannot serialise, excessive depth ({depth})");
        return Err(Raised::Text);
    }
    let table = stack.absolute(-1);
    match shape_of(stack, seat, settings, table)? {
        Shape::Array(len) => encode_array(stack, seat, settings, depth, table, len),
        Shape::Object => encode_object(stack, seat, settings, depth, table),
    }
}

/// A table is an array if all its keys are whole numbers from 1 on, with not too many of them missing.
fn shape_of(
    stack: &Stack,
    seat: &mut Seat,
    settings: Settings,
    table: c_int,
) -> Result<Shape, Raised> {
    let (mut greatest, mut count) = (0.0_f64, 0_u32);
    stack.push_nil();
    while stack.next_pair(table) {
        stack.pop(1);
        let key = match stack.kind(-1) {
            Kind::Number => stack.number(-1),
            _ => 0.0,
        };
        if key < 1.0 || key.fract() != 0.0 {
            stack.pop(1);
            return Ok(Shape::Object);
        }
        greatest = greatest.max(key);
        count += 1;
    }
    if count == 0 {
        return Ok(Shape::Object);
    }
    let is_sparse = settings.sparse_ratio > 0
        && greatest > f64::from(count) * f64::from(settings.sparse_ratio)
        && greatest > f64::from(settings.sparse_safe);
    match is_sparse {
        false => Ok(Shape::Array(greatest as usize)),
        true if settings.sparse_convert => Ok(Shape::Object),
        true => Err(refuse(seat, "table", "excessively sparse array")),
    }
}

fn encode_array(
    stack: &Stack,
    seat: &mut Seat,
    settings: Settings,
    depth: u32,
    table: c_int,
    len: usize,
) -> Result<(), Raised> {
    seat.text.push(b'[');
    for at in 1..=len {
        if at > 1 {
            seat.text.push(b',');
        }
        stack.push_element(table, at);
        encode_top(stack, seat, settings, depth)?;
    }
    seat.text.push(b']');
    Ok(())
}

fn encode_object(
    stack: &Stack,
    seat: &mut Seat,
    settings: Settings,
    depth: u32,
    table: c_int,
) -> Result<(), Raised> {
    seat.text.push(b'{');
    let mut is_first = true;
    stack.push_nil();
    while stack.next_pair(table) {
        if !std::mem::replace(&mut is_first, false) {
            seat.text.push(b',');
        }
        match stack.kind(-2) {
            Kind::String => append_string(&mut seat.text, stack.bytes(-2).unwrap_or_default()),
            Kind::Number => {
                seat.text.push(b'"');
                append_number(seat, settings, stack.number(-2))?;
                seat.text.push(b'"');
            }
            _ => {
                return Err(refuse(
                    seat,
                    "table",
                    "table key must be a number or string",
                ));
            }
        }
        seat.text.push(b':');
        encode_top(stack, seat, settings, depth)?;
    }
    seat.text.push(b'}');
    Ok(())
}

fn append_number(seat: &mut Seat, settings: Settings, number: f64) -> Result<(), Raised> {
    if !number.is_finite() && !settings.encode_invalid {
        return Err(refuse(seat, "number", "must not be NaN or Inf"));
    }
    append_general(&mut seat.text, number, settings.precision);
    Ok(())
}

/// As C's `%.Ng` prints.
fn append_general(out: &mut Vec<u8>, number: f64, precision: usize) {
    if number.is_nan() {
        return out.extend_from_slice(if number.is_sign_negative() {
            b"-nan"
        } else {
            b"nan"
        });
    }
    if number.is_infinite() {
        return out.extend_from_slice(if number < 0.0 { b"-inf" } else { b"inf" });
    }
    let text = format!("{:.*e}", precision - 1, number);
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if exponent < -4 || exponent >= precision as i32 {
        let digits = trimmed(digits);
        let sign = if exponent < 0 { '-' } else { '+' };
        let _ = write!(out, "{digits}e{sign}{:02}", exponent.unsigned_abs());
        return;
    }
    let decimals = (precision as i32 - 1 - exponent).max(0) as usize;
    let text = format!("{number:.decimals$}");
    out.extend_from_slice(trimmed(&text).as_bytes());
}

fn trimmed(digits: &str) -> &str {
    match digits.contains('.') {
        true => digits.trim_end_matches('0').trim_end_matches('.'),
        false => digits,
    }
}

fn append_string(out: &mut Vec<u8>, text: &[u8]) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    out.push(b'"');
    for byte in text {
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'/' => out.extend_from_slice(b"\\/"),
            b'\x08' => out.extend_from_slice(b"\\b"),
            b'\x0c' => out.extend_from_slice(b"\\f"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0..0x20 | 0x7f => {
                out.extend_from_slice(b"\\u00");
                out.push(HEX[usize::from(byte >> 4)]);
                out.push(HEX[usize::from(byte & 15)]);
            }
            other => out.push(*other),
        }
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_look_as_c_prints_them() {
        let text = |number: f64, precision| {
            let mut out = Vec::new();
            append_general(&mut out, number, precision);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(text(0.1, 14), "0.1");
        assert_eq!(text(1e14, 14), "1e+14");
        assert_eq!(text(99_999_999_999_999.0, 14), "99999999999999");
        assert_eq!(text(-0.00001, 14), "-1e-05");
        assert_eq!(text(0.0, 14), "0");
        assert_eq!(text(2.54321, 3), "2.54");
        assert_eq!(text(1000.0, 3), "1e+03");
    }
}
