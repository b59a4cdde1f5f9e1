//! GEOPOS, GEODIST and GEOHASH: what is known of single members.

use super::unit::{UNIT, Unit};
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Run};
use crate::geo::{Position, distance};
use crate::resp::fixed_point::FixedPoint;
use crate::resp::reply::ReplyWriter;
use crate::shard::context::ShardContext;
use crate::value::sorted_set::SortedSet;

const KEYS: &[KeySpec] = &[KeySpec::at(1, KeyFlags::RO.union(KeyFlags::ACCESS))];
const MEMBERS: &[Argument] = &[
    Argument::key(),
    Argument::new("member", ArgumentKind::String).multiple(),
];

pub(super) const GEOPOS: Command = Command {
    name: "geopos",
    arity: Arity::AtLeast(2),
    flags: Flags::READONLY,
    acl: Acl::GEO,
    keys: KEYS,
    tips: &[],
    docs: Docs::new(
        "geo",
        "3.2.0",
        "O(1) for each member",
        "Longitude and latitude of members",
    )
    .arguments(MEMBERS),
    run: Run::OneShard(geopos),
    subcommands: &[],
};

pub(super) const GEOHASH: Command = Command {
    name: "geohash",
    arity: Arity::AtLeast(2),
    flags: Flags::READONLY,
    acl: Acl::GEO,
    keys: KEYS,
    tips: &[],
    docs: Docs::new(
        "geo",
        "3.2.0",
        "O(1) for each member",
        "Geohashes of members, as other programs understand them",
    )
    .arguments(MEMBERS),
    run: Run::OneShard(geohash),
    subcommands: &[],
};

pub(super) const GEODIST: Command = Command {
    name: "geodist",
    arity: Arity::AtLeast(4),
    flags: Flags::READONLY,
    acl: Acl::GEO,
    keys: KEYS,
    tips: &[],
    docs: Docs::new("geo", "3.2.0", "O(1)", "How far two members are apart").arguments(&[
        Argument::key(),
        Argument::new("member1", ArgumentKind::String),
        Argument::new("member2", ArgumentKind::String),
        UNIT.optional(),
    ]),
    run: Run::OneShard(geodist),
    subcommands: &[],
};

/// Where a member is, if it is one.
pub(super) fn position_of(set: &SortedSet, member: &[u8]) -> Option<Position> {
    set.score(member).map(Position::of_score)
}

fn geopos(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    each_position(context, args, reply, |reply, position| match position {
        Some(position) => reply_position(reply, position),
        None => reply.null_array(),
    })
}

fn geohash(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    each_position(context, args, reply, |reply, position| match position {
        Some(position) => reply.bulk(&position.geohash()),
        None => reply.null(),
    })
}

/// Replies what `show` makes of the place of each member that is named.
fn each_position(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
    show: impl Fn(&mut ReplyWriter<'_>, Option<Position>),
) -> Result<(), CommandError> {
    let set = context.read_as::<SortedSet>(args.at(1))?;
    reply.array(args.len() - 2);
    for member in args.skip(2).iter() {
        show(reply, set.and_then(|set| position_of(set, member)));
    }
    Ok(())
}

fn geodist(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let unit = match args.len() {
        4 => Unit::METER,
        5 => Unit::parse(args, 4)?,
        _ => return Err(CommandError::SYNTAX),
    };
    let set = context.read_as::<SortedSet>(args.at(1))?;
    let position = |at| set.and_then(|set| position_of(set, args.at(at)));
    match (position(2), position(3)) {
        (Some(one), Some(other)) => {
            reply_distance(reply, unit.of_meters(distance(one, other)));
        }
        _ => reply.null(),
    }
    Ok(())
}

/// Longitude and latitude with up to 17 decimals.
pub(super) fn reply_position(reply: &mut ReplyWriter<'_>, position: Position) {
    reply.array(2);
    for degrees in [position.longitude, position.latitude] {
        reply.double_text(FixedPoint::trimmed(degrees, 17).as_bytes());
    }
}

/// A distance with four decimals; a string in both protocols.
pub(super) fn reply_distance(reply: &mut ReplyWriter<'_>, distance: f64) {
    reply.bulk(FixedPoint::new(distance, 4).as_bytes());
}
