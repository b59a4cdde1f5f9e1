//! `redis.log`.

use std::ffi::c_int;

use super::super::seat::Seat;
use super::super::stack::{Kind, Raised, Stack};

/// Writes a line to the server's log.
pub(super) fn log(stack: &Stack, seat: &mut Seat) -> Result<c_int, Raised> {
    let count = stack.len();
    if count < 2 {
        return Err(Raised::Reply(
            "ERR redis.log() requires two arguments or more.",
        ));
    }
    if stack.kind(1) != Kind::Number {
        return Err(Raised::Reply(
            "ERR First argument must be a number (log level).",
        ));
    }
    let level = stack.number(1);
    if !(0.0..4.0).contains(&level) {
        return Err(Raised::Reply("ERR Invalid debug level."));
    }
    seat.text.clear();
    for index in 2..=count {
        let word = match stack.kind(index) {
            Kind::String | Kind::Number => stack.bytes(index),
            _ => None,
        };
        let Some(word) = word else { continue };
        if index > 2 {
            seat.text.push(b' ');
        }
        seat.text.extend_from_slice(word);
    }
    let text = String::from_utf8_lossy(&seat.text);
    match level as u8 {
        0 => tracing::trace!("{text}"),
        1 => tracing::debug!("{text}"),
        2 => tracing::info!("{text}"),
        _ => tracing::warn!("{text}"),
    }
    Ok(0)
}
