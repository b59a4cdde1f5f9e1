//! Commands about sets.

mod combine;
mod difference;
mod intersection;
mod membership;
mod move_member;
mod pop;
mod random_member;
mod scan;
#[cfg(test)]
mod tests;
mod union;
mod update;

use crate::command::spec::Command;
use crate::packed::element::Element;
use crate::resp::reply::ReplyWriter;

pub(super) const FAMILY: &[&Command] = &[
    &update::SADD,
    &update::SREM,
    &membership::SISMEMBER,
    &membership::SMISMEMBER,
    &membership::SCARD,
    &membership::SMEMBERS,
    &pop::SPOP,
    &random_member::SRANDMEMBER,
    &move_member::SMOVE,
    &intersection::SINTER,
    &intersection::SINTERCARD,
    &intersection::SINTERSTORE,
    &union::SUNION,
    &union::SUNIONSTORE,
    &difference::SDIFF,
    &difference::SDIFFSTORE,
    &scan::SSCAN,
];

#[inline]
fn write_member(reply: &mut ReplyWriter<'_>, member: Element<'_>) {
    member.with_bytes(|member| reply.bulk(member));
}
