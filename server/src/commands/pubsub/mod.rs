//! Publish and subscribe.

mod introspection;
mod publish;
mod subscribe;

use engine::command::flags::Flags;

use super::Family;
use super::row::row;
use crate::pubsub::Kind;
use subscribe::{begin, end};

/// This family.
pub const FAMILY: Family = Family {
    rows: &[
        &subscribe::SUBSCRIBE,
        &subscribe::UNSUBSCRIBE,
        &subscribe::PSUBSCRIBE,
        &subscribe::PUNSUBSCRIBE,
        &subscribe::SSUBSCRIBE,
        &subscribe::SUNSUBSCRIBE,
        &publish::PUBLISH,
        &publish::SPUBLISH,
        &introspection::PUBSUB,
    ],
    handlers: &[
        ("subscribe", |context, args, reply| {
            begin(context, args, reply, Kind::Channel, b"subscribe")
        }),
        ("unsubscribe", |context, args, reply| {
            end(context, args, reply, Kind::Channel, b"unsubscribe")
        }),
        ("psubscribe", |context, args, reply| {
            begin(context, args, reply, Kind::Pattern, b"psubscribe")
        }),
        ("punsubscribe", |context, args, reply| {
            end(context, args, reply, Kind::Pattern, b"punsubscribe")
        }),
        ("ssubscribe", |context, args, reply| {
            begin(context, args, reply, Kind::ShardChannel, b"ssubscribe")
        }),
        ("sunsubscribe", |context, args, reply| {
            end(context, args, reply, Kind::ShardChannel, b"sunsubscribe")
        }),
        ("publish", publish::publish),
        ("spublish", publish::spublish),
        ("pubsub|channels", introspection::channels),
        ("pubsub|numsub", introspection::numsub),
        ("pubsub|numpat", introspection::numpat),
        ("pubsub|shardchannels", introspection::shard_channels),
        ("pubsub|shardnumsub", introspection::shard_numsub),
        ("pubsub|help", introspection::help),
    ],
};

const BASE: Flags = Flags::PUBSUB.union(Flags::LOADING).union(Flags::STALE);
