//! DEBUG DIGEST and DEBUG DIGEST-VALUE: whether two servers hold the same.

use std::collections::BTreeMap;

use super::DEBUG_FLAGS;
use super::digest::Digest;
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::Acl;
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::spec::{Argument, Arity, Command, Docs, Join, Run, anything};
use crate::keyspace::entry::Entry;
use crate::keyspace::key::Key;
use crate::resp::elements::{array_elements, bulk, integer};
use crate::resp::reply::ReplyWriter;
use crate::shard::context::ShardContext;

pub(super) const DIGEST: Command = Command {
    name: "digest",
    arity: Arity::Exactly(2),
    flags: DEBUG_FLAGS,
    acl: Acl::empty(),
    keys: &[],
    tips: &[],
    docs: Docs::new(
        "server",
        "1.0.0",
        "O(N) with N bytes of data",
        "Signs everything in all databases",
    ),
    run: Run::EveryShard {
        validate: anything,
        part: sign_shard,
        join: Join::With(join),
    },
    subcommands: &[],
};

pub(super) const DIGEST_VALUE: Command = Command {
    name: "digest-value",
    arity: Arity::AtLeast(2),
    flags: DEBUG_FLAGS,
    acl: Acl::empty(),
    keys: &[KeySpec::range(2, -1, 1, KeyFlags::RO)],
    tips: &[],
    docs: Docs::new(
        "server",
        "5.0.0",
        "O(N) with N bytes of data",
        "Signs the values of keys",
    )
    .arguments(&[Argument::key().multiple()]),
    run: Run::PerKey {
        validate: anything,
        part: sign_values,
        width: 1,
        join: Join::ByKey,
    },
    subcommands: &[],
};

/// Answers `[database, 20 bytes, database, 20 bytes ..]`, only databases with keys. Like Redis it signs what is stored:
/// also keys that have expired but are still there.
fn sign_shard(
    context: &mut ShardContext<'_>,
    _: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let mut signed = Vec::new();
    for (db, database) in context
        .shard()
        .databases()
        .filter(|(_, database)| !database.is_empty())
    {
        let mut all = Digest::default();
        database.for_each(&mut |entry: Entry<'_>| all.add(&Digest::of_key(entry).0));
        signed.push((db, all));
    }
    reply.array(signed.len() * 2);
    for (db, digest) in signed {
        reply.integer(db.0.into());
        reply.bulk(&digest.0);
    }
    Ok(())
}

fn join(parts: &[&[u8]], reply: &mut ReplyWriter<'_>) {
    let mut databases: BTreeMap<u32, Digest> = BTreeMap::new();
    for part in parts {
        for pair in array_elements(part).chunks_exact(2) {
            let db = integer(pair[0]).and_then(|db| u32::try_from(db).ok());
            let digest = bulk(pair[1])
                .and_then(|bytes| bytes.try_into().ok())
                .map(Digest);
            if let (Some(db), Some(digest)) = (db, digest) {
                databases.entry(db).or_default().combine(digest);
            }
        }
    }
    let mut dataset = Digest::default();
    for (db, digest) in databases {
        dataset.mix(&db.to_be_bytes());
        dataset.combine(digest);
    }
    reply.simple(&dataset.hex());
}

fn sign_values(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let database = context.database();
    reply.array(args.len() - 2);
    for name in args.iter().skip(2) {
        let entry = database.get(Key::new(name, database.seed()));
        reply.simple(&entry.map(Digest::of_value).unwrap_or_default().hex());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::commands::driver::{run, run_in, shard};
    use crate::shard::DbIndex;

    #[test]
    fn elements_of_a_list_count_in_order() {
        let mut shard = shard();
        run(&mut shard, "RPUSH l a b 5");
        let digest = run(&mut shard, "DEBUG DIGEST-VALUE l");
        assert!(digest.ends_with("33cffd14efac15bb2422144ece98a7eeb4022fae"));
    }

    #[test]
    fn fields_of_a_hash_count_in_any_order() {
        let mut shard = shard();
        run(&mut shard, "HSET one a 1 b two");
        run(&mut shard, "HSET other b two a 1");
        let signature = "+aaec2dd6dd5d0e6fbdce75b84b029b773e920b00";
        assert_eq!(
            run(&mut shard, "DEBUG DIGEST-VALUE one other"),
            format!("*2 {signature} {signature}")
        );
        run(&mut shard, "HEXPIRE one 100 FIELDS 1 a");
        assert_ne!(
            run(&mut shard, "DEBUG DIGEST-VALUE one"),
            format!("*1 {signature}")
        );
    }

    /// The signatures in these tests are what redis-server 7.0.15 answers.
    #[test]
    fn signatures_are_those_of_redis() {
        let mut shard = shard();
        assert_eq!(
            run(&mut shard, "DEBUG DIGEST"),
            format!("+{}", "0".repeat(40))
        );
        run(&mut shard, "SET a 1");
        assert_eq!(
            run(&mut shard, "DEBUG DIGEST"),
            "+943d800368fb9c0e951138f1bc0e313ac769d91f"
        );
        run(&mut shard, "EXPIREAT a 9999999999");
        assert_eq!(
            run(&mut shard, "DEBUG DIGEST"),
            "+0c68bbcf4ad5c984f8ca839729889d52ec025271"
        );
        run_in(&mut shard, DbIndex(3), "MSET b hello c 2");
        assert_eq!(
            run(&mut shard, "DEBUG DIGEST"),
            "+174899d2653a1781cf3109b7e3b3cdd828e8f31c"
        );
    }

    #[test]
    fn values_are_signed_one_by_one() {
        let mut shard = shard();
        run(&mut shard, "SET a 1");
        let missing = format!("+{}", "0".repeat(40));
        assert_eq!(
            run(&mut shard, "DEBUG DIGEST-VALUE a b"),
            format!("*2 +b4fc66738120fba0b5aa500ab5c2bf89cea1c5da {missing}")
        );
        run(&mut shard, "EXPIREAT a 9999999999");
        assert_eq!(
            run(&mut shard, "DEBUG DIGEST-VALUE a"),
            "*1 +5279988c5d1911f474bcbbf2f0a87012d40f8459"
        );
        assert_eq!(run(&mut shard, "DEBUG DIGEST-VALUE"), "*0");
    }
}
