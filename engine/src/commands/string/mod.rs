//! Strings: bytes, and the numbers they spell.

mod append;
mod expiry_option;
mod float;
mod get;
mod get_expire;
mod increment;
mod lcs;
mod many;
mod range;
mod set;
mod set_options;

use crate::command::spec::Command;
use crate::resp::reply::ReplyWriter;
use crate::value::string::{StringRef, StringValue};
use crate::value::{NewValue, Value};

pub(super) const FAMILY: &[&Command] = &[
    &get::GET,
    &get::STRLEN,
    &get::GETDEL,
    &get_expire::GETEX,
    &set::SET,
    &set::SETNX,
    &set::SETEX,
    &set::PSETEX,
    &set::GETSET,
    &many::MGET,
    &many::MSET,
    &many::MSETNX,
    &append::APPEND,
    &range::SETRANGE,
    &range::GETRANGE,
    &range::SUBSTR,
    &increment::INCR,
    &increment::DECR,
    &increment::INCRBY,
    &increment::DECRBY,
    &float::INCRBYFLOAT,
    &lcs::LCS,
];

/// A string of encoding `raw` on its way into the keyspace, without another copy.
pub(crate) fn raw(bytes: Vec<u8>) -> NewValue<'static> {
    NewValue::Owned(Value::String(StringValue::Raw(bytes)))
}

/// Replies a stored string, or null, without a copy in between.
#[inline]
pub(crate) fn reply_string(reply: &mut ReplyWriter<'_>, string: Option<StringRef<'_>>) {
    match string {
        Some(StringRef::Int(number)) => reply.bulk_integer(number),
        Some(StringRef::Embedded(bytes) | StringRef::Raw(bytes)) => reply.bulk(bytes),
        None => reply.null(),
    }
}

#[cfg(test)]
mod tests;
