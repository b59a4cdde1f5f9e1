//! DEL and UNLINK: keys go.

use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::spec::{Argument, Arity, Command, Docs, Join, Run, anything};
use crate::effect::event::Event;
use crate::resp::reply::ReplyWriter;
use crate::shard::context::ShardContext;

const RUN: Run = Run::PerKey {
    validate: anything,
    part: delete,
    width: 1,
    join: Join::Sum,
};
const KEYS: &[KeySpec] = &[KeySpec::range(
    1,
    -1,
    1,
    KeyFlags::RM.union(KeyFlags::DELETE),
)];
const TIPS: &[&str] = &["request_policy:multi_shard", "response_policy:agg_sum"];
const ARGUMENTS: &[Argument] = &[Argument::key().multiple()];

pub(super) const DEL: Command = Command {
    name: "del",
    arity: Arity::AtLeast(2),
    flags: Flags::WRITE,
    acl: Acl::KEYSPACE,
    keys: KEYS,
    tips: TIPS,
    docs: Docs::new(
        "generic",
        "1.0.0",
        "O(N) with N keys, plus O(M) for each key that holds a collection of M elements",
        "Deletes keys and counts those that were there",
    )
    .arguments(ARGUMENTS),
    run: RUN,
    subcommands: &[],
};

pub(super) const UNLINK: Command = Command {
    name: "unlink",
    arity: Arity::AtLeast(2),
    flags: Flags::WRITE.union(Flags::FAST),
    acl: Acl::KEYSPACE,
    keys: KEYS,
    tips: TIPS,
    docs: Docs::new(
        "generic",
        "4.0.0",
        "O(1) for each key; memory is given back later, in O(N) for N allocations",
        "Deletes keys and leaves the giving back of their memory for later",
    )
    .arguments(ARGUMENTS),
    run: RUN,
    subcommands: &[],
};

fn delete(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let gone = args
        .iter()
        .skip(1)
        .filter(|key| context.delete(key, Event::DEL))
        .count();
    reply.count(gone);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::commands::driver::{LATER, logged, run, run_later, shard};

    #[test]
    fn keys_go_once() {
        for word in ["DEL", "UNLINK"] {
            let mut shard = shard();
            run(&mut shard, "MSET a 1 b 2 c 3");
            assert_eq!(run(&mut shard, &format!("{word} a b a missing")), ":2");
            assert_eq!(run(&mut shard, "EXISTS a b c"), ":1");
            assert_eq!(logged(&mut shard, &format!("{word} missing")), "");
            assert_eq!(logged(&mut shard, &format!("{word} c")), "verbatim");
            assert_eq!(run(&mut shard, "DBSIZE"), ":0");
            let error = format!(
                "-ERR wrong number of arguments for '{}' command",
                word.to_lowercase()
            );
            assert_eq!(run(&mut shard, word), error);
        }
    }

    #[test]
    fn an_expired_key_was_not_there() {
        let mut shard = shard();
        run(&mut shard, "SET a 1 PX 1");
        assert_eq!(run_later(&mut shard, "DEL a"), ":0");
        assert_eq!(shard.stats.expired, 1);
        assert_eq!(shard.expire_some(LATER, 10), 0);
    }
}
