//! SWAPDB: two databases change places, at one point of the order on all shards.

use crate::command::args::Args;
use crate::command::bounded_number::int32;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Join, Run};
use crate::resp::reply::ReplyWriter;
use crate::shard::DbIndex;
use crate::shard::context::ShardContext;

const BAD_FIRST: CommandError = CommandError::new("ERR invalid first DB index");
const BAD_SECOND: CommandError = CommandError::new("ERR invalid second DB index");

pub(super) const SWAPDB: Command = Command {
    name: "swapdb",
    arity: Arity::Exactly(3),
    flags: Flags::WRITE.union(Flags::FAST),
    acl: Acl::KEYSPACE.union(Acl::DANGEROUS),
    keys: &[],
    tips: &[],
    docs: Docs::new(
        "server",
        "4.0.0",
        "O(N) with N clients that watch or wait for keys",
        "Exchanges two databases",
    )
    .arguments(&[
        Argument::new("index1", ArgumentKind::Integer),
        Argument::new("index2", ArgumentKind::Integer),
    ]),
    run: Run::EveryShard {
        validate: |args| numbers(args).map(|_| ()),
        part: swap,
        join: Join::First,
    },
    subcommands: &[],
};

fn numbers(args: &Args<'_>) -> Result<[i32; 2], CommandError> {
    Ok([
        int32(args.at(1)).map_err(|_| BAD_FIRST)?,
        int32(args.at(2)).map_err(|_| BAD_SECOND)?,
    ])
}

fn swap(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let databases = context.limits().databases;
    let [one, other] = numbers(args)?.map(|number| {
        u32::try_from(number)
            .ok()
            .filter(|db| *db < databases)
            .map(DbIndex)
    });
    let (Some(one), Some(other)) = (one, other) else {
        return Err(CommandError::DB_OUT_OF_RANGE);
    };
    let now = context.now();
    context.shard().swap(one, other, now);
    reply.ok();
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::commands::driver::{run, run_in, shard};
    use crate::shard::DbIndex;

    #[test]
    fn databases_change_places() {
        let mut shard = shard();
        run(&mut shard, "MSET a 1 b 2");
        run_in(&mut shard, DbIndex(1), "SET c 3");
        assert_eq!(run(&mut shard, "SWAPDB 0 1"), "+OK");
        assert_eq!(run(&mut shard, "KEYS *"), "*1 $1 c");
        assert_eq!(run_in(&mut shard, DbIndex(1), "DBSIZE"), ":2");
        assert_eq!(run(&mut shard, "SWAPDB 0 0"), "+OK");
        assert_eq!(run(&mut shard, "DBSIZE"), ":1");
    }

    #[test]
    fn bad_numbers_are_refused() {
        let mut shard = shard();
        for (command, error) in [
            ("SWAPDB x 1", "-ERR invalid first DB index"),
            ("SWAPDB 1 x", "-ERR invalid second DB index"),
            ("SWAPDB 99999999999 1", "-ERR invalid first DB index"),
            ("SWAPDB 0 16", "-ERR DB index is out of range"),
            ("SWAPDB -1 0", "-ERR DB index is out of range"),
        ] {
            assert_eq!(run(&mut shard, command), error, "{command}");
        }
    }
}
