//! LMOVE and RPOPLPUSH: an element goes from an end of one list to an end of another.
//!
//! The shard of the source lends a copy of the element; once it is decided that the element moves, the source drops its
//! own and the destination adds the copy. Nothing is changed before that, so there is nothing to take back.
//!
//! Commands that wait for an element are made of the same functions: none of them looks behind the words it needs.

use super::direction::{ENDS, end, popped, popping, pushed, pushing};
use super::pop::finish_pop;
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Run, Steps};
use crate::effect::log_form::ShardLog;
use crate::order::carry::Carry;
use crate::resp::reply::ReplyWriter;
use crate::shard::context::ShardContext;
use crate::value::collection::Variant;
use crate::value::list::{End, List, NodeLimit};

const SOURCE: usize = 1;
const DESTINATION: usize = 2;
pub(crate) const KEYS: &[KeySpec] = &[
    KeySpec::at(
        SOURCE,
        KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::DELETE),
    ),
    KeySpec::at(DESTINATION, KeyFlags::RW.union(KeyFlags::INSERT)),
];
const NAMES: [Argument; 2] = [
    Argument::new("source", ArgumentKind::Key(0)),
    Argument::new("destination", ArgumentKind::Key(1)),
];

pub(super) const LMOVE: Command = Command {
    name: "lmove",
    arity: Arity::Exactly(5),
    flags: Flags::WRITE.union(Flags::DENYOOM),
    acl: Acl::LIST,
    keys: KEYS,
    tips: &[],
    docs: Docs::new(
        "list",
        "6.2.0",
        "O(1)",
        "Takes an element from an end of a list, adds it to an end of another one, and returns it",
    )
    .arguments(&[
        NAMES[0],
        NAMES[1],
        Argument::new("wherefrom", ENDS),
        Argument::new("whereto", ENDS),
    ]),
    run: Run::ReadThenWrite(&BY_WORDS),
    subcommands: &[],
};

pub(super) const RPOPLPUSH: Command = Command {
    name: "rpoplpush",
    arity: Arity::Exactly(3),
    flags: Flags::WRITE.union(Flags::DENYOOM),
    acl: Acl::LIST,
    keys: KEYS,
    tips: &[],
    docs: Docs::new(
        "list",
        "1.2.0",
        "O(1)",
        "Takes the last element of a list, makes it the first of another one, and returns it",
    )
    .arguments(&NAMES)
    .deprecated("6.2.0", "`LMOVE` from `RIGHT` to `LEFT`"),
    run: Run::ReadThenWrite(&BACK_TO_FRONT),
    subcommands: &[],
};

pub(crate) const BY_WORDS: Steps = Steps {
    gather: |context, args, key| gather(context, args, key, Route::by_words(args)),
    decide: |args, carries, reply| decide_now(args, carries, reply, Route::by_words(args)),
    apply: |context, args, key, carry| apply(context, args, key, carry, Route::by_words(args)),
};

pub(crate) const BACK_TO_FRONT: Steps = Steps {
    gather: |context, args, key| gather(context, args, key, Ok(Route::BACK_TO_FRONT)),
    decide: |args, carries, reply| decide_now(args, carries, reply, Ok(Route::BACK_TO_FRONT)),
    apply: |context, args, key, carry| apply(context, args, key, carry, Ok(Route::BACK_TO_FRONT)),
};

/// From which end to which.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Route {
    from: End,
    to: End,
}

impl Route {
    /// As RPOPLPUSH and BRPOPLPUSH go.
    pub(crate) const BACK_TO_FRONT: Route = Route {
        from: End::Back,
        to: End::Front,
    };

    /// As the two words behind the keys say, for LMOVE and BLMOVE.
    pub(crate) fn by_words(args: &Args<'_>) -> Result<Route, CommandError> {
        Ok(Route {
            from: end(args.at(3))?,
            to: end(args.at(4))?,
        })
    }
}

/// Whether there was something to take. If not, nothing was replied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It is replied.
    Found,
    /// No key had any element.
    NothingThere,
}

