//! MOVE: a key changes its database. Its shard stays the same, as slots do not depend on databases.

use super::target_db::target_db;
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Run};
use crate::effect::event::Event;
use crate::resp::reply::ReplyWriter;
use crate::shard::context::ShardContext;

pub(super) const MOVE: Command = Command {
    name: "move",
    arity: Arity::Exactly(3),
    flags: Flags::WRITE.union(Flags::FAST),
    acl: Acl::KEYSPACE,
    keys: &[KeySpec::at(
        1,
        KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::UPDATE),
    )],
    tips: &[],
    docs: Docs::new(
        "generic",
        "1.0.0",
        "O(1)",
        "Moves a key to another database",
    )
    .arguments(&[Argument::key(), Argument::new("db", ArgumentKind::Integer)]),
    run: Run::OneShard(move_key),
    subcommands: &[],
};

fn move_key(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let (key, target) = (args.at(1), target_db(args.at(2), context.limits())?);
    if target == context.db() {
        return Err(CommandError::SAME_OBJECT);
    }
    let taken = context.in_db(target, |context| context.exists(key));
    let parcel = if taken { None } else { context.detach(key) };
    let moved = parcel.is_some();
    if let Some(parcel) = parcel {
        context.moved_away(key, Event::generic("move_from"));
        context.in_db(target, |context| {
            context.install(key, parcel, Event::generic("move_to"))
        });
    }
    reply.integer(moved.into());
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::commands::driver::{NOW, run, run_in, run_later, shard};
    use crate::shard::DbIndex;

    #[test]
    fn a_key_moves_with_its_expiry() {
        let mut shard = shard();
        run(&mut shard, "SET a 1 PX 100");
        assert_eq!(run(&mut shard, "MOVE a 9"), ":1");
        assert_eq!(run(&mut shard, "MOVE a 9"), ":0");
        assert_eq!(
            run_in(&mut shard, DbIndex(9), "PEXPIRETIME a"),
            format!(":{}", NOW.0 + 100)
        );
        run(&mut shard, "SET a 2");
        assert_eq!(run(&mut shard, "MOVE a 9"), ":0", "it is there already");
        assert_eq!(run_later(&mut shard, "MOVE a 9"), ":1", "but has expired");
        assert_eq!(run_in(&mut shard, DbIndex(9), "GET a"), "$1 2");
    }

    #[test]
    fn bad_databases_are_refused_first() {
        let mut shard = shard();
        for (command, error) in [
            (
                "MOVE a 0",
                "-ERR source and destination objects are the same",
            ),
            ("MOVE a x", "-ERR value is not an integer or out of range"),
            ("MOVE a 16", "-ERR DB index is out of range"),
            ("MOVE a -1", "-ERR DB index is out of range"),
            (
                "MOVE a 2147483648",
                "-ERR value is out of range, value must between -2147483648 and 2147483647",
            ),
        ] {
            assert_eq!(run(&mut shard, command), error, "{command}");
        }
    }
}
