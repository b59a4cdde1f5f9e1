//! GEORADIUS and its relatives: the older words for a search in a circle.

use super::query::Form;
use super::search::{
    COMPLEXITY, COUNT, ORDER, WITH_DISTANCE, WITH_HASH, WITH_POSITION, apply, decide, find, gather,
};
use super::unit::UNIT;
use super::{LATITUDE, LONGITUDE};
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{Begin, KeyFlags, KeySpec};
use crate::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Run, Steps};
use crate::order::carry::Carry;
use crate::resp::reply::ReplyWriter;
use crate::shard::execute::key_positions;

const SOURCE: KeySpec = KeySpec::at(1, KeyFlags::RO.union(KeyFlags::ACCESS));
const ANY_UNIT: (&str, &str) = ("7.0.0", "Units in upper case.");
const ANY: (&str, &str) = ("6.2.0", "The `ANY` option of `COUNT`.");
const MEMBER: Argument = Argument::new("member", ArgumentKind::String);
const RADIUS: Argument = Argument::new("radius", ArgumentKind::Double);
const STORE: Argument = Argument::new("key", ArgumentKind::Key(1))
    .token("STORE")
    .optional();
const STORE_DISTANCES: Argument = Argument::new("key", ArgumentKind::Key(2))
    .token("STOREDIST")
    .optional();

/// The source, and the targets that may be named from word `first` on.
const fn keys(first: isize) -> [KeySpec; 3] {
    let written = KeySpec::at(0, KeyFlags::OW.union(KeyFlags::UPDATE));
    [
        SOURCE,
        KeySpec {
            begin: Begin::Keyword("STORE", first),
            ..written
        },
        KeySpec {
            begin: Begin::Keyword("STOREDIST", first),
            ..written
        },
    ]
}

const RADIUS_KEYS: &[KeySpec] = &keys(6);
const MEMBER_KEYS: &[KeySpec] = &keys(5);

const WRITING: Flags = Flags::WRITE
    .union(Flags::DENYOOM)
    .union(Flags::MOVABLE_KEYS);

pub(super) const GEORADIUS: Command = Command {
    name: "georadius",
    arity: Arity::AtLeast(6),
    flags: WRITING,
    acl: Acl::GEO,
    keys: RADIUS_KEYS,
    tips: &[],
    docs: Docs::new(
        "geo",
        "3.2.0",
        COMPLEXITY,
        "Finds the members in a circle around a place, and may store them",
    )
    .arguments(&[
        Argument::key(),
        LONGITUDE,
        LATITUDE,
        RADIUS,
        UNIT,
        WITH_POSITION,
        WITH_DISTANCE,
        WITH_HASH,
        COUNT,
        ORDER,
        STORE,
        STORE_DISTANCES,
    ])
    .history(&[ANY, ANY_UNIT])
    .deprecated(
        "6.2.0",
        "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` argument",
    ),
    run: Run::ReadThenWrite(&STEPS),
    subcommands: &[],
};

pub(super) const GEORADIUS_RO: Command = Command {
    name: "georadius_ro",
    flags: Flags::READONLY,
    keys: &[SOURCE],
    docs: Docs::new(
        "geo",
        "3.2.10",
        COMPLEXITY,
        "Finds the members in a circle around a place",
    )
    .arguments(&[
        Argument::key(),
        LONGITUDE,
        LATITUDE,
        RADIUS,
        UNIT,
        WITH_POSITION,
        WITH_DISTANCE,
        WITH_HASH,
        COUNT,
        ORDER,
    ])
    .history(&[ANY])
    .deprecated("6.2.0", "`GEOSEARCH` with the `BYRADIUS` argument"),
    run: Run::OneShard(|context, args, reply| find(context, args, reply, Form::RadiusReadOnly)),
    ..GEORADIUS
};

pub(super) const GEORADIUSBYMEMBER: Command = Command {
    name: "georadiusbymember",
    arity: Arity::AtLeast(5),
    keys: MEMBER_KEYS,
    docs: Docs::new(
        "geo",
        "3.2.0",
        COMPLEXITY,
        "Finds the members in a circle around one of them, and may store them",
    )
    .arguments(&[
        Argument::key(),
        MEMBER,
        RADIUS,
        UNIT,
        WITH_POSITION,
        WITH_DISTANCE,
        WITH_HASH,
        COUNT,
        ORDER,
        STORE,
        STORE_DISTANCES,
    ])
    .history(&[ANY_UNIT])
    .deprecated(
        "6.2.0",
        "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` and `FROMMEMBER` arguments",
    ),
    run: Run::ReadThenWrite(&Steps {
        gather: |context, args, key| gather(context, args, key, Form::ByMember),
        decide: |args, carries, reply| decide_for(MEMBER_KEYS, args, carries, reply, 5),
        ..STEPS
    }),
    ..GEORADIUS
};

pub(super) const GEORADIUSBYMEMBER_RO: Command = Command {
    name: "georadiusbymember_ro",
    flags: Flags::READONLY,
    keys: &[SOURCE],
    docs: Docs::new(
        "geo",
        "3.2.10",
        COMPLEXITY,
        "Finds the members in a circle around one of them",
    )
    .arguments(&[
        Argument::key(),
        MEMBER,
        RADIUS,
        UNIT,
        WITH_POSITION,
        WITH_DISTANCE,
        WITH_HASH,
        COUNT,
        ORDER,
    ])
    .deprecated(
        "6.2.0",
        "`GEOSEARCH` with the `BYRADIUS` and `FROMMEMBER` arguments",
    ),
    run: Run::OneShard(|context, args, reply| find(context, args, reply, Form::ByMemberReadOnly)),
    ..GEORADIUSBYMEMBER
};

const STEPS: Steps = Steps {
    gather: |context, args, key| gather(context, args, key, Form::Radius),
    decide: |args, carries, reply| decide_for(RADIUS_KEYS, args, carries, reply, 6),
    apply: |context, args, key, carry| apply(context, args, key, carry, "georadiusstore"),
};

/// Hands the result to the target that is meant, the last one named. Deliberately a syntax error when the key
/// specifications, which find the first of each word, do not name that one: it may live on a shard without a lock.
fn decide_for(
    keys: &[KeySpec],
    args: &Args<'_>,
    carries: &mut [Carry],
    reply: &mut ReplyWriter<'_>,
    first: usize,
) -> Result<(), CommandError> {
    let result = decide(carries[0].take(), reply)?;
    if matches!(result, Carry::Nothing) {
        return Ok(());
    }
    let named = last_target(args, first).and_then(|target| {
        let keys = key_positions(keys, args);
        keys.iter().skip(1).position(|key| *key == target)
    });
    match named {
        Some(number) => carries[number + 1] = result,
        None => return Err(CommandError::SYNTAX),
    }
    Ok(())
}

/// Walks over options that have been read without an error before.
fn last_target(args: &Args<'_>, first: usize) -> Option<usize> {
    let (mut at, mut target) = (first, None);
    while at < args.len() {
        let is_target = args.is(at, "store") || args.is(at, "storedist");
        if is_target {
            target = Some(at + 1);
        }
        at += 1 + usize::from(is_target || args.is(at, "count"));
    }
    target
}
