//! What scripts find in the table `redis`.

mod call;
mod log;
mod registering;
mod replies;
mod settings;

use std::ptr::NonNull;

use super::desk::Desk;
use super::seat::{self, Native};
use super::stack::Stack;

/// The version that scripts are told.
const VERSION: &str = crate::identity::REDIS_VERSION;

const FUNCTIONS: [(&str, Native); 12] = [
    ("call", call::call),
    ("pcall", call::pcall),
    ("acl_check_cmd", call::acl_check_cmd),
    ("log", log::log),
    ("sha1hex", replies::sha1hex),
    ("error_reply", replies::error_reply),
    ("status_reply", replies::status_reply),
    ("setresp", settings::setresp),
    ("set_repl", settings::set_repl),
    ("replicate_commands", settings::replicate_commands),
    ("breakpoint", settings::breakpoint),
    ("debug", settings::debug),
];

const NUMBERS: [(&str, f64); 10] = [
    ("LOG_DEBUG", 0.0),
    ("LOG_VERBOSE", 1.0),
    ("LOG_NOTICE", 2.0),
    ("LOG_WARNING", 3.0),
    ("REPL_NONE", 0.0),
    ("REPL_AOF", 1.0),
    ("REPL_REPLICA", 2.0),
    ("REPL_SLAVE", 2.0),
    ("REPL_ALL", 3.0),
    ("REDIS_VERSION_NUM", version_number(VERSION)),
];

/// Adds the field `redis` to the table at the top, and beside it what is no part of that table.
pub(super) fn push(stack: &Stack, desk: NonNull<Desk>) {
    stack.push_table(0, 32);
    for (name, native) in FUNCTIONS {
        seat::push(stack, desk, native);
        stack.set_field(name);
    }
    push_constants(stack);
    stack.set_field("redis");
    stack.push_table(0, 16);
    seat::push(stack, desk, registering::register_function);
    stack.set_field("register_function");
    seat::push(stack, desk, log::log);
    stack.set_field("log");
    push_constants(stack);
    stack.set_field("loading");
    seat::push(stack, desk, settings::loadstring);
    stack.set_field("loadstring");
}

fn push_constants(stack: &Stack) {
    for (name, number) in NUMBERS {
        stack.push_number(number);
        stack.set_field(name);
    }
    stack.push_bytes(VERSION.as_bytes());
    stack.set_field("REDIS_VERSION");
}

/// `a.b.c` as one number, a byte for each part.
const fn version_number(version: &str) -> f64 {
    let bytes = version.as_bytes();
    let (mut number, mut part, mut at) = (0_u32, 0_u32, 0);
    while at < bytes.len() {
        match bytes[at] {
            b'.' => {
                number = number << 8 | part;
                part = 0;
            }
            digit => part = part * 10 + (digit - b'0') as u32,
        }
        at += 1;
    }
    (number << 8 | part) as f64
}
