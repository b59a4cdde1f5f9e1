//! How a script wants things to be: the protocol of replies, and what no longer makes a difference.

use std::ffi::c_int;

use engine::resp::reply::Protocol;

use super::super::seat::Seat;
use super::super::stack::{Kind, Raised, Stack};

type Done = Result<c_int, Raised>;

/// `redis.setresp`: whether replies of commands are those of RESP2 or RESP3.
pub(super) fn setresp(stack: &Stack, seat: &mut Seat) -> Done {
    if stack.len() != 1 {
        return Err(Raised::Reply("ERR redis.setresp() requires one argument."));
    }
    seat.protocol = match stack.number(1) {
        2.0 => Protocol::Resp2,
        3.0 => Protocol::Resp3,
        _ => return Err(Raised::Reply("ERR RESP version must be 2 or 3.")),
    };
    Ok(0)
}

/// `redis.set_repl`: effects are logged whole or not at all, so only the argument is checked.
pub(super) fn set_repl(stack: &Stack, _: &mut Seat) -> Done {
    if stack.len() != 1 {
        return Err(Raised::Reply("ERR redis.set_repl() requires one argument."));
    }
    if !(0.0..4.0).contains(&stack.number(1)) {
        return Err(Raised::Reply(
            "ERR Invalid replication flags. Use REPL_AOF, REPL_REPLICA, REPL_ALL or REPL_NONE.",
        ));
    }
    Ok(0)
}

/// `redis.replicate_commands`: effects are what is logged anyway.
pub(super) fn replicate_commands(stack: &Stack, _: &mut Seat) -> Done {
    stack.push_boolean(true);
    Ok(1)
}

/// `redis.breakpoint`: there is no debugger to stop in.
pub(super) fn breakpoint(stack: &Stack, _: &mut Seat) -> Done {
    stack.push_boolean(false);
    Ok(1)
}

/// `redis.debug`: nor one to print to.
pub(super) fn debug(_: &Stack, _: &mut Seat) -> Done {
    Ok(0)
}

/// Lua's `loadstring`, which takes no code that is compiled already.
pub(super) fn loadstring(stack: &Stack, seat: &mut Seat) -> Done {
    if !matches!(stack.kind(1), Kind::String | Kind::Number) {
        let why = format!("string expected, got {}", stack.kind(1).name());
        return Err(seat.bad_argument(1, "loadstring", &why));
    }
    let source = stack.bytes(1).unwrap_or_default();
    let name = match stack.kind(2) {
        Kind::String => stack.bytes(2),
        _ => stack.bytes(1),
    };
    let name = name.unwrap_or_default();
    seat.text.clear();
    seat.text
        .extend(name.iter().copied().take_while(|byte| *byte != 0));
    seat.text.push(0);
    let name = std::ffi::CStr::from_bytes_until_nul(&seat.text).unwrap_or(c"=?");
    if stack.load(source, name) {
        return Ok(1);
    }
    stack.push_nil();
    stack.push_copy(-2);
    Ok(2)
}
