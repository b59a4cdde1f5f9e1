//! FLUSHDB and FLUSHALL: databases are emptied, at one point of the order on all shards.

use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Handler, Join, Run};
use crate::limits::Limits;
use crate::resp::reply::ReplyWriter;
use crate::shard::DbIndex;
use crate::shard::context::ShardContext;

pub(super) const FLUSHDB: Command = row(
    "flushdb",
    "O(N) with N keys in the database",
    "Removes all keys of the database",
    flush_db,
);

pub(super) const FLUSHALL: Command = row(
    "flushall",
    "O(N) with N keys in all databases",
    "Removes all keys of all databases",
    flush_all,
);

const fn row(
    name: &'static str,
    complexity: &'static str,
    summary: &'static str,
    part: Handler,
) -> Command {
    Command {
        name,
        arity: Arity::AtLeast(1),
        flags: Flags::WRITE,
        acl: Acl::KEYSPACE.union(Acl::DANGEROUS),
        keys: &[],
        tips: &["request_policy:all_shards", "response_policy:all_succeeded"],
        docs: Docs::new("server", "1.0.0", complexity, summary)
            .arguments(&[MODE])
            .history(&[
                ("4.0.0", "Takes the mode `ASYNC`."),
                ("6.2.0", "Takes the mode `SYNC`."),
            ]),
        run: Run::EveryShard {
            validate: |args| Mode::parse(args).map(|_| ()),
            part,
            join: Join::First,
        },
        subcommands: &[],
    }
}

const MODE: Argument = Argument::new(
    "flush-type",
    ArgumentKind::OneOf(&[
        Argument::word("async", "ASYNC"),
        Argument::word("sync", "SYNC"),
    ]),
)
.optional();

/// When memory is given back.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Configured,
    Later,
    AtOnce,
}

impl Mode {
    fn parse(args: &Args<'_>) -> Result<Mode, CommandError> {
        match args.len() {
            1 => Ok(Mode::Configured),
            2 if args.is(1, "async") => Ok(Mode::Later),
            2 if args.is(1, "sync") => Ok(Mode::AtOnce),
            _ => Err(CommandError::SYNTAX),
        }
    }

    fn is_lazy(self, limits: &Limits) -> bool {
        match self {
            Mode::Configured => limits.lazy_user_flush,
            Mode::Later => true,
            Mode::AtOnce => false,
        }
    }
}

fn flush_db(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let (db, lazily) = (context.db(), Mode::parse(args)?.is_lazy(context.limits()));
    let now = context.now();
    context.shard().flush(db, lazily, now);
    log_always(context, args);
    reply.ok();
    Ok(())
}

/// As in Redis, also if nothing was there.
fn log_always(context: &mut ShardContext<'_>, args: &Args<'_>) {
    if context.log().is_read {
        let words: Vec<&[u8]> = args.iter().collect();
        context.log().instead(&words);
    }
}

fn flush_all(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let lazily = Mode::parse(args)?.is_lazy(context.limits());
    let now = context.now();
    for db in (0..context.limits().databases).map(DbIndex) {
        context.shard().flush(db, lazily, now);
    }
    context.shard().flushes += 1;
    log_always(context, args);
    reply.ok();
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::commands::driver::{run, run_in, shard};
    use crate::shard::DbIndex;

    #[test]
    fn one_database_or_all_are_emptied() {
        let mut shard = shard();
        run(&mut shard, "MSET a 1 b 2");
        run_in(&mut shard, DbIndex(5), "SET c 3");
        assert_eq!(run(&mut shard, "FLUSHDB"), "+OK");
        assert_eq!(run(&mut shard, "DBSIZE"), ":0");
        assert_eq!(run_in(&mut shard, DbIndex(5), "DBSIZE"), ":1");
        run(&mut shard, "SET a 1 PX 100");
        assert_eq!(run(&mut shard, "FLUSHALL sync"), "+OK");
        assert_eq!(run_in(&mut shard, DbIndex(5), "DBSIZE"), ":0");
        assert_eq!(run(&mut shard, "GET a"), "$-1");
    }

    #[test]
    fn memory_is_given_back_later_on_demand() {
        let mut shard = shard();
        run(&mut shard, "MSET a 1 b 2 c 3");
        assert_eq!(run(&mut shard, "FLUSHALL ASYNC"), "+OK");
        assert_eq!(run(&mut shard, "DBSIZE"), ":0");
        while shard.free_some(1) {}
        shard.limits.lazy_user_flush = true;
        run(&mut shard, "SET a 1");
        assert_eq!(run(&mut shard, "FLUSHDB"), "+OK");
        assert_eq!(run(&mut shard, "KEYS *"), "*0");
    }

    #[test]
    fn other_modes_are_refused() {
        let mut shard = shard();
        run(&mut shard, "SET a 1");
        for command in ["FLUSHALL nope", "FLUSHDB ASYNC SYNC", "FLUSHALL sync x"] {
            assert_eq!(run(&mut shard, command), "-ERR syntax error");
        }
        assert_eq!(run(&mut shard, "DBSIZE"), ":1");
    }
}
