//! `redis.register_function`: what a library says of its functions while it is loaded.

use std::ffi::c_int;

use super::super::desk::Registered;
use super::super::library::{BAD_NAME, Function, is_name};
use super::super::machine::Kept;
use super::super::script::ScriptFlags;
use super::super::seat::Seat;
use super::super::stack::{Kind, Raised, Stack};

type Done = Result<c_int, Raised>;

/// Registers the function that the arguments, or the fields of the only one, tell of.
pub(in super::super) fn register_function(stack: &Stack, seat: &mut Seat) -> Done {
    if seat.registered.is_none() {
        return Err(Raised::Reply(
            "ERR redis.register_function can only be called on FUNCTION LOAD command",
        ));
    }
    match stack.len() {
        1 if stack.kind(1) == Kind::Table => register_named(stack, seat),
        1 => Err(Raised::Reply(
            "ERR calling redis.register_function with a single argument is only applicable to Lua table (representing named arguments).",
        )),
        2 => register_plain(stack, seat),
        _ => Err(Raised::Reply(
            "ERR wrong number of arguments to redis.register_function",
        )),
    }
}

fn register_plain(stack: &Stack, seat: &mut Seat) -> Done {
    if !matches!(stack.kind(1), Kind::String | Kind::Number) {
        return Err(Raised::Reply(
            "ERR first argument to redis.register_function must be a string",
        ));
    }
    if stack.kind(2) != Kind::Function {
        return Err(Raised::Reply(
            "ERR second argument to redis.register_function must be a function",
        ));
    }
    register(stack, seat, 1, 2, None, ScriptFlags::empty())
}

fn register_named(stack: &Stack, seat: &mut Seat) -> Done {
    let (mut name, mut callback, mut description) = (None, None, None);
    let mut flags = ScriptFlags::empty();
    stack.push_nil();
    while stack.next_pair(1) {
        let field = match stack.kind(-2) {
            Kind::String => stack.bytes(-2).unwrap_or_default(),
            _ => {
                return Err(Raised::Reply(
                    "ERR named argument key given to redis.register_function is not a string",
                ));
            }
        };
        let kind = stack.kind(-1);
        let is_text = matches!(kind, Kind::String | Kind::Number);
        match field {
            b"function_name" if is_text => name = Some(()),
            b"function_name" => {
                return Err(Raised::Reply(
                    "ERR function_name argument given to redis.register_function must be a string",
                ));
            }
            b"description" if is_text => description = Some(()),
            b"description" => {
                return Err(Raised::Reply(
                    "ERR description argument given to redis.register_function must be a string",
                ));
            }
            b"callback" if kind == Kind::Function => callback = Some(()),
            b"callback" => {
                return Err(Raised::Reply(
                    "ERR callback argument given to redis.register_function must be a function",
                ));
            }
            b"flags" if kind == Kind::Table => flags = flags_at_top(stack)?,
            b"flags" => {
                return Err(Raised::Reply(
                    "ERR flags argument to redis.register_function must be a table representing function flags",
                ));
            }
            _ => {
                return Err(Raised::Reply(
                    "ERR unknown argument given to redis.register_function",
                ));
            }
        }
        stack.pop(1);
    }
    if name.is_none() {
        return Err(Raised::Reply(
            "ERR redis.register_function must get a function name argument",
        ));
    }
    if callback.is_none() {
        return Err(Raised::Reply(
            "ERR redis.register_function must get a callback argument",
        ));
    }
    stack.push_field(1, "function_name");
    stack.push_field(1, "callback");
    stack.push_field(1, "description");
    let description = description.map(|()| 4);
    register(stack, seat, 2, 3, description, flags)
}

fn flags_at_top(stack: &Stack) -> Result<ScriptFlags, Raised> {
    let table = stack.absolute(-1);
    let mut flags = ScriptFlags::empty();
    for number in 1.. {
        stack.push_element(table, number);
        let flag = match stack.kind(-1) {
            Kind::Nil => {
                stack.pop(1);
                break;
            }
            Kind::String => stack.bytes(-1).and_then(ScriptFlags::named),
            _ => None,
        };
        flags |= flag.ok_or(Raised::Reply("ERR unknown flag given"))?;
        stack.pop(1);
    }
    Ok(flags)
}

fn register(
    stack: &Stack,
    seat: &mut Seat,
    name: c_int,
    callback: c_int,
    description: Option<c_int>,
    flags: ScriptFlags,
) -> Done {
    let name = stack.bytes(name).unwrap_or_default();
    if !is_name(name) {
        return Err(Raised::Reply(BAD_NAME));
    }
    let taken = |other: &Registered| other.function.name.eq_ignore_ascii_case(name);
    if seat.registered.iter().flatten().any(taken) {
        return Err(Raised::Reply("ERR Function already exists in the library"));
    }
    stack.push_copy(callback);
    let callback = Kept(stack.keep());
    let description = description.and_then(|index| stack.bytes(index));
    let function = Function {
        name: name.to_vec(),
        description: description.map(<[u8]>::to_vec),
        flags,
    };
    if let Some(registered) = &mut seat.registered {
        registered.push(Registered { function, callback });
    }
    Ok(0)
}
