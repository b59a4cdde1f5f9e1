//! KEYS: all keys that a pattern describes.

use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Join, Run, anything};
use crate::key::glob::{Case, matches};
use crate::keyspace::entry::Entry;
use crate::resp::reply::ReplyWriter;
use crate::shard::context::ShardContext;

pub(super) const KEYS: Command = Command {
    name: "keys",
    arity: Arity::Exactly(2),
    flags: Flags::READONLY,
    acl: Acl::KEYSPACE.union(Acl::DANGEROUS),
    keys: &[],
    tips: &["request_policy:all_shards", "nondeterministic_output_order"],
    docs: Docs::new(
        "generic",
        "1.0.0",
        "O(N) with N keys in the database",
        "Lists the keys that match a pattern",
    )
    .arguments(&[Argument::new("pattern", ArgumentKind::Pattern)]),
    run: Run::EveryShard {
        validate: anything,
        part: keys,
        join: Join::Concat,
    },
    subcommands: &[],
};

fn keys(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let pattern = args.at(1);
    if is_literal(pattern) {
        let found = context.exists(pattern);
        reply.array(found.into());
        if found {
            reply.bulk(pattern);
        }
        return Ok(());
    }
    let (now, protocol) = (context.now(), reply.protocol());
    let (mut count, mut encoded) = (0, Vec::new());
    let mut list = ReplyWriter::new(&mut encoded, protocol);
    context.database().for_each(&mut |entry: Entry<'_>| {
        let expired = entry.expiry().is_some_and(|at| at <= now);
        if !expired && matches(pattern, entry.key(), Case::Exact) {
            count += 1;
            list.bulk(entry.key());
        }
    });
    reply.array(count);
    reply.raw(&encoded);
    Ok(())
}

/// Whether the pattern describes nothing but itself. The empty one describes the empty key, as itself.
fn is_literal(pattern: &[u8]) -> bool {
    !pattern
        .iter()
        .any(|byte| matches!(byte, b'*' | b'?' | b'[' | b'\\'))
}

#[cfg(test)]
mod tests {
    use crate::commands::driver::{run, run_later, shard};

    fn sorted(reply: &str) -> Vec<&str> {
        let mut keys: Vec<&str> = reply
            .split(' ')
            .skip(1)
            .filter(|word| !word.starts_with('$'))
            .collect();
        keys.sort_unstable();
        keys
    }

    #[test]
    fn patterns_choose_among_living_keys() {
        let mut shard = shard();
        run(&mut shard, "MSET one 1 two 2 three 3 four 4 a*b 5");
        run(&mut shard, "SET tonight 1 PX 1");
        assert_eq!(
            sorted(&run(&mut shard, "KEYS t*")),
            ["three", "tonight", "two"]
        );
        assert_eq!(sorted(&run_later(&mut shard, "KEYS t*")), ["three", "two"]);
        assert_eq!(run(&mut shard, "KEYS one"), "*1 $3 one");
        assert_eq!(run(&mut shard, r"KEYS a\*b"), "*1 $3 a*b");
        assert_eq!(run(&mut shard, "KEYS nothing"), "*0");
        assert_eq!(run_later(&mut shard, "KEYS tonight"), "*0");
        assert_eq!(run(&mut shard, "KEYS five?"), "*0");
    }
}
