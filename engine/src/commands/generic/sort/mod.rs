//! SORT and SORT_RO: the elements of a list, a set or a sorted set, in an order of the client's choice, or values that
//! their names lead to.
//!
//! ```text
//!   gather    the elements; in their own order, the window of LIMIT at once
//!   next      values to sort by (BY), then, of the elements of the window, values to answer with (GET)
//!   decide    the order, if it was not needed for GET; the reply, or the list to store
//! ```

mod options;
mod order;
mod pattern;
mod source;

use crate::command::args::{Args, OwnedArgs};
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{Begin, Find, KeyFlags, KeySpec, OptionWord};
use crate::command::spec::{
    Argument, ArgumentKind, Arity, Command, Docs, Following, Reach, Run, Steps,
};
use crate::effect::event::Event;
use crate::order::carry::Carry;
use crate::resp::reply::ReplyWriter;
use crate::shard::context::{ShardContext, Ttl};
use crate::shard::look::{Found, WIDTH};
use crate::value::NewValue;
use crate::value::collection::Variant;
use crate::value::list::{End, List, NodeLimit};
use options::{Options, Storing};
use order::arrange;
use pattern::Pattern;

const SOURCE: usize = 1;

pub(super) const SORT: Command = Command {
    name: "sort",
    arity: Arity::AtLeast(2),
    flags: Flags::WRITE
        .union(Flags::DENYOOM)
        .union(Flags::MOVABLE_KEYS),
    acl: ACL,
    keys: &[SOURCE_KEY, FOLLOWED_KEYS, TARGET_KEY],
    tips: &[],
    docs: Docs::new(
        "generic",
        "1.0.0",
        COMPLEXITY,
        "Sorts the elements of a list, a set or a sorted set, and may store the result",
    )
    .arguments(&[
        Argument::key(),
        BY,
        LIMIT,
        GET,
        ORDER,
        ALPHA,
        Argument::new("destination", ArgumentKind::Key(2))
            .token("STORE")
            .optional(),
    ]),
    run: Run::Follow(&Following {
        steps: Steps {
            gather: |context, args, key| gather(context, args, key, Storing::Allowed),
            decide: |args, carries, reply| decide(args, carries, reply, Storing::Allowed),
            apply,
        },
        reach: |args| reach(args, Storing::Allowed),
        next: |args, carries| next(args, carries, Storing::Allowed),
    }),
    subcommands: &[],
};

pub(super) const SORT_RO: Command = Command {
    name: "sort_ro",
    arity: Arity::AtLeast(2),
    flags: Flags::READONLY.union(Flags::MOVABLE_KEYS),
    acl: ACL,
    keys: &[SOURCE_KEY, FOLLOWED_KEYS],
    tips: &[],
    docs: Docs::new(
        "generic",
        "7.0.0",
        COMPLEXITY,
        "Sorts the elements of a list, a set or a sorted set",
    )
    .arguments(&[Argument::key(), BY, LIMIT, GET, ORDER, ALPHA]),
    run: Run::Follow(&Following {
        steps: Steps {
            gather: |context, args, key| gather(context, args, key, Storing::Refused),
            decide: |args, carries, reply| decide(args, carries, reply, Storing::Refused),
            apply,
        },
        reach: |args| reach(args, Storing::Refused),
        next: |args, carries| next(args, carries, Storing::Refused),
    }),
    subcommands: &[],
};

const ACL: Acl = Acl::SET
    .union(Acl::SORTEDSET)
    .union(Acl::LIST)
    .union(Acl::DANGEROUS);
const COMPLEXITY: &str =
    "O(N log N) for N elements, O(N) where the order stays; LIMIT saves most of the rest";

const SOURCE_KEY: KeySpec = KeySpec::at(SOURCE, KeyFlags::RO.union(KeyFlags::ACCESS));
const FOLLOWED_KEYS: KeySpec = KeySpec {
    flags: KeyFlags::RO.union(KeyFlags::ACCESS),
    begin: Begin::Unknown,
    find: Find::Unknown,
    notes: "For the optional BY/GET keyword. It is marked 'unknown' because the key names derive from the content of the key we sort",
};
const TARGET_KEY: KeySpec = KeySpec {
    flags: KeyFlags::OW.union(KeyFlags::UPDATE),
    begin: Begin::Option(&OptionWord {
        word: "STORE",
        first: 2,
        others: &[("LIMIT", 2), ("GET", 1), ("BY", 1)],
    }),
    find: Find::Unknown,
    notes: "For the optional STORE keyword. It is marked 'unknown' because the keyword can appear anywhere in the argument array",
};

const BY: Argument = Argument::new("pattern", ArgumentKind::Pattern)
    .token("BY")
    .optional();
const LIMIT: Argument = Argument::new(
    "offset_count",
    ArgumentKind::Block(&[
        Argument::new("offset", ArgumentKind::Integer),
        Argument::new("count", ArgumentKind::Integer),
    ]),
)
.token("LIMIT")
.optional();
const GET: Argument = Argument::new("pattern", ArgumentKind::Pattern)
    .token("GET")
    .optional()
    .multiple()
    .multiple_token();
