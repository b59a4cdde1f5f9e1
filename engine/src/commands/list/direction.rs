//! LEFT and RIGHT: the ends of a list, and what is told of changes there.

use crate::command::error::CommandError;
use crate::command::spec::{Argument, ArgumentKind};
use crate::effect::event::Event;
use crate::value::list::End;

/// The words for an end, as documented arguments.
pub(crate) const ENDS: ArgumentKind = ArgumentKind::OneOf(&[
    Argument::word("left", "LEFT"),
    Argument::word("right", "RIGHT"),
]);

/// Reads LEFT or RIGHT. Errors: any other word is a syntax error.
pub(crate) fn end(word: &[u8]) -> Result<End, CommandError> {
    if word.eq_ignore_ascii_case(b"LEFT") {
        Ok(End::Front)
    } else if word.eq_ignore_ascii_case(b"RIGHT") {
        Ok(End::Back)
    } else {
        Err(CommandError::SYNTAX)
    }
}

/// The command that adds elements at `end`, as it is logged.
pub(crate) const fn pushing(end: End) -> &'static [u8] {
    match end {
        End::Front => b"LPUSH",
        End::Back => b"RPUSH",
    }
}

/// The command that takes elements from `end`, as it is logged.
pub(crate) const fn popping(end: End) -> &'static [u8] {
    match end {
        End::Front => b"LPOP",
        End::Back => b"RPOP",
    }
}

/// Elements were added at `end`.
pub(crate) const fn pushed(end: End) -> Event {
    match end {
        End::Front => Event::list("lpush"),
        End::Back => Event::list("rpush"),
    }
}

/// Elements were taken from `end`.
pub(crate) const fn popped(end: End) -> Event {
    match end {
        End::Front => Event::list("lpop"),
        End::Back => Event::list("rpop"),
    }
}
