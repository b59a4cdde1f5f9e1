//! Putting elements in order.

use super::options::Options;
use crate::command::args::OwnedArgs;
use crate::command::error::CommandError;
use crate::command::number::parse_float;
use crate::shard::look::Found;
use crate::value::string::parse_int;
use std::cmp::Ordering;

const NO_NUMBER: CommandError =
    CommandError::new("ERR One or more scores can't be converted into double");

/// An element by its number, with what decides most comparisons: of numbers their order, of texts their first bytes.
#[derive(Clone, Copy)]
struct Item {
    key: u64,
    number: u32,
}

/// The window of `elements` that is asked for, in order: by themselves, or by the `weights` that were found for them.
/// Errors: what should be a number is none.
pub(super) fn arrange(
    options: &Options<'_>,
    elements: &OwnedArgs,
    weights: Option<&Found>,
) -> Result<OwnedArgs, CommandError> {
    let elements = elements.as_args();
    let weight = |number: usize| match weights {
        Some(found) => found.get(number),
        None => Some(elements.at(number)),
    };
    let mut items = Vec::with_capacity(elements.len());
    for number in 0..elements.len() {
        let key = match weight(number) {
            Some(text) if options.alphabetic => first_bytes(text),
            Some(text) => order_of(score(text).ok_or(NO_NUMBER)?),
            None if options.alphabetic => 0,
            None => order_of(0.0),
        };
        items.push(Item {
            key,
            number: number as u32,
        });
    }
    let direction = |order: Ordering| match options.descending {
        true => order.reverse(),
        false => order,
    };
    let compare = |one: &Item, other: &Item| {
        let (a, b) = (one.number as usize, other.number as usize);
        let by_rest = || match options.alphabetic {
            true => weight(a).cmp(&weight(b)),
            false => elements.at(a).cmp(elements.at(b)),
        };
        // What is equal in every way keeps the order it came in.
        direction(one.key.cmp(&other.key).then_with(by_rest)).then(a.cmp(&b))
    };
    let (offset, count) = options.window(items.len());
    let window = select(&mut items, offset, count, compare);
    Ok(window
        .iter()
        .map(|item| elements.at(item.number as usize))
        .collect())
}

/// Sorts no more than what is asked for.
fn select(
    items: &mut [Item],
    offset: usize,
    count: usize,
    compare: impl Fn(&Item, &Item) -> Ordering,
) -> &[Item] {
    let end = offset + count;
    if count == 0 {
        return &[];
    }
    if end < items.len() {
        items.select_nth_unstable_by(end - 1, &compare);
    }
    let items = &mut items[..end];
    if offset > 0 {
        items.select_nth_unstable_by(offset, &compare);
    }
    let window = &mut items[offset..];
    window.sort_unstable_by(compare);
    window
}

/// Reads what C's `strtod` reads: blanks before the number are skipped, the text ends at a zero byte, and an empty text
/// is 0.
fn score(text: &[u8]) -> Option<f64> {
    let end = text.iter().position(|byte| *byte == 0);
    let text = &text[..end.unwrap_or(text.len())];
    if text.is_empty() {
        return Some(0.0);
    }
    if let Some(number) = parse_int(text) {
        return Some(number as f64);
    }
    let is_blank = |byte: &u8| byte.is_ascii_whitespace() || *byte == 0x0b;
    let start = text.iter().position(|byte| !is_blank(byte))?;
    parse_float(&text[start..])
}

fn first_bytes(text: &[u8]) -> u64 {
    let mut first = [0; 8];
    let len = text.len().min(8);
    first[..len].copy_from_slice(&text[..len]);
    u64::from_be_bytes(first)
}

/// A whole number in the order of floating point numbers.
fn order_of(score: f64) -> u64 {
    // Adding 0 makes -0 the same as 0.
    let bits = (score + 0.0).to_bits();
    if bits >> 63 == 0 {
        bits | 1 << 63
    } else {
        !bits
    }
}
