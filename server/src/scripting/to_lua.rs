//! Replies of commands as values of Lua.

use engine::resp::elements::element_len;

use super::stack::Stack;

/// Pushes the reply at the start of `encoded`. Returns what is behind it; None, with one value pushed all the same, if the reply is
/// nested deeper than Lua has room for, or is not whole.
pub(super) fn push_reply<'a>(stack: &Stack, encoded: &'a [u8]) -> Option<&'a [u8]> {
    let Some((kind, line, rest)) = split_line(encoded).filter(|_| stack.reserve(6)) else {
        stack.push_nil();
        return None;
    };
    match kind {
        b':' => stack.push_number(number(line) as f64),
        b'+' => push_tagged(stack, "ok", line),
        b'-' => push_tagged(stack, "err", line),
        b'_' => stack.push_nil(),
        b'#' => stack.push_boolean(line == b"t"),
        b'(' => push_tagged(stack, "big_number", line),
        b',' => {
            stack.push_table(0, 1);
            stack.push_number(double(line));
            stack.set_field("double");
        }
        b'$' | b'=' => return push_bytes(stack, kind, line, rest),
        b'*' | b'>' => return push_array(stack, line, rest),
        b'%' => return push_map(stack, line, rest),
        b'~' => return push_set(stack, line, rest),
        b'|' => return skip_attribute(stack, line, rest),
        _ => stack.push_nil(),
    }
    Some(rest)
}

fn split_line(encoded: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let end = encoded.windows(2).position(|pair| pair == b"\r\n")?;
    let (kind, line) = encoded[..end].split_first()?;
    Some((*kind, line, &encoded[end + 2..]))
}

fn number(line: &[u8]) -> i64 {
    let text = std::str::from_utf8(line).ok();
    text.and_then(|text| text.parse().ok()).unwrap_or_default()
}

fn double(line: &[u8]) -> f64 {
    let text = std::str::from_utf8(line).ok();
    text.and_then(|text| text.parse().ok()).unwrap_or(f64::NAN)
}

fn push_tagged(stack: &Stack, tag: &str, line: &[u8]) {
    stack.push_table(0, 1);
    stack.push_bytes(line);
    stack.set_field(tag);
}

fn push_bytes<'a>(stack: &Stack, kind: u8, line: &[u8], rest: &'a [u8]) -> Option<&'a [u8]> {
    let Ok(len) = usize::try_from(number(line)) else {
        stack.push_boolean(false);
        return Some(rest);
    };
    let (bytes, behind) = match (rest.get(..len), rest.get(len + 2..)) {
        (Some(bytes), Some(behind)) => (bytes, behind),
        _ => {
            stack.push_nil();
            return None;
        }
    };
    if kind == b'$' {
        stack.push_bytes(bytes);
    } else {
        let (format, text) = bytes.split_at(bytes.len().min(3));
        stack.push_table(0, 1);
        stack.push_table(0, 2);
        stack.push_bytes(format);
        stack.set_field("format");
        stack.push_bytes(text.strip_prefix(b":").unwrap_or(text));
        stack.set_field("string");
        stack.set_field("verbatim_string");
    }
    Some(behind)
}

fn push_array<'a>(stack: &Stack, line: &[u8], mut rest: &'a [u8]) -> Option<&'a [u8]> {
    let Ok(len) = usize::try_from(number(line)) else {
        stack.push_boolean(false);
        return Some(rest);
    };
    stack.push_table(len, 0);
    for at in 1..=len {
        let behind = push_reply(stack, rest);
        stack.set_element(-2, at);
        rest = behind?;
    }
    Some(rest)
}

fn push_map<'a>(stack: &Stack, line: &[u8], mut rest: &'a [u8]) -> Option<&'a [u8]> {
    stack.push_table(0, 1);
    let pairs = usize::try_from(number(line)).unwrap_or_default();
    stack.push_table(0, pairs);
    let mut is_whole = true;
    for _ in 0..pairs {
        let behind = push_reply(stack, rest).and_then(|behind| push_reply(stack, behind));
        match behind {
            Some(behind) => {
                stack.set_pair(-3);
                rest = behind;
            }
            None => {
                stack.pop(1);
                is_whole = false;
                break;
            }
        }
    }
    stack.set_field("map");
    is_whole.then_some(rest)
}

fn push_set<'a>(stack: &Stack, line: &[u8], mut rest: &'a [u8]) -> Option<&'a [u8]> {
    stack.push_table(0, 1);
    let len = usize::try_from(number(line)).unwrap_or_default();
    stack.push_table(0, len);
    let mut is_whole = true;
    for _ in 0..len {
        let behind = push_reply(stack, rest);
        stack.push_boolean(true);
        stack.set_pair(-3);
        match behind {
            Some(behind) => rest = behind,
            None => {
                is_whole = false;
                break;
            }
        }
    }
    stack.set_field("set");
    is_whole.then_some(rest)
}

/// Attributes are for clients.
fn skip_attribute<'a>(stack: &Stack, line: &[u8], mut rest: &'a [u8]) -> Option<&'a [u8]> {
    for _ in 0..2 * number(line).max(0) {
        match element_len(rest) {
            Some(len) => rest = &rest[len..],
            None => {
                stack.push_nil();
                return None;
            }
        }
    }
    push_reply(stack, rest)
}
