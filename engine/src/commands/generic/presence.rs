//! EXISTS, TOUCH and TYPE: whether keys are there, and as what.

use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::spec::{Argument, Arity, Command, Docs, Join, Run, anything};
use crate::resp::reply::ReplyWriter;
use crate::shard::context::ShardContext;

const FLAGS: Flags = Flags::READONLY.union(Flags::FAST);
const KEYS: &[KeySpec] = &[KeySpec::range(1, -1, 1, KeyFlags::RO)];
const TIPS: &[&str] = &["request_policy:multi_shard", "response_policy:agg_sum"];
const ARGUMENTS: &[Argument] = &[Argument::key().multiple()];

pub(super) const EXISTS: Command = Command {
    name: "exists",
    arity: Arity::AtLeast(2),
    flags: FLAGS,
    acl: Acl::KEYSPACE,
    keys: KEYS,
    tips: TIPS,
    docs: Docs::new(
        "generic",
        "1.0.0",
        "O(N) with N keys",
        "Counts which of the keys are there",
    )
    .arguments(ARGUMENTS)
    .history(&[("3.0.3", "Takes several keys.")]),
    run: Run::PerKey {
        validate: anything,
        part: exists,
        width: 1,
        join: Join::Sum,
    },
    subcommands: &[],
};

pub(super) const TOUCH: Command = Command {
    name: "touch",
    arity: Arity::AtLeast(2),
    flags: FLAGS,
    acl: Acl::KEYSPACE,
    keys: KEYS,
    tips: TIPS,
    docs: Docs::new(
        "generic",
        "3.2.1",
        "O(N) with N keys",
        "Marks keys as used now and counts those that are there",
    )
    .arguments(ARGUMENTS),
    run: Run::PerKey {
        validate: anything,
        part: touch,
        width: 1,
        join: Join::Sum,
    },
    subcommands: &[],
};

pub(super) const TYPE: Command = Command {
    name: "type",
    arity: Arity::Exactly(2),
    flags: FLAGS,
    acl: Acl::KEYSPACE,
    keys: &[KeySpec::at(1, KeyFlags::RO)],
    tips: &[],
    docs: Docs::new(
        "generic",
        "1.0.0",
        "O(1)",
        "Names the type of the value at a key",
    )
    .arguments(&[Argument::key()]),
    run: Run::OneShard(type_name),
    subcommands: &[],
};

fn exists(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let keys = args.iter().skip(1);
    reply.count(keys.filter(|key| context.look(key).is_some()).count());
    Ok(())
}

fn touch(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let keys = args.iter().skip(1);
    reply.count(keys.filter(|key| context.touch_explicitly(key)).count());
    Ok(())
}

fn type_name(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    reply.simple(
        context
            .look(args.at(1))
            .map_or("none", |entry| entry.value().type_name()),
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::commands::driver::{run, run_later, shard};

    #[test]
    fn every_mention_of_a_key_counts() {
        let mut shard = shard();
        run(&mut shard, "MSET a 1 b 2");
        run(&mut shard, "SET gone 1 PX 1");
        for word in ["EXISTS", "TOUCH"] {
            assert_eq!(run(&mut shard, &format!("{word} a b a missing")), ":3");
        }
        assert_eq!(run(&mut shard, "EXISTS gone"), ":1");
        assert_eq!(run_later(&mut shard, "EXISTS gone a"), ":1");
    }

    #[test]
    fn looking_counts_hits_and_misses() {
        let mut shard = shard();
        run(&mut shard, "SET a 1");
        for command in ["EXISTS a b", "TOUCH a b", "TYPE a", "TYPE b"] {
            run(&mut shard, command);
        }
        assert_eq!((shard.stats.hits, shard.stats.misses), (3, 3));
    }

    #[test]
    fn types_are_named() {
        let mut shard = shard();
        run(&mut shard, "SET a 1");
        assert_eq!(run(&mut shard, "TYPE a"), "+string");
        assert_eq!(run(&mut shard, "TYPE missing"), "+none");
    }
}
