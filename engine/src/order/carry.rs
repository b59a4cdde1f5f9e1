//! What a hop of a transaction brings from one shard to another. Values move, they are not copied: the allocation changes
//! hands between cores.

use super::errand::Errand;
use crate::command::args::OwnedArgs;
use crate::command::error::CommandError;
use crate::hyperloglog::Registers;
use crate::shard::look::Found;
use crate::time::UnixMillis;
use crate::value::set::PackedMembers;
#[cfg(doc)]
use crate::value::set::Set;
use crate::value::sorted_set::Draft;
use crate::value::stream::delivery::Delivery;
use crate::value::stream::id::StreamId;
use crate::value::{Value, ValueRef};

/// A value on its way, with what belongs to it.
#[derive(Debug)]
pub struct Parcel {
    /// The value.
    pub value: Value,
    /// When it expires.
    pub expiry: Option<UnixMillis>,
    /// Its access clock, 24 bits; `None` for one that begins anew where it arrives.
    pub access: Option<u32>,
}

impl Parcel {
    /// A new value.
    pub fn new(value: Value, expiry: Option<UnixMillis>) -> Parcel {
        Parcel {
            value,
            expiry,
            access: None,
        }
    }
}

/// A value that is looked at somewhere else than where it lives.
#[derive(Debug)]
pub enum Loan {
    /// A copy of a small one.
    Copy(Value),
    /// A large one itself. It has to come back: see [`ShardContext::take_back`].
    ///
    /// [`ShardContext::take_back`]: crate::shard::context::ShardContext::take_back
    Taken(Parcel),
}

impl Loan {
    /// The value.
    pub fn value(&self) -> ValueRef<'_> {
        match self {
            Loan::Copy(value) => value.as_ref(),
            Loan::Taken(parcel) => parcel.value.as_ref(),
        }
    }
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
    /// A copy of a string's bytes, and how much memory a command may take to look at it.
    Measured {
        /// The bytes.
        bytes: Vec<u8>,
        /// `proto-max-bulk-len`.
        most: u64,
    },
    /// A value, taken out or copied. As a decision: it comes here.
    Value(Parcel),
    /// The value that was taken out comes back unchanged, as if nothing had happened.
    Return(Parcel),
    /// A value to look at. As a decision: it goes back where it belongs.
    Lent(Loan),
    /// A number: how many there are of what the command counts.
    Count(u64),
    /// Words: the elements of a collection, or those of a list to be made of them.
    Words(OwnedArgs),
    /// What lookups found, see [`Following`].
    ///
    /// [`Following`]: crate::command::spec::Following
    Found(Found),
    /// A sketch's registers, and whether they are to be stored dense. As a decision: they are merged into the key.
    Registers {
        /// The registers.
        registers: Registers,
        /// Whether a dense sketch was among those they come from.
        is_dense: bool,
    },
    /// Members of a set that is stored here, and whether they were gathered in an intset; see [`Set::of_result`].
    Members(PackedMembers, bool),
    /// Members with scores. As a decision: the key becomes a sorted set of them, or they are taken out of it.
    Scored(Draft),
    /// A stream has nothing behind this id.
    After(StreamId),
    /// What a member of a group was shown of a stream. As a decision: it is delivered.
    Delivery(Box<Delivery>),
    /// Work of the server's own, see [`super::block::What::Errand`].
    Errand(Errand),
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