const ORDER: Argument = Argument::new(
    "order",
    ArgumentKind::OneOf(&[Argument::word("asc", "ASC"), Argument::word("desc", "DESC")]),
)
.optional();
const ALPHA: Argument = Argument::word("sorting", "ALPHA").optional();

fn gather(context: &mut ShardContext<'_>, args: &Args<'_>, key: usize, storing: Storing) -> Carry {
    match Options::parse(args, storing) {
        Ok(options) if key == SOURCE => match source::elements(context, args.at(key), &options) {
            Ok(elements) => Carry::Words(elements),
            Err(error) => Carry::Refused(error),
        },
        // What the target holds is of no interest; an error is answered when it is decided.
        _ => Carry::Nothing,
    }
}

fn reach(args: &Args<'_>, storing: Storing) -> Reach {
    Options::parse(args, storing).map_or(Reach::Nowhere, |options| options.reach())
}

/// The first round is that of BY. Behind it the elements are put in order, and what stays of them is what GET follows.
fn next(args: &Args<'_>, carries: &mut [Carry], storing: Storing) -> OwnedArgs {
    let nothing = OwnedArgs::new();
    let (Ok(options), Some(Carry::Words(elements))) =
        (Options::parse(args, storing), carries.first())
    else {
        return nothing;
    };
    let rounds = carries.len() - options.keys();
    let by = options.followed_order();
    if let (Some(pattern), 0) = (by, rounds) {
        return lookups(elements, &[pattern]);
    }
    if rounds > usize::from(by.is_some()) {
        return nothing;
    }
    if by.is_some() || options.sorts() {
        let weights = match (by, carries.last()) {
            (Some(_), Some(Carry::Found(found))) => Some(found),
            _ => None,
        };
        let arranged = arrange(&options, elements, weights);
        carries[0] = arranged.map_or_else(Carry::Refused, Carry::Words);
    }
    match &carries[0] {
        Carry::Words(elements) => lookups(elements, options.gets()),
        _ => nothing,
    }
}

fn lookups(elements: &OwnedArgs, patterns: &[Pattern<'_>]) -> OwnedArgs {
    let elements = elements.as_args();
    let count = elements.len() * patterns.len();
    let sizes: usize = patterns.iter().map(Pattern::size).sum();
    let bytes: usize = elements.iter().map(<[u8]>::len).sum();
    let bytes = bytes * patterns.len() + sizes * elements.len();
    let mut words = OwnedArgs::with_capacity(count * WIDTH, bytes);
    let mut name = Vec::new();
    for element in elements.iter() {
        for pattern in patterns {
            if let Pattern::Key(followed) = pattern {
                followed.name(element, &mut name);
                words.push(&name);
                words.push(followed.field);
            }
        }
    }
    words
}

fn decide(
    args: &Args<'_>,
    carries: &mut [Carry],
    reply: &mut ReplyWriter<'_>,
    storing: Storing,
) -> Result<(), CommandError> {
    let (first, found) = (carries[0].take(), carries[carries.len() - 1].take());
    let options = Options::parse(args, storing)?;
    let mut elements = match first {
        Carry::Words(elements) => elements,
        Carry::Refused(error) => return Err(error),
        _ => OwnedArgs::new(),
    };
    if options.sorts() && options.reach() == Reach::Nowhere {
        elements = arrange(&options, &elements, None)?;
    }
    let found = match found {
        Carry::Found(found) => found,
        _ => Found::default(),
    };
    let length = elements.as_args().len() * options.gets().len().max(1);
    if options.store.is_none() {
        reply.array(length);
        each_value(&options, &elements, &found, |value| match value {
            Some(value) => reply.bulk(value),
            None => reply.null(),
        });
        return Ok(());
    }
    let mut values = OwnedArgs::new();
    each_value(&options, &elements, &found, |value| {
        values.push(value.unwrap_or_default())
    });
    carries[1] = if length > 0 {
        Carry::Words(values)
    } else {
        Carry::Present
    };
    reply.count(length);
    Ok(())
}

fn each_value(
    options: &Options<'_>,
    elements: &OwnedArgs,
    found: &Found,
    mut take: impl FnMut(Option<&[u8]>),
) {
    let mut number = 0;
    for element in elements.as_args().iter() {
        if options.gets().is_empty() {
            take(Some(element));
        }
        for pattern in options.gets() {
            match pattern {
                Pattern::Element => take(Some(element)),
                Pattern::Nothing => take(None),
                Pattern::Key(_) => {
                    take(found.get(number));
                    number += 1;
                }
            }
        }
    }
}

fn apply(context: &mut ShardContext<'_>, args: &Args<'_>, key: usize, carry: Carry) {
    match carry {
        Carry::Words(values) => {
            let list = Box::new(list_of(&values.as_args(), NodeLimit::of(context.limits())));
            let value = NewValue::Owned(list.into_value());
            context.put(args.at(key), value, Ttl::Clear, Event::list("sortstore"));
        }
        Carry::Present => {
            context.delete(args.at(key), Event::DEL);
        }
        _ => {}
    }
}

fn list_of(values: &Args<'_>, limit: NodeLimit) -> List {
    let mut list = List::default();
    list.make_room(values.iter().map(<[u8]>::len).sum(), values.len(), limit);
    for value in values.iter() {
        list.push(End::Back, value, limit);
    }
    list
}

#[cfg(test)]
mod tests;
