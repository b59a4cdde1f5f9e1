//! The libraries that scripts find beside Lua's own.

mod bits;
pub(super) mod json;
mod json_decoder;
mod json_encoder;
mod msgpack;
mod msgpack_decoder;
mod structs;

use std::ptr::NonNull;

use super::desk::Desk;
use super::seat::{self, Native};
use super::stack::Stack;

/// A library: its name and what is in it.
struct Library {
    name: &'static str,
    functions: &'static [(&'static str, Native)],
    texts: &'static [(&'static str, &'static str)],
}

const LIBRARIES: &[Library] = &[
    bits::LIBRARY,
    json::LIBRARY,
    msgpack::LIBRARY,
    structs::LIBRARY,
];

/// Adds the field `libraries` to the table at the top.
pub(super) fn push(stack: &Stack, desk: NonNull<Desk>) {
    stack.push_table(0, LIBRARIES.len());
    for library in LIBRARIES {
        push_library(stack, desk, library);
        stack.set_field(library.name);
    }
    stack.set_field("libraries");
}

fn push_library(stack: &Stack, desk: NonNull<Desk>, library: &Library) {
    stack.push_table(0, 16);
    for (name, native) in library.functions {
        seat::push(stack, desk, *native);
        stack.set_field(name);
    }
    for (name, text) in library.texts {
        stack.push_bytes(text.as_bytes());
        stack.set_field(name);
    }
    if library.name == json::LIBRARY.name {
        json::push_null(stack);
    }
}
