//! GEOSEARCH and GEOSEARCHSTORE: members in a circle or in a box.

use super::hits::Hits;
use super::query::{Form, Query};
use super::unit::UNIT;
use super::{LATITUDE, LONGITUDE};
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Run, Steps};
use crate::effect::event::Event;
use crate::order::carry::{Carry, Parcel};
use crate::random::Random;
use crate::resp::reply::ReplyWriter;
use crate::shard::context::ShardContext;
use crate::value::Value;
use crate::value::collection::{Collection, Variant};
use crate::value::sorted_set::SortedSet;

pub(super) const COMPLEXITY: &str = "O(N+log(M)) for N members in and around the area, M in all";

pub(super) const GEOSEARCH: Command = Command {
    name: "geosearch",
    arity: Arity::AtLeast(7),
    flags: Flags::READONLY,
    acl: Acl::GEO,
    keys: &[KeySpec::at(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    tips: &[],
    docs: Docs::new(
        "geo",
        "6.2.0",
        COMPLEXITY,
        "Finds the members in a circle or in a box around a place",
    )
    .arguments(&[
        Argument::key(),
        FROM,
        BY,
        ORDER,
        COUNT,
        WITH_POSITION,
        WITH_DISTANCE,
        WITH_HASH,
    ])
    .history(&[("7.0.0", "Units in upper case.")]),
    run: Run::OneShard(|context, args, reply| find(context, args, reply, Form::Search)),
    subcommands: &[],
};

pub(super) const GEOSEARCHSTORE: Command = Command {
    name: "geosearchstore",
    arity: Arity::AtLeast(8),
    flags: Flags::WRITE.union(Flags::DENYOOM),
    acl: Acl::GEO,
    keys: &[
        KeySpec::at(1, KeyFlags::OW.union(KeyFlags::UPDATE)),
        KeySpec::at(2, KeyFlags::RO.union(KeyFlags::ACCESS)),
    ],
    tips: &[],
    docs: Docs::new(
        "geo",
        "6.2.0",
        COMPLEXITY,
        "Stores the members in a circle or in a box around a place",
    )
    .arguments(&[
        Argument::new("destination", ArgumentKind::Key(0)),
        Argument::new("source", ArgumentKind::Key(1)),
        FROM,
        BY,
        ORDER,
        COUNT,
        Argument::word("storedist", "STOREDIST").optional(),
    ])
    .history(&[("7.0.0", "Units in upper case.")]),
    run: Run::ReadThenWrite(&Steps {
        gather: |context, args, key| gather(context, args, key, Form::SearchStore),
        decide: |_, carries, reply| {
            let [target, source] = carries else {
                unreachable!("two keys were gathered")
            };
            *target = decide(source.take(), reply)?;
            Ok(())
        },
        apply: |context, args, key, carry| apply(context, args, key, carry, "geosearchstore"),
    }),
    subcommands: &[],
};

const FROM: Argument = Argument::new(
    "from",
    ArgumentKind::OneOf(&[
        Argument::new("member", ArgumentKind::String).token("FROMMEMBER"),
        Argument::new(
            "longitude_latitude",
            ArgumentKind::Block(&[LONGITUDE, LATITUDE]),
        )
        .token("FROMLONLAT"),
    ]),
);
const BY: Argument = Argument::new(
    "by",
    ArgumentKind::OneOf(&[
        Argument::new(
            "circle",
            ArgumentKind::Block(&[
                Argument::new("radius", ArgumentKind::Double).token("BYRADIUS"),
                UNIT,
            ]),
        ),
        Argument::new(
            "box",
            ArgumentKind::Block(&[
                Argument::new("width", ArgumentKind::Double).token("BYBOX"),
                Argument::new("height", ArgumentKind::Double),
                UNIT,
            ]),
        ),
    ]),
);
pub(super) const ORDER: Argument = Argument::new(
    "order",
    ArgumentKind::OneOf(&[Argument::word("asc", "ASC"), Argument::word("desc", "DESC")]),
)
.optional();
pub(super) const COUNT: Argument = Argument::new(
    "count",
    ArgumentKind::Block(&[
        Argument::new("count", ArgumentKind::Integer).token("COUNT"),
        Argument::word("any", "ANY").optional(),
    ]),
)
.optional();
pub(super) const WITH_POSITION: Argument = Argument::word("withcoord", "WITHCOORD").optional();
pub(super) const WITH_DISTANCE: Argument = Argument::word("withdist", "WITHDIST").optional();
pub(super) const WITH_HASH: Argument = Argument::word("withhash", "WITHHASH").optional();

/// A search whose result goes to the client.
pub(super) fn find(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
    form: Form,
) -> Result<(), CommandError> {
    let set = context.read_as::<SortedSet>(args.at(form.source()))?;
    let query = Query::parse(args, form, set)?;
    match set {
        Some(set) => Hits::search(set, &query).reply(&query, reply),
        None => reply.array(0),
    }
    Ok(())
}

/// Searches where the source lives: what travels is the result, a sorted set already, or the reply of a search that
/// stores nothing.
pub(super) fn gather(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    key: usize,
    form: Form,
) -> Carry {
    // What the target holds is of no interest.
    if key != form.source() {
        return Carry::Nothing;
    }
    search(context, args, form).unwrap_or_else(Carry::Refused)
}

fn search(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    form: Form,
) -> Result<Carry, CommandError> {
    let (limits, protocol) = (*context.limits(), context.caller().protocol);
    let mut random = Random::new(context.random().next_u64());
    let set = context.read_as::<SortedSet>(args.at(form.source()))?;
    let query = Query::parse(args, form, set)?;
    let hits = set.map(|set| Hits::search(set, &query));
    let Some(target) = query.target else {
        let mut out = Vec::new();
        let mut reply = ReplyWriter::new(&mut out, protocol);
        match hits {
            Some(hits) => hits.reply(&query, &mut reply),
            None => reply.array(0),
        }
        return Ok(Carry::Bytes(out));
    };
    let draft = hits.map(|hits| hits.into_draft(&query, target.stores_distances));
    Ok(match draft {
        Some(draft) if !draft.is_empty() => {
            let set = Box::new(draft.into_set(&limits, &mut random));
            Carry::Value(Parcel::new(set.into_value(), None))
        }
        _ => Carry::Present,
    })
}

/// Answers with what was gathered at the source and returns what the target has to do. Errors: those of the search.
pub(super) fn decide(gathered: Carry, reply: &mut ReplyWriter<'_>) -> Result<Carry, CommandError> {
    match &gathered {
        Carry::Refused(error) => return Err(error.clone()),
        Carry::Bytes(encoded) => {
            reply.raw(encoded);
            return Ok(Carry::Nothing);
        }
        Carry::Value(Parcel {
            value: Value::SortedSet(set),
            ..
        }) => reply.count(set.len()),
        _ => reply.integer(0),
    }
    Ok(gathered)
}

/// Stores the result, or takes away what an empty one would replace.
pub(super) fn apply(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    key: usize,
    carry: Carry,
    event: &'static str,
) {
    match carry {
        Carry::Value(parcel) => context.install(args.at(key), parcel, Event::sorted_set(event)),
        Carry::Present => {
            context.delete(args.at(key), Event::DEL);
        }
        _ => {}
    }
}
