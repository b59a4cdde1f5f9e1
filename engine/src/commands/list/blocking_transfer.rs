//! BLMOVE and BRPOPLPUSH: an element goes from one list to another, as soon as there is one.

use super::blocking_pop::ready;
use super::direction::ENDS;
use super::transfer::{BACK_TO_FRONT, BY_WORDS, KEYS, Route, decide};
use crate::command::flags::{Acl, Flags};
use crate::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Run, Steps};
use crate::command::timeout::seconds;
use crate::command::waits::{Manner, Waits, same_words};

const FLAGS: Flags = Flags::WRITE.union(Flags::DENYOOM).union(Flags::BLOCKING);
const NAMES: [Argument; 2] = [
    Argument::new("source", ArgumentKind::Key(0)),
    Argument::new("destination", ArgumentKind::Key(1)),
];
const TIMEOUT: Argument = Argument::new("timeout", ArgumentKind::Double);

pub(super) const BLMOVE: Command = Command {
    name: "blmove",
    arity: Arity::Exactly(6),
    flags: FLAGS,
    acl: Acl::LIST,
    keys: KEYS,
    tips: &[],
    docs: Docs::new(
        "list",
        "6.2.0",
        "O(1)",
        "Moves an element from an end of a list to an end of another one, or waits for one",
    )
    .arguments(&[
        NAMES[0],
        NAMES[1],
        Argument::new("wherefrom", ENDS),
        Argument::new("whereto", ENDS),
        TIMEOUT,
    ]),
    run: Run::Blocking(&Waits {
        steps: Steps {
            decide: |args, carries, reply| {
                decide(args, carries, reply, Route::by_words(args)).map(drop)
            },
            ..BY_WORDS
        },
        manner: Manner::Move,
        patience: |args| {
            Route::by_words(args)?;
            seconds(args.at(5))
        },
        ready,
        nothing: |reply| reply.null(),
        words: same_words,
    }),
    subcommands: &[],
};

pub(super) const BRPOPLPUSH: Command = Command {
    name: "brpoplpush",
    arity: Arity::Exactly(4),
    flags: FLAGS,
    acl: Acl::LIST,
    keys: KEYS,
    tips: &[],
    docs: Docs::new(
        "list",
        "2.2.0",
        "O(1)",
        "Makes the last element of a list the first of another one, or waits for one",
    )
    .arguments(&[NAMES[0], NAMES[1], TIMEOUT])
    .history(&[("6.0.0", "The timeout may have a fraction.")])
    .deprecated("6.2.0", "`BLMOVE` from `RIGHT` to `LEFT`"),
    run: Run::Blocking(&Waits {
        steps: Steps {
            decide: |args, carries, reply| {
                decide(args, carries, reply, Ok(Route::BACK_TO_FRONT)).map(drop)
            },
            ..BACK_TO_FRONT
        },
        manner: Manner::Move,
        patience: |args| seconds(args.at(3)),
        ready,
        nothing: |reply| reply.null(),
        words: same_words,
    }),
    subcommands: &[],
};

#[cfg(test)]
mod tests {
    use crate::commands::driver::{run, shard};

    #[test]
    fn an_element_moves_at_once_if_there_is_one() {
        let mut shard = shard();
        run(&mut shard, "RPUSH a 1 2 3");
        assert_eq!(run(&mut shard, "BLMOVE a b LEFT RIGHT 0"), "$1 1");
        assert_eq!(run(&mut shard, "BRPOPLPUSH a b 0"), "$1 3");
        assert_eq!(run(&mut shard, "LRANGE b 0 -1"), "*2 $1 3 $1 1");
        assert_eq!(
            run(&mut shard, "BLMOVE c b LEFT RIGHT 0"),
            "$-1",
            "as in MULTI"
        );
    }

    #[test]
    fn words_are_looked_at_before_the_timeout() {
        let mut shard = shard();
        assert_eq!(run(&mut shard, "BLMOVE a b LEFT UP x"), "-ERR syntax error");
        assert_eq!(
            run(&mut shard, "BLMOVE a b LEFT LEFT x"),
            "-ERR timeout is not a float or out of range"
        );
        assert_eq!(
            run(&mut shard, "BRPOPLPUSH a b -1"),
            "-ERR timeout is negative"
        );
    }
}
