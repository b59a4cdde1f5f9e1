//! BLPOP, BRPOP and BLMPOP: elements are taken from the first of several lists that has any, or from the first that gets
//! some.

use super::direction::{ENDS, popping};
use super::pop::finish_pop;
use super::pop_many::{self, PopMany};
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Run, Steps};
use crate::command::timeout::seconds;
use crate::command::waits::{Manner, Waits, same_words};
use crate::order::carry::Carry;
use crate::resp::reply::ReplyWriter;
use crate::shard::context::ShardContext;
use crate::value::ValueRef;
use crate::value::collection::Variant;
use crate::value::list::{End, List};

const TAKES: KeyFlags = KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::DELETE);

const KEYS: &[KeySpec] = &[KeySpec::range(1, -2, 1, TAKES)];
const ARGUMENTS: &[Argument] = &[
    Argument::key().multiple(),
    Argument::new("timeout", ArgumentKind::Double),
];

const fn row(name: &'static str, summary: &'static str, waits: &'static Waits) -> Command {
    Command {
        name,
        arity: Arity::AtLeast(3),
        flags: Flags::WRITE.union(Flags::BLOCKING),
        acl: Acl::LIST,
        keys: KEYS,
        tips: &[],
        docs: Docs::new("list", "2.0.0", "O(N) with the number of keys", summary)
            .arguments(ARGUMENTS)
            .history(&[("6.0.0", "The timeout may have a fraction.")]),
        run: Run::Blocking(waits),
        subcommands: &[],
    }
}

const FIRST: Waits = Waits {
    steps: Steps {
        gather: |context, args, key| gather(context, args, key, End::Front),
        decide,
        apply: |context, args, key, carry| apply(context, args, key, carry, End::Front),
    },
    manner: Manner::Pop,
    patience: |args| seconds(args.at(args.len() - 1)),
    ready,
    nothing: |reply| reply.null_array(),
    words: same_words,
};

pub(super) const BLPOP: Command = row(
    "blpop",
    "Takes the first element of the first of several lists that has any, or waits for one",
    &FIRST,
);

pub(super) const BRPOP: Command = row(
    "brpop",
    "Takes the last element of the first of several lists that has any, or waits for one",
    &Waits {
        steps: Steps {
            gather: |context, args, key| gather(context, args, key, End::Back),
            apply: |context, args, key, carry| apply(context, args, key, carry, End::Back),
            ..FIRST.steps
        },
        ..FIRST
    },
);

pub(super) const BLMPOP: Command = Command {
    name: "blmpop",
    arity: Arity::AtLeast(5),
    flags: Flags::WRITE
        .union(Flags::BLOCKING)
        .union(Flags::MOVABLE_KEYS),
    acl: Acl::LIST,
    keys: &[KeySpec::counted(2, TAKES)],
    tips: &[],
    docs: Docs::new(
        "list",
        "7.0.0",
        "O(N+M) with the number of keys and that of the elements returned",
        "Takes elements from the first of several lists that has any, or waits for some",
    )
    .arguments(&[
        Argument::new("timeout", ArgumentKind::Double),
        Argument::new("numkeys", ArgumentKind::Integer),
        Argument::key().multiple(),
        Argument::new("where", ENDS),
        Argument::new("count", ArgumentKind::Integer)
            .token("COUNT")
            .optional(),
    ]),
    run: Run::Blocking(&Waits {
        steps: Steps {
            gather: |context, args, key| {
                pop_many::gather(context, args, key, PopMany::parse(args, 2))
            },
            decide: |args, carries, reply| {
                pop_many::decide(args, carries, reply, PopMany::parse(args, 2)).map(drop)
            },
            apply: |context, args, key, carry| {
                pop_many::apply(context, args, key, carry, PopMany::parse(args, 2))
            },
        },
        patience: |args| {
            let patience = seconds(args.at(1))?;
            PopMany::parse(args, 2).map(|_| patience)
        },
        ..FIRST
    }),
    subcommands: &[],
};

