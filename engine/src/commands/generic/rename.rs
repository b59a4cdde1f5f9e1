//! RENAME and RENAMENX: a value moves to another key, with its expiry.
//!
//! Invariant: between gather and apply the value is in no keyspace; whatever is decided puts it back or on.

use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Run, Steps};
use crate::effect::event::Event;
use crate::order::carry::Carry;
use crate::resp::reply::ReplyWriter;
use crate::shard::context::ShardContext;

const SOURCE: usize = 1;
const TARGET: usize = 2;
const SOURCE_KEY: KeySpec = KeySpec::at(
    SOURCE,
    KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::DELETE),
);
const ARGUMENTS: &[Argument] = &[
    Argument::key(),
    Argument::new("newkey", ArgumentKind::Key(1)),
];

pub(super) const RENAME: Command = Command {
    name: "rename",
    arity: Arity::Exactly(3),
    flags: Flags::WRITE,
    acl: Acl::KEYSPACE,
    keys: &[
        SOURCE_KEY,
        KeySpec::at(TARGET, KeyFlags::OW.union(KeyFlags::UPDATE)),
    ],
    tips: &[],
    docs: Docs::new(
        "generic",
        "1.0.0",
        "O(1)",
        "Gives a key another name, whatever had it before",
    )
    .arguments(ARGUMENTS),
    run: Run::ReadThenWrite(&Steps {
        gather,
        decide: rename,
        apply,
    }),
    subcommands: &[],
};

pub(super) const RENAMENX: Command = Command {
    name: "renamenx",
    arity: Arity::Exactly(3),
    flags: Flags::WRITE.union(Flags::FAST),
    acl: Acl::KEYSPACE,
    keys: &[
        SOURCE_KEY,
        KeySpec::at(TARGET, KeyFlags::OW.union(KeyFlags::INSERT)),
    ],
    tips: &[],
    docs: Docs::new(
        "generic",
        "1.0.0",
        "O(1)",
        "Gives a key another name unless that is taken",
    )
    .arguments(ARGUMENTS)
    .history(&[("3.2.0", "Two equal names are no error any more.")]),
    run: Run::ReadThenWrite(&Steps {
        gather,
        decide: rename_unless_taken,
        apply,
    }),
    subcommands: &[],
};

fn gather(context: &mut ShardContext<'_>, args: &Args<'_>, key: usize) -> Carry {
    match key {
        SOURCE => context
            .detach(args.at(key))
            .map_or(Carry::Nothing, Carry::Value),
        _ if context.exists(args.at(key)) => Carry::Present,
        _ => Carry::Nothing,
    }
}

fn rename(
    args: &Args<'_>,
    carries: &mut [Carry],
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    decide(args, carries, |_| true)?;
    reply.ok();
    Ok(())
}

fn rename_unless_taken(
    args: &Args<'_>,
    carries: &mut [Carry],
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let moved = decide(args, carries, |target| matches!(target, Carry::Nothing))?;
    reply.integer(moved.into());
    Ok(())
}

/// Turns what was gathered into what is to be done. Returns whether the value moves; a value that is to move to where
/// it is stays untouched. Errors: no such key.
fn decide(
    args: &Args<'_>,
    carries: &mut [Carry],
    may_move: fn(&Carry) -> bool,
) -> Result<bool, CommandError> {
    let [source, target] = carries else {
        unreachable!("two keys were gathered")
    };
    let present = target.take();
    let Carry::Value(parcel) = source.take() else {
        return Err(CommandError::NO_SUCH_KEY);
    };
    let moves = args.at(SOURCE) != args.at(TARGET) && may_move(&present);
    if moves {
        *source = Carry::Present;
        *target = Carry::Value(parcel);
    } else {
        *source = Carry::Return(parcel);
    }
    Ok(moves)
}

fn apply(context: &mut ShardContext<'_>, args: &Args<'_>, key: usize, carry: Carry) {
    let name = args.at(key);
    match carry {
        Carry::Present => context.moved_away(name, Event::generic("rename_from")),
        Carry::Value(parcel) => context.install(name, parcel, Event::generic("rename_to")),
        Carry::Return(parcel) => context.give_back(name, parcel),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use crate::commands::driver::{NOW, run, run_later, shard};

    #[test]
    fn a_value_moves_with_its_expiry() {
        let mut shard = shard();
        run(&mut shard, "SET a 1 PX 100");
        run(&mut shard, "SET b 2");
        assert_eq!(run(&mut shard, "RENAME a b"), "+OK");
        assert_eq!(run(&mut shard, "EXISTS a"), ":0");
        assert_eq!(run(&mut shard, "GET b"), "$1 1");
        assert_eq!(
            run(&mut shard, "PEXPIRETIME b"),
            format!(":{}", NOW.0 + 100)
        );
        run(&mut shard, "SET c 3");
        assert_eq!(run(&mut shard, "RENAME c b"), "+OK");
        assert_eq!(
            run(&mut shard, "TTL b"),
            ":-1",
            "the old expiry went with the old value"
        );
    }

    #[test]
    fn a_missing_or_expired_source_is_an_error() {
        let mut shard = shard();
        for command in ["RENAME a b", "RENAMENX a b", "RENAME a a", "RENAMENX a a"] {
            assert_eq!(run(&mut shard, command), "-ERR no such key");
        }
        run(&mut shard, "SET a 1 PX 1");
        assert_eq!(run_later(&mut shard, "RENAME a b"), "-ERR no such key");
        assert_eq!(run(&mut shard, "DBSIZE"), ":0");
    }

    #[test]
    fn equal_names_change_nothing() {
        let mut shard = shard();
        run(&mut shard, "SET a 1 PX 100");
        let changes = shard.changes;
        assert_eq!(run(&mut shard, "RENAME a a"), "+OK");
        assert_eq!(run(&mut shard, "RENAMENX a a"), ":0");
        assert_eq!(run(&mut shard, "PTTL a"), ":100");
        assert_eq!(shard.changes, changes);
    }

    #[test]
    fn renamenx_spares_what_is_there() {
        let mut shard = shard();
        run(&mut shard, "MSET a 1 b 2");
        let changes = shard.changes;
        assert_eq!(run(&mut shard, "RENAMENX a b"), ":0");
        assert_eq!(shard.changes, changes);
        assert_eq!(run(&mut shard, "MGET a b"), "*2 $1 1 $1 2");
        run(&mut shard, "PEXPIRE b 1");
        assert_eq!(
            run_later(&mut shard, "RENAMENX a b"),
            ":1",
            "an expired key is no hindrance"
        );
        assert_eq!(run_later(&mut shard, "MGET a b"), "*2 $-1 $1 1");
    }
}
