//! `struct`: numbers and strings in the binary forms of C, as the library for Lua of that name packs them.
//!
//! A format is a row of letters: `>`, `<`, `=` choose the byte order, `!n` the alignment; `b h i l T` integers (upper case: unsigned),
//! `f d` floating point, `x` a byte of padding, `s` a string that ends with a zero byte, `cn` one of n bytes.

use std::ffi::c_int;

use super::Library;
use crate::scripting::seat::Seat;
use crate::scripting::stack::{Kind, Raised, Stack};

type Done = Result<c_int, Raised>;

pub(super) const LIBRARY: Library = Library {
    name: "struct",
    functions: &[("pack", pack), ("unpack", unpack), ("size", size)],
    texts: &[],
};

/// Integers of more bytes are refused.
const WIDEST: usize = 32;
/// The alignment that `!` alone stands for.
const NATURAL: usize = 8;

/// One element of a format.
#[derive(Clone, Copy)]
enum Item {
    Integer {
        bytes: usize,
        is_signed: bool,
    },
    Float,
    Double,
    Padding,
    Zeroed,
    /// Of so many bytes; of 0 as many as the number before it tells, or the string has.
    Counted(usize),
}

/// Walks over a format.
struct Format<'a> {
    letters: &'a [u8],
    is_little: bool,
    alignment: usize,
}

impl<'a> Format<'a> {
    fn new(letters: &'a [u8]) -> Self {
        Format {
            letters,
            is_little: cfg!(target_endian = "little"),
            alignment: 1,
        }
    }

    /// The number at the front, if there is one.
    fn number(&mut self, seat: &mut Seat, otherwise: usize) -> Result<usize, Raised> {
        if !self.letters.first().is_some_and(u8::is_ascii_digit) {
            return Ok(otherwise);
        }
        let mut number: usize = 0;
        while let Some(digit) = self
            .letters
            .first()
            .filter(|letter| letter.is_ascii_digit())
        {
            number = number * 10 + usize::from(digit - b'0');
            if number > i32::MAX as usize {
                return Err(fail(seat, "integral size overflow"));
            }
            self.letters = &self.letters[1..];
        }
        Ok(number)
    }

    /// The next element, and how many bytes of padding stand before it at `position`.
    fn next(&mut self, seat: &mut Seat, position: usize) -> Result<Option<(Item, usize)>, Raised> {
        while let Some((letter, rest)) = self.letters.split_first() {
            self.letters = rest;
            let item = match letter {
                b'>' => {
                    self.is_little = false;
                    continue;
                }
                b'<' | b'=' => {
                    self.is_little = *letter == b'<' || cfg!(target_endian = "little");
                    continue;
                }
                b' ' => continue,
                b'!' => {
                    let alignment = self.number(seat, NATURAL)?;
                    if !alignment.is_power_of_two() {
                        return Err(fail(seat, "alignment is not a power of 2"));
                    }
                    self.alignment = alignment;
                    continue;
                }
                letter => self.item(seat, *letter)?,
            };
            return Ok(Some((item, self.padding(item, position))));
        }
        Ok(None)
    }

    fn item(&mut self, seat: &mut Seat, letter: u8) -> Result<Item, Raised> {
        let is_signed = letter.is_ascii_lowercase();
        let bytes = match letter {
            b'b' | b'B' => 1,
            b'h' | b'H' => 2,
            b'l' | b'L' => 8,
            b'T' => 8,
            b'i' | b'I' => {
                let bytes = self.number(seat, 4)?;
                if bytes > WIDEST {
                    let why = format!("integral size {bytes} is larger than limit of {WIDEST}");
                    return Err(fail(seat, &why));
                }
                bytes
            }
            b'f' => return Ok(Item::Float),
            b'd' | b'n' => return Ok(Item::Double),
            b'x' => return Ok(Item::Padding),
            b's' => return Ok(Item::Zeroed),
            b'c' => return Ok(Item::Counted(self.number(seat, 1)?)),
            other => {
                let why = format!("invalid format option '{}'", char::from(other));
                return Err(fail(seat, &why));
            }
        };
        Ok(Item::Integer { bytes, is_signed })
    }

