//! COPY: a value is there twice, in the same database or in another.

use super::target_db::target_db;
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Run, Steps};
use crate::effect::event::Event;
use crate::limits::Limits;
use crate::order::carry::{Carry, Parcel};
use crate::resp::reply::ReplyWriter;
use crate::shard::DbIndex;
use crate::shard::context::ShardContext;

const SOURCE: usize = 1;
const TARGET: usize = 2;

pub(super) const COPY: Command = Command {
    name: "copy",
    arity: Arity::AtLeast(3),
    flags: Flags::WRITE.union(Flags::DENYOOM),
    acl: Acl::KEYSPACE,
    keys: &[
        KeySpec::at(SOURCE, KeyFlags::RO.union(KeyFlags::ACCESS)),
        KeySpec::at(TARGET, KeyFlags::OW.union(KeyFlags::UPDATE)),
    ],
    tips: &[],
    docs: Docs::new(
        "generic",
        "6.2.0",
        "O(N) with N elements of a collection; O(1) for a string",
        "Copies a value to another key",
    )
    .arguments(&[
        Argument::new("source", ArgumentKind::Key(0)),
        Argument::new("destination", ArgumentKind::Key(1)),
        Argument::new("destination-db", ArgumentKind::Integer)
            .token("DB")
            .optional(),
        Argument::word("replace", "REPLACE").optional(),
    ]),
    run: Run::ReadThenWrite(&Steps {
        gather,
        decide,
        apply,
    }),
    subcommands: &[],
};

/// The words behind the keys.
#[derive(Clone, Copy)]
struct CopyOptions {
    db: DbIndex,
    replace: bool,
}

impl CopyOptions {
    /// Reads them for a client that has selected `selected`. Errors: unknown words, a bad database, and a copy onto
    /// itself.
    fn parse(args: &Args<'_>, selected: DbIndex, limits: &Limits) -> Result<Self, CommandError> {
        let mut options = CopyOptions {
            db: selected,
            replace: false,
        };
        let mut at = 3;
        while at < args.len() {
            match args.get(at + 1) {
                _ if args.is(at, "replace") => options.replace = true,
                Some(db) if args.is(at, "db") => {
                    options.db = target_db(db, limits)?;
                    at += 1;
                }
                _ => return Err(CommandError::SYNTAX),
            }
            at += 1;
        }
        let onto_itself = options.db == selected && args.at(SOURCE) == args.at(TARGET);
        if onto_itself {
            Err(CommandError::SAME_OBJECT)
        } else {
            Ok(options)
        }
    }
}

fn gather(context: &mut ShardContext<'_>, args: &Args<'_>, key: usize) -> Carry {
    let options = match CopyOptions::parse(args, context.db(), context.limits()) {
        Ok(options) => options,
        Err(error) => return Carry::Refused(error),
    };
    let name = args.at(key);
    if key == SOURCE {
        let copy = context
            .read(name)
            .map(|entry| Parcel::new(entry.value().to_owned(), entry.expiry()));
        copy.map_or(Carry::Nothing, Carry::Value)
    } else if !options.replace && context.in_db(options.db, |context| context.exists(name)) {
        Carry::Present
    } else {
        Carry::Nothing
    }
}

/// The target's carry is [`Carry::Present`] exactly when what is there must stay.
fn decide(
    _: &Args<'_>,
    carries: &mut [Carry],
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let [source, target] = carries else {
        unreachable!("two keys were gathered")
    };
    let (copy, present) = (source.take(), target.take());
    let copied = match (copy, present) {
        (Carry::Refused(error), _) => return Err(error),
        (Carry::Value(parcel), Carry::Nothing) => {
            *target = Carry::Value(parcel);
            true
        }
        _ => false,
    };
    reply.integer(copied.into());
    Ok(())
}

fn apply(context: &mut ShardContext<'_>, args: &Args<'_>, key: usize, carry: Carry) {
    let Carry::Value(parcel) = carry else { return };
    let Ok(options) = CopyOptions::parse(args, context.db(), context.limits()) else {
        return;
    };
    context.in_db(options.db, |context| {
        context.install(args.at(key), parcel, Event::generic("copy_to"))
    });
}

#[cfg(test)]
mod tests {
    use crate::commands::driver::{NOW, run, run_in, shard};
    use crate::shard::DbIndex;

    #[test]
    fn both_are_there_and_apart() {
        let mut shard = shard();
        run(&mut shard, "SET a 1 PX 100");
        assert_eq!(run(&mut shard, "COPY a b"), ":1");
        run(&mut shard, "APPEND b 2");
        assert_eq!(run(&mut shard, "MGET a b"), "*2 $1 1 $2 12");
        assert_eq!(
            run(&mut shard, "PEXPIRETIME b"),
            format!(":{}", NOW.0 + 100)
        );
    }

    #[test]
    fn what_is_there_stays_without_replace() {
        let mut shard = shard();
        run(&mut shard, "MSET a 1 b 2");
        let changes = shard.changes;
        assert_eq!(run(&mut shard, "COPY a b"), ":0");
        assert_eq!(run(&mut shard, "COPY missing b REPLACE"), ":0");
        assert_eq!(shard.changes, changes);
        assert_eq!(run(&mut shard, "COPY a b replace"), ":1");
        assert_eq!(run(&mut shard, "GET b"), "$1 1");
    }

    #[test]
    fn another_database_may_hold_the_same_key() {
        let mut shard = shard();
        run(&mut shard, "SET a 1");
        assert_eq!(run(&mut shard, "COPY a a DB 3"), ":1");
        assert_eq!(run(&mut shard, "COPY a a DB 3"), ":0");
        assert_eq!(run(&mut shard, "COPY a b DB 3 REPLACE"), ":1");
        assert_eq!(run_in(&mut shard, DbIndex(3), "MGET a b"), "*2 $1 1 $1 1");
        assert_eq!(run(&mut shard, "EXISTS b"), ":0");
    }

    #[test]
    fn bad_words_are_refused_in_their_order() {
        let mut shard = shard();
        for (command, error) in [
            (
                "COPY a a",
                "-ERR source and destination objects are the same",
            ),
            (
                "COPY a a DB 0",
                "-ERR source and destination objects are the same",
            ),
            ("COPY a b DB", "-ERR syntax error"),
            ("COPY a b nope", "-ERR syntax error"),
            (
                "COPY a b DB x nope",
                "-ERR value is not an integer or out of range",
            ),
            ("COPY a b DB 16", "-ERR DB index is out of range"),
            ("COPY a b DB -1", "-ERR DB index is out of range"),
            (
                "COPY a b DB 99999999999",
                "-ERR value is out of range, value must between -2147483648 and 2147483647",
            ),
        ] {
            assert_eq!(run(&mut shard, command), error, "{command}");
        }
    }
}
