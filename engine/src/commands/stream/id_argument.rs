//! Ids among the words of a command, with the errors of Redis.

use crate::command::error::CommandError;
use crate::value::stream::id::StreamId;

/// The word is no id.
pub(super) const INVALID: CommandError =
    CommandError::new("ERR Invalid stream ID specified as stream command argument");
const INVALID_START: CommandError = CommandError::new("ERR invalid start ID for the interval");
const INVALID_END: CommandError = CommandError::new("ERR invalid end ID for the interval");

/// An id; a missing sequence number is 0.
pub(super) fn id(word: &[u8]) -> Result<StreamId, CommandError> {
    StreamId::parse(word, 0).ok_or(INVALID)
}

/// Checks all these words before any of them has an effect.
pub(super) fn check<'a>(words: impl Iterator<Item = &'a [u8]>) -> Result<(), CommandError> {
    for word in words {
        id(word)?;
    }
    Ok(())
}

/// An id, or `-` for the least or `+` for the greatest.
pub(super) fn id_or_edge(word: &[u8], missing: u64) -> Result<StreamId, CommandError> {
    match word {
        b"-" => Ok(StreamId::MIN),
        b"+" => Ok(StreamId::MAX),
        word => StreamId::parse(word, missing).ok_or(INVALID),
    }
}

/// The first id of an interval; `(` before it leaves the id itself out.
pub(super) fn start(word: &[u8]) -> Result<StreamId, CommandError> {
    match word {
        [b'(', id @ ..] if !id.is_empty() => StreamId::parse(id, 0)
            .ok_or(INVALID)?
            .next()
            .ok_or(INVALID_START),
        word => id_or_edge(word, 0),
    }
}

/// The last id of an interval; a missing sequence number is the greatest.
pub(super) fn end(word: &[u8]) -> Result<StreamId, CommandError> {
    match word {
        [b'(', id @ ..] if !id.is_empty() => StreamId::parse(id, u64::MAX)
            .ok_or(INVALID)?
            .previous()
            .ok_or(INVALID_END),
        word => id_or_edge(word, u64::MAX),
    }
}