    fn padding(&self, item: Item, position: usize) -> usize {
        let bytes = match item {
            Item::Integer { bytes, .. } => bytes,
            Item::Float => 4,
            Item::Double => 8,
            Item::Padding | Item::Zeroed | Item::Counted(_) => return 0,
        };
        match bytes.min(self.alignment) {
            0 | 1 => 0,
            to => position.next_multiple_of(to) - position,
        }
    }
}

fn fail(seat: &mut Seat, why: &str) -> Raised {
    seat.text.clear();
    seat.text.extend_from_slice(why.as_bytes());
    Raised::Text
}

fn format_of<'a>(stack: &'a Stack, seat: &mut Seat, name: &str) -> Result<Format<'a>, Raised> {
    match stack.kind(1) {
        Kind::String | Kind::Number => Ok(Format::new(stack.bytes(1).unwrap_or_default())),
        other => {
            let why = format!("string expected, got {}", other.name());
            Err(seat.bad_argument(1, name, &why))
        }
    }
}

fn number(stack: &Stack, seat: &mut Seat, index: c_int) -> Result<f64, Raised> {
    if stack.is_number(index) {
        return Ok(stack.number(index));
    }
    let why = format!("number expected, got {}", stack.kind(index).name());
    Err(seat.bad_argument(index, "pack", &why))
}

fn pack(stack: &Stack, seat: &mut Seat) -> Done {
    let mut format = format_of(stack, seat, "pack")?;
    seat.reply.clear();
    let mut index = 2;
    loop {
        let position = seat.reply.len();
        let Some((item, padding)) = format.next(seat, position)? else {
            break;
        };
        seat.reply.resize(position + padding, 0);
        if !matches!(item, Item::Padding) {
            pack_item(stack, seat, &format, item, index)?;
            index += 1;
        } else {
            seat.reply.push(0);
        }
    }
    stack.push_bytes(&seat.reply);
    Ok(1)
}

fn pack_item(
    stack: &Stack,
    seat: &mut Seat,
    format: &Format<'_>,
    item: Item,
    index: c_int,
) -> Result<(), Raised> {
    match item {
        Item::Integer { bytes, .. } => {
            let value = number(stack, seat, index)?;
            push_integer(&mut seat.reply, value, bytes, format.is_little);
        }
        Item::Float => {
            let value = number(stack, seat, index)? as f32;
            push_ordered(&mut seat.reply, value.to_le_bytes(), format.is_little);
        }
        Item::Double => {
            let value = number(stack, seat, index)?;
            push_ordered(&mut seat.reply, value.to_le_bytes(), format.is_little);
        }
        Item::Zeroed | Item::Counted(_) => {
            let Some(text) = stack.bytes(index) else {
                let why = format!("string expected, got {}", stack.kind(index).name());
                return Err(seat.bad_argument(index, "pack", &why));
            };
            let len = match item {
                Item::Counted(len) if len > 0 => len,
                _ => text.len(),
            };
            if text.len() < len {
                return Err(seat.bad_argument(index, "pack", "string too short"));
            }
            seat.reply.extend_from_slice(&text[..len]);
            if matches!(item, Item::Zeroed) {
                seat.reply.push(0);
            }
        }
        Item::Padding => {}
    }
    Ok(())
}

fn push_integer(out: &mut Vec<u8>, value: f64, bytes: usize, is_little: bool) {
    // Negative numbers in two's complement; what is beyond 64 bits is zero, as C's shifts leave it.
    let bits = if value < 0.0 {
        value as i64 as u64
    } else {
        value as u64
    };
    let start = out.len();
    out.extend((0..bytes).map(|at| bits.checked_shr(at as u32 * 8).unwrap_or(0) as u8));
    if !is_little {
        out[start..].reverse();
    }
}

fn push_ordered<const N: usize>(out: &mut Vec<u8>, mut little: [u8; N], is_little: bool) {
    if !is_little {
        little.reverse();
    }
    out.extend_from_slice(&little);
}

