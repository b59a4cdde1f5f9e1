//! Lists: elements in a row, cheap to add and take at both ends.
//!
//! What commands that wait for elements share with those that do not is in [`transfer`] and [`pop_many`].

mod blocking_pop;
mod blocking_transfer;
mod direction;
mod index;
mod insert;
mod length;
mod pop;
pub(crate) mod pop_many;
mod position;
mod push;
mod range;
mod remove;
pub(crate) mod transfer;

use crate::command::spec::Command;
use crate::packed::element::Element;
use crate::resp::reply::ReplyWriter;

pub(super) const FAMILY: &[&Command] = &[
    &push::LPUSH,
    &push::RPUSH,
    &push::LPUSHX,
    &push::RPUSHX,
    &pop::LPOP,
    &pop::RPOP,
    &length::LLEN,
    &index::LINDEX,
    &index::LSET,
    &insert::LINSERT,
    &range::LRANGE,
    &range::LTRIM,
    &remove::LREM,
    &position::LPOS,
    &transfer::LMOVE,
    &transfer::RPOPLPUSH,
    &pop_many::LMPOP,
    &blocking_pop::BLPOP,
    &blocking_pop::BRPOP,
    &blocking_pop::BLMPOP,
    &blocking_transfer::BLMOVE,
    &blocking_transfer::BRPOPLPUSH,
];

/// Replies an element as a bulk string.
#[inline]
pub(crate) fn reply_element(reply: &mut ReplyWriter<'_>, element: Element<'_>) {
    match element {
        Element::Int(number) => reply.bulk_integer(number),
        Element::Bytes(bytes) => reply.bulk(bytes),
    }
}

#[cfg(test)]
mod tests;