/// What the key has to give or to take: of the source, [`Carry::Bytes`] with the element.
pub(crate) fn gather(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    key: usize,
    route: Result<Route, CommandError>,
) -> Carry {
    let Ok(route) = route else {
        return Carry::Nothing;
    };
    match context.peek(args.at(key)).map(|entry| entry.value()) {
        None => Carry::Nothing,
        Some(value) => match List::of(value) {
            None => Carry::WrongType,
            Some(_) if key == DESTINATION => Carry::Present,
            Some(list) => list
                .peek(route.from)
                .map_or(Carry::Nothing, |element| Carry::Bytes(element.to_vec())),
        },
    }
}

fn decide_now(
    args: &Args<'_>,
    carries: &mut [Carry],
    reply: &mut ReplyWriter<'_>,
    route: Result<Route, CommandError>,
) -> Result<(), CommandError> {
    if decide(args, carries, reply, route)? == Outcome::NothingThere {
        reply.null();
    }
    Ok(())
}

/// Replies the element and lets it move, if there is one.
pub(crate) fn decide(
    args: &Args<'_>,
    carries: &mut [Carry],
    reply: &mut ReplyWriter<'_>,
    route: Result<Route, CommandError>,
) -> Result<Outcome, CommandError> {
    let [source, destination] = carries else {
        unreachable!("two keys were gathered")
    };
    let gathered = (source.take(), destination.take());
    route?;
    match gathered {
        (Carry::WrongType, _) => Err(CommandError::WRONG_TYPE),
        (Carry::Bytes(_), Carry::WrongType) => Err(CommandError::WRONG_TYPE),
        (Carry::Bytes(element), _) => {
            reply.bulk(&element);
            if args.at(SOURCE) != args.at(DESTINATION) {
                *source = Carry::Present;
            }
            *destination = Carry::Bytes(element);
            Ok(Outcome::Found)
        }
        _ => Ok(Outcome::NothingThere),
    }
}

/// Does what was decided for the key.
pub(crate) fn apply(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    key: usize,
    carry: Carry,
    route: Result<Route, CommandError>,
) {
    let Ok(Route { from, to }) = route else {
        return;
    };
    let (source, destination) = (args.at(SOURCE), args.at(DESTINATION));
    let territory = context.shard().territory();
    let is_all_here = territory.holds(source) && territory.holds(destination);
    match carry {
        // The destination's turn does both: clients hear of the push first.
        Carry::Present if is_all_here => {}
        Carry::Present => {
            context.log().instead(&[popping(from), source]);
            take(context, source, from);
        }
        Carry::Bytes(element) if is_all_here => {
            log_without_timeout(context.log(), args);
            if source == destination {
                rotate(context, source, &element, from, to);
            } else {
                add(context, destination, &element, to);
                take(context, source, from);
            }
        }
        Carry::Bytes(element) => {
            context
                .log()
                .instead(&[pushing(to), args.at(key), &element]);
            add(context, args.at(key), &element, to);
        }
        _ => {}
    }
}

/// The commands that wait are logged as those that do not.
fn log_without_timeout(log: &mut ShardLog, args: &Args<'_>) {
    let (source, destination) = (args.at(SOURCE), args.at(DESTINATION));
    match (args.get(3), args.get(4)) {
        (Some(from), Some(to)) => log.instead(&[b"LMOVE", source, destination, from, to]),
        _ => log.instead(&[b"RPOPLPUSH", source, destination]),
    }
}

fn take(context: &mut ShardContext<'_>, key: &[u8], from: End) {
    if let Ok(Some(list)) = context.edit(key) {
        finish_pop(list, from, 1);
    }
}

fn add(context: &mut ShardContext<'_>, key: &[u8], element: &[u8], to: End) {
    if let Ok(mut list) = context.edit_or_create::<List>(key) {
        let limit = NodeLimit::of(list.limits());
        list.make_room(element.len(), 1, limit);
        list.push(to, element, limit);
        list.commit(pushed(to));
    }
}

/// Source and destination are one list: it is never empty in between.
fn rotate(context: &mut ShardContext<'_>, key: &[u8], element: &[u8], from: End, to: End) {
    let Ok(Some(mut list)) = context.edit::<List>(key) else {
        return;
    };
    let limit = NodeLimit::of(list.limits());
    list.drop_some(from, 1);
    list.make_room(element.len(), 1, limit);
    list.push(to, element, limit);
    list.settle(limit);
    list.commit(pushed(to));
    context.also(key, popped(from));
}
