//! Streams.

mod acknowledge;
mod add;
mod auto_claim;
mod claim;
mod delete;
mod entry_reply;
mod group;
mod id_argument;
mod info;
mod info_full;
mod length;
mod pending;
mod propagation;
mod range;
mod read;
mod read_group;
mod read_options;
mod set_id;
#[cfg(test)]
mod tests;
mod trim;
mod trim_option;

use crate::command::spec::Command;

pub(super) const FAMILY: &[&Command] = &[
    &add::XADD,
    &trim::XTRIM,
    &delete::XDEL,
    &length::XLEN,
    &range::XRANGE,
    &range::XREVRANGE,
    &read::XREAD,
    &read_group::XREADGROUP,
    &acknowledge::XACK,
    &claim::XCLAIM,
    &auto_claim::XAUTOCLAIM,
    &pending::XPENDING,
    &group::XGROUP,
    &info::XINFO,
    &set_id::XSETID,
];