fn unpack(stack: &Stack, seat: &mut Seat) -> Done {
    let mut format = format_of(stack, seat, "unpack")?;
    let Some(data) = stack.bytes(2) else {
        let why = format!("string expected, got {}", stack.kind(2).name());
        return Err(seat.bad_argument(2, "unpack", &why));
    };
    let start = if stack.is_number(3) {
        stack.number(3)
    } else {
        1.0
    };
    if start < 1.0 {
        return Err(seat.bad_argument(3, "unpack", "offset must be 1 or greater"));
    }
    let mut position = (start - 1.0) as usize;
    let first = stack.len();
    while let Some((item, padding)) = format.next(seat, position)? {
        position = position.saturating_add(padding);
        if !stack.reserve(2) {
            return Err(fail(seat, "too many results"));
        }
        let rest = data.get(position..).unwrap_or_default();
        let last = (stack.len() > first).then(|| stack.number(-1));
        let Some(len) = unpack_item(stack, &format, item, rest, last) else {
            return Err(unpack_fault(seat, item, last));
        };
        position += len;
    }
    stack.push_number((position + 1) as f64);
    Ok(stack.len() - first)
}

fn unpack_fault(seat: &mut Seat, item: Item, last: Option<f64>) -> Raised {
    match item {
        Item::Zeroed => fail(seat, "unfinished string in data"),
        Item::Counted(0) if last.is_none() => fail(seat, "format 'c0' needs a previous size"),
        _ => seat.bad_argument(2, "unpack", "data string too short"),
    }
}

/// Pushes an element. Returns how many bytes it took; None if there are too few.
fn unpack_item(
    stack: &Stack,
    format: &Format<'_>,
    item: Item,
    data: &[u8],
    last: Option<f64>,
) -> Option<usize> {
    match item {
        Item::Padding => data.first().map(|_| 1),
        Item::Integer { bytes, is_signed } => {
            let value = integer_of(data.get(..bytes)?, is_signed, format.is_little);
            stack.push_number(value);
            Some(bytes)
        }
        Item::Float => {
            let bytes = ordered::<4>(data, format.is_little)?;
            stack.push_number(f64::from(f32::from_le_bytes(bytes)));
            Some(4)
        }
        Item::Double => {
            let bytes = ordered::<8>(data, format.is_little)?;
            stack.push_number(f64::from_le_bytes(bytes));
            Some(8)
        }
        Item::Zeroed => {
            let end = data.iter().position(|byte| *byte == 0)?;
            stack.push_bytes(&data[..end]);
            Some(end + 1)
        }
        Item::Counted(0) => {
            // The number before it is its length, and no result.
            let len = last? as usize;
            let text = data.get(..len)?;
            stack.pop(1);
            stack.push_bytes(text);
            Some(len)
        }
        Item::Counted(len) => {
            stack.push_bytes(data.get(..len)?);
            Some(len)
        }
    }
}

fn ordered<const N: usize>(data: &[u8], is_little: bool) -> Option<[u8; N]> {
    let mut bytes: [u8; N] = data.get(..N)?.try_into().ok()?;
    if !is_little {
        bytes.reverse();
    }
    Some(bytes)
}

fn integer_of(bytes: &[u8], is_signed: bool, is_little: bool) -> f64 {
    let mut bits: u64 = 0;
    for at in 0..bytes.len() {
        let from_high = if is_little { bytes.len() - 1 - at } else { at };
        bits = bits << 8 | u64::from(bytes[from_high]);
    }
    if !is_signed || bytes.is_empty() {
        return bits as f64;
    }
    let unused = 64 - 8 * bytes.len().min(8) as u32;
    ((bits << unused) as i64 >> unused) as f64
}

fn size(stack: &Stack, seat: &mut Seat) -> Done {
    let mut format = format_of(stack, seat, "size")?;
    let mut position: usize = 0;
    while let Some((item, padding)) = format.next(seat, position)? {
        let len = match item {
            Item::Integer { bytes, .. } => bytes,
            Item::Float => 4,
            Item::Double => 8,
            Item::Padding => 1,
            Item::Counted(len) if len > 0 => len,
            Item::Counted(_) => {
                return Err(seat.bad_argument(1, "size", "variable-length format"));
            }
            Item::Zeroed => {
                return Err(seat.bad_argument(1, "size", "variable-size format in 'struct.size'"));
            }
        };
        position = position.saturating_add(padding).saturating_add(len);
    }
    stack.push_number(position as f64);
    Ok(1)
}
