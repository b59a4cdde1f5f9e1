//! DEBUG POPULATE: many keys at once. Each shard makes those that are its own; nothing is told to the log.

use super::DEBUG_FLAGS;
use crate::command::args::Args;
use crate::command::bounded_number::non_negative;
use crate::command::error::CommandError;
use crate::command::flags::Acl;
use crate::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Join, Run};
use crate::effect::event::Event;
use crate::resp::reply::ReplyWriter;
use crate::shard::context::{ShardContext, Ttl};
use crate::value::NewValue;

pub(super) const POPULATE: Command = Command {
    name: "populate",
    arity: Arity::AtLeast(3),
    flags: DEBUG_FLAGS,
    acl: Acl::empty(),
    keys: &[],
    tips: &[],
    docs: Docs::new(
        "server",
        "1.0.0",
        "O(N) with N keys",
        "Makes many keys with short strings",
    )
    .arguments(&[
        Argument::new("count", ArgumentKind::Integer),
        Argument::new("prefix", ArgumentKind::String).optional(),
        Argument::new("size", ArgumentKind::Integer).optional(),
    ]),
    run: Run::EveryShard {
        validate: |args| Order::parse(args).map(|_| ()),
        part: populate,
        join: Join::First,
    },
    subcommands: &[],
};

fn wrong_words(subcommand: &[u8]) -> CommandError {
    let word = String::from_utf8_lossy(subcommand);
    CommandError::with(format!(
        "ERR unknown subcommand or wrong number of arguments for '{word}'. Try DEBUG HELP."
    ))
}

/// What is to be made.
struct Order<'a> {
    count: u64,
    prefix: &'a [u8],
    /// Bytes of each value; 0 for as many as it takes.
    size: usize,
}

impl<'a> Order<'a> {
    fn parse(args: &Args<'a>) -> Result<Self, CommandError> {
        if args.len() > 5 {
            return Err(wrong_words(args.at(1)));
        }
        let size = args.get(4).map_or(Ok(0), non_negative)?;
        Ok(Order {
            count: non_negative(args.at(2))?,
            prefix: args.get(3).unwrap_or(b"key"),
            size: size as usize,
        })
    }
}

fn populate(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let order = Order::parse(args)?;
    if order.size as u64 > context.limits().max_bulk {
        return Err(CommandError::STRING_TOO_LONG);
    }
    let (mut key, mut value) = ([order.prefix, b":"].concat(), Vec::new());
    let prefix_len = key.len();
    for number in 0..order.count {
        let mut digits = itoa::Buffer::new();
        let digits = digits.format(number).as_bytes();
        key.truncate(prefix_len);
        key.extend_from_slice(digits);
        if !context.shard().territory().holds(&key) || context.exists(&key) {
            continue;
        }
        value.clear();
        value.extend_from_slice(b"value:");
        value.extend_from_slice(digits);
        if order.size > 0 {
            value.resize(order.size, 0);
        }
        // Redis never makes integers of these, short as they may be.
        let stored = if value.len() <= NewValue::EMBEDDED_MAX {
            NewValue::Embedded(&value)
        } else {
            NewValue::Raw(&value)
        };
        context.put(&key, stored, Ttl::Clear, Event::SET);
    }
    context.log().nothing();
    reply.ok();
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::commands::driver::{run, shard};
    use crate::key::placement::Placement;
    use crate::order::stamp::ShardId;
    use crate::shard::territory::Territory;

    #[test]
    fn keys_are_numbered() {
        let mut shard = shard();
        run(&mut shard, "SET key:1 mine");
        assert_eq!(run(&mut shard, "DEBUG POPULATE 3"), "+OK");
        assert_eq!(
            run(&mut shard, "MGET key:0 key:1 key:2"),
            "*3 $7 value:0 $4 mine $7 value:2"
        );
        assert_eq!(run(&mut shard, "DEBUG POPULATE 2 pre 5"), "+OK");
        assert_eq!(run(&mut shard, "GET pre:1"), "$5 value");
        assert_eq!(run(&mut shard, "DEBUG POPULATE 1 pad 9"), "+OK");
        assert_eq!(run(&mut shard, "GET pad:0"), "$9 value:0\0\0");
        assert_eq!(run(&mut shard, "DBSIZE"), ":6");
    }

    #[test]
    fn no_value_is_longer_than_a_client_may_send() {
        let mut shard = shard();
        let reply = run(&mut shard, "DEBUG POPULATE 1 key 9223372036854775807");
        assert_eq!(
            reply,
            "-ERR string exceeds maximum allowed size (proto-max-bulk-len)"
        );
    }

    #[test]
    fn each_key_is_made_on_one_shard() {
        let mut total = 0;
        for me in 0..3 {
            let mut shard = shard();
            shard.set_territory(Territory::new(ShardId(me), Placement::even(3)));
            run(&mut shard, "DEBUG POPULATE 1000");
            total += run(&mut shard, "DBSIZE")[1..]
                .trim_end()
                .parse::<usize>()
                .unwrap();
        }
        assert_eq!(total, 1000);
    }

    #[test]
    fn numbers_are_checked() {
        let mut shard = shard();
        for command in [
            "DEBUG POPULATE x",
            "DEBUG POPULATE -1",
            "DEBUG POPULATE 1 a x",
        ] {
            assert_eq!(
                run(&mut shard, command),
                "-ERR value is out of range, must be positive"
            );
        }
        assert_eq!(
            run(&mut shard, "DEBUG POPULATE 1 a 1 x"),
            "-ERR unknown subcommand or wrong number of arguments for 'POPULATE'. Try DEBUG HELP."
        );
    }
}
