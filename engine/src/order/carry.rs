//! What a hop of a transaction brings from one shard to another. Values move, they are not copied: the allocation changes
//! hands between cores.

use crate::command::error::CommandError;
use crate::time::UnixMillis;
use crate::value::Value;

/// A value on its way, with what belongs to it.
#[derive(Debug)]
pub struct Parcel {
    /// The value.
    pub value: Value,
    /// When it expires.
    pub expiry: Option<UnixMillis>,
}

/// What was gathered of a key, or what is to be done to it.
#[derive(Debug, Default)]
pub enum Carry {
    /// Nothing was there; nothing is to be done.
    #[default]
    Nothing,
    /// The key is there; of no further interest. As a decision: the key goes.
    Present,
    /// A copy of a string's bytes.
    Bytes(Vec<u8>),
    /// A value, taken out or copied. As a decision: it comes here.
    Value(Parcel),
    /// The value that was taken out comes back unchanged, as if nothing had happened.
    Return(Parcel),
    /// The key holds a type that the command can't use.
    WrongType,
    /// The command can't be done at all, as only the shard could tell: this is its answer.
    Refused(CommandError),
}

impl Carry {
    /// Takes what is there and leaves [`Carry::Nothing`].
    pub fn take(&mut self) -> Carry {
        std::mem::take(self)
    }
}
