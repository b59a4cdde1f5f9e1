//! Hashes: fields with values, and fields that expire.
//!
//! Invariant: a field whose expiry has passed is seen by no command. Opening a hash ([`ShardContext`]) deletes some of
//! them; what is left of them is hidden by asking the hash at a moment.

mod all;
mod delete;
mod expire;
mod field_ttl;
mod fields;
mod float;
mod get;
mod get_delete;
mod get_expire;
mod increment;
mod lifetime;
mod persist;
mod random;
mod scan;
mod set;
mod set_expire;

use crate::command::spec::Command;
use crate::packed::element::Element;
use crate::resp::reply::ReplyWriter;
use crate::shard::guard::Guard;
use crate::value::hash::{Hash, NewExpiry, Rules};

pub(super) const FAMILY: &[&Command] = &[
    &set::HSET,
    &set::HMSET,
    &set::HSETNX,
    &get::HGET,
    &get::HMGET,
    &get::HLEN,
    &get::HSTRLEN,
    &get::HEXISTS,
    &all::HGETALL,
    &all::HKEYS,
    &all::HVALS,
    &delete::HDEL,
    &increment::HINCRBY,
    &float::HINCRBYFLOAT,
    &random::HRANDFIELD,
    &scan::HSCAN,
    &expire::HEXPIRE,
    &expire::HPEXPIRE,
    &expire::HEXPIREAT,
    &expire::HPEXPIREAT,
    &field_ttl::HTTL,
    &field_ttl::HPTTL,
    &field_ttl::HEXPIRETIME,
    &field_ttl::HPEXPIRETIME,
    &persist::HPERSIST,
    &get_expire::HGETEX,
    &set_expire::HSETEX,
    &get_delete::HGETDEL,
];

/// Replies a name or a value without a copy in between.
#[inline]
fn reply_element(reply: &mut ReplyWriter<'_>, element: Element<'_>) {
    match element {
        Element::Int(number) => reply.bulk_integer(number),
        Element::Bytes(bytes) => reply.bulk(bytes),
    }
}

/// The same, or null.
#[inline]
fn reply_value(reply: &mut ReplyWriter<'_>, value: Option<Element<'_>>) {
    match value {
        Some(value) => reply_element(reply, value),
        None => reply.null(),
    }
}

/// Sets a field of the hash that is open. Returns whether it is new.
#[inline]
fn set_field(hash: &mut Guard<'_, Hash>, name: &[u8], value: &[u8], expiry: NewExpiry) -> bool {
    let now = hash.now();
    let (hash, limits, random) = hash.parts();
    let mut rules = Rules {
        now,
        limits,
        random,
    };
    hash.set(name, value, expiry, &mut rules)
}

#[cfg(test)]
mod tests;
