//! Commands over sorted sets.

mod add;
mod blocking_pop;
pub mod bounds;
mod cardinality;
mod combination;
mod combine;
mod count;
pub(crate) mod multi_pop;
pub mod pop;
mod random_member;
mod range;
mod range_query;
mod range_store;
mod rank;
mod remove;
mod remove_range;
mod scan;
mod score;
mod source;
#[cfg(test)]
mod tests;

use crate::command::spec::Command;
use crate::packed::element::Element;
use crate::resp::reply::{Protocol, ReplyWriter};

pub(super) const FAMILY: &[&Command] = &[
    &add::ZADD,
    &add::ZINCRBY,
    &remove::ZREM,
    &cardinality::ZCARD,
    &score::ZSCORE,
    &score::ZMSCORE,
    &rank::ZRANK,
    &rank::ZREVRANK,
    &range::ZRANGE,
    &range::ZREVRANGE,
    &range::ZRANGEBYSCORE,
    &range::ZREVRANGEBYSCORE,
    &range::ZRANGEBYLEX,
    &range::ZREVRANGEBYLEX,
    &range_store::ZRANGESTORE,
    &count::ZCOUNT,
    &count::ZLEXCOUNT,
    &remove_range::ZREMRANGEBYRANK,
    &remove_range::ZREMRANGEBYSCORE,
    &remove_range::ZREMRANGEBYLEX,
    &pop::ZPOPMIN,
    &pop::ZPOPMAX,
    &multi_pop::ZMPOP,
    &blocking_pop::BZPOPMIN,
    &blocking_pop::BZPOPMAX,
    &blocking_pop::BZMPOP,
    &random_member::ZRANDMEMBER,
    &scan::ZSCAN,
    &combine::ZUNION,
    &combine::ZINTER,
    &combine::ZDIFF,
    &combine::ZUNIONSTORE,
    &combine::ZINTERSTORE,
    &combine::ZDIFFSTORE,
    &combine::ZINTERCARD,
];

/// Writes a member as a bulk string.
#[inline]
pub(crate) fn write_member(reply: &mut ReplyWriter<'_>, member: Element<'_>) {
    match member {
        Element::Int(number) => reply.bulk_integer(number),
        Element::Bytes(bytes) => reply.bulk(bytes),
    }
}

/// Writes members, alone or with their scores: in RESP3 each pair is an array, in RESP2 they follow each other.
pub(crate) fn write_members<'a>(
    reply: &mut ReplyWriter<'_>,
    members: impl ExactSizeIterator<Item = (Element<'a>, f64)>,
    with_scores: bool,
) {
    let nested = with_scores && reply.protocol() == Protocol::Resp3;
    let flat_pairs = with_scores && !nested;
    reply.array(members.len() * if flat_pairs { 2 } else { 1 });
    for (member, score) in members {
        if nested {
            reply.array(2);
        }
        write_member(reply, member);
        if with_scores {
            reply.double(score);
        }
    }
}
