//! What makes replies and names of bytes: `redis.error_reply`, `redis.status_reply`, `redis.sha1hex`.

use std::ffi::c_int;

use super::super::script::Sha;
use super::super::seat::Seat;
use super::super::stack::{Kind, Raised, Stack};

type Done = Result<c_int, Raised>;

/// A table that a client sees as an error. A message without a code gets one.
pub(super) fn error_reply(stack: &Stack, seat: &mut Seat) -> Done {
    let Some(text) = only_string(stack) else {
        return Ok(1);
    };
    let text = text.strip_prefix(b"-").unwrap_or(text);
    seat.text.clear();
    if !text.contains(&b' ') {
        seat.text.extend_from_slice(b"ERR ");
    }
    seat.text.extend_from_slice(text);
    stack.push_table(0, 1);
    stack.push_bytes(&seat.text);
    stack.set_field("err");
    Ok(1)
}

/// A table that a client sees as a status.
pub(super) fn status_reply(stack: &Stack, _: &mut Seat) -> Done {
    if only_string(stack).is_some() {
        stack.push_table(0, 1);
        stack.push_copy(1);
        stack.set_field("ok");
    }
    Ok(1)
}

/// The only argument if it is a string; else the error that is returned in its place is pushed.
fn only_string(stack: &Stack) -> Option<&[u8]> {
    if stack.len() == 1 && stack.kind(1) == Kind::String {
        return stack.bytes(1);
    }
    stack.push_table(0, 1);
    stack.push_bytes(b"ERR wrong number or type of arguments");
    stack.set_field("err");
    None
}

/// The SHA-1 of a string in hexadecimal digits.
pub(super) fn sha1hex(stack: &Stack, _: &mut Seat) -> Done {
    if stack.len() != 1 {
        return Err(Raised::Reply("ERR wrong number of arguments"));
    }
    let sha = Sha::of(stack.bytes(1).unwrap_or_default());
    stack.push_bytes(sha.as_bytes());
    Ok(1)
}