/// What serves somebody who waits for elements.
pub(super) fn ready(_: &Args<'_>, _: usize, value: Option<ValueRef<'_>>) -> bool {
    matches!(value, Some(ValueRef::List(_)))
}

fn gather(context: &mut ShardContext<'_>, args: &Args<'_>, key: usize, end: End) -> Carry {
    match context.peek(args.at(key)).map(|entry| entry.value()) {
        None => Carry::Nothing,
        Some(value) => match List::of(value) {
            None => Carry::WrongType,
            Some(list) => list
                .peek(end)
                .map_or(Carry::Nothing, |element| Carry::Bytes(element.to_vec())),
        },
    }
}

fn decide(
    args: &Args<'_>,
    carries: &mut [Carry],
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let gathered: Vec<Carry> = carries.iter_mut().map(Carry::take).collect();
    for (number, carry) in gathered.into_iter().enumerate() {
        match carry {
            Carry::WrongType => return Err(CommandError::WRONG_TYPE),
            Carry::Bytes(element) => {
                reply.array(2);
                reply.bulk(args.at(1 + number));
                reply.bulk(&element);
                carries[number] = Carry::Present;
                return Ok(());
            }
            _ => {}
        }
    }
    Ok(())
}

/// Takes the element away where that was decided, and logs it as a plain LPOP or RPOP.
fn apply(context: &mut ShardContext<'_>, args: &Args<'_>, key: usize, carry: Carry, end: End) {
    if !matches!(carry, Carry::Present) {
        return;
    }
    if let Ok(Some(mut list)) = context.edit::<List>(args.at(key)) {
        list.log().instead(&[popping(end), args.at(key)]);
        finish_pop(list, end, 1);
    }
}

#[cfg(test)]
mod tests {
    use crate::commands::driver::{run, shard};

    #[test]
    fn the_first_list_that_has_elements_gives_one() {
        let mut shard = shard();
        run(&mut shard, "RPUSH b 1 2 3");
        run(&mut shard, "RPUSH c 4");
        assert_eq!(run(&mut shard, "BLPOP a b c 0"), "*2 $1 b $1 1");
        assert_eq!(run(&mut shard, "BRPOP a b c 0"), "*2 $1 b $1 3");
        assert_eq!(run(&mut shard, "BLPOP b b 0"), "*2 $1 b $1 2");
        assert_eq!(run(&mut shard, "BLPOP b c 0"), "*2 $1 c $1 4");
        assert_eq!(run(&mut shard, "EXISTS b c"), ":0");
        assert_eq!(run(&mut shard, "BLPOP b c 0"), "*-1", "as in MULTI");
    }

    #[test]
    fn several_elements_are_taken() {
        let mut shard = shard();
        run(&mut shard, "RPUSH b 1 2 3");
        assert_eq!(
            run(&mut shard, "BLMPOP 0 2 a b RIGHT COUNT 2"),
            "*2 $1 b *2 $1 3 $1 2"
        );
        assert_eq!(run(&mut shard, "BLMPOP 1 1 a LEFT"), "*-1");
        assert_eq!(
            run(&mut shard, "BLMPOP x 0 a LEFT"),
            "-ERR timeout is not a float or out of range"
        );
        assert_eq!(
            run(&mut shard, "BLMPOP 1 0 a LEFT"),
            "-ERR numkeys should be greater than 0"
        );
        assert_eq!(run(&mut shard, "BLMPOP 1 1 a MIDDLE"), "-ERR syntax error");
    }

    #[test]
    fn what_is_wrong_is_found_before_anybody_waits() {
        let mut shard = shard();
        run(&mut shard, "SET s 1");
        let wrong = "-WRONGTYPE Operation against a key holding the wrong kind of value";
        assert_eq!(run(&mut shard, "BLPOP a s 0"), wrong);
        assert_eq!(run(&mut shard, "BLPOP s -1"), "-ERR timeout is negative");
        assert_eq!(
            run(&mut shard, "BRPOP s no"),
            "-ERR timeout is not a float or out of range"
        );
    }
}
