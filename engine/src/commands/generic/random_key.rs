//! RANDOMKEY: every key of the database has the same chance, on whichever shard it is.
//!
//! Each shard offers one of its keys together with how many it has and a random number; the numbers of all shards
//! together choose the shard.

use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::spec::{Arity, Command, Docs, Join, Run, anything};
use crate::random::Random;
use crate::resp::elements::{array_elements, integer};
use crate::resp::reply::ReplyWriter;
use crate::shard::context::ShardContext;

pub(super) const RANDOMKEY: Command = Command {
    name: "randomkey",
    arity: Arity::Exactly(1),
    flags: Flags::READONLY.union(Flags::TOUCHES_ARBITRARY_KEYS),
    acl: Acl::KEYSPACE,
    keys: &[],
    tips: &[
        "request_policy:all_shards",
        "response_policy:special",
        "nondeterministic_output",
    ],
    docs: Docs::new(
        "generic",
        "1.0.0",
        "O(1)",
        "Names one key of the database by chance",
    ),
    run: Run::EveryShard {
        validate: anything,
        part: offer,
        join: Join::With(choose),
    },
    subcommands: &[],
};

/// Keys looked at during a pause before one that has expired will do.
const MOST_TRIES: u32 = 100;

/// Answers `[keys, random number, key]`; nothing in the array when there is no key.
fn offer(
    context: &mut ShardContext<'_>,
    _: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let mut random = Random::new(context.random().next_u64());
    let mut tries = MOST_TRIES;
    while let Some(key) = context
        .database()
        .random(|| random.next_u64())
        .map(|entry| entry.key().to_vec())
    {
        // One that has expired goes by being looked at, so this ends. During a pause it stays, and is named after all.
        tries -= u32::from(context.keeps_expired());
        if context.exists(&key) || tries == 0 {
            reply.array(3);
            reply.count(context.database().len());
            reply.integer((random.next_u64() >> 1) as i64);
            reply.bulk(&key);
            return Ok(());
        }
    }
    reply.array(0);
    Ok(())
}

fn choose(parts: &[&[u8]], reply: &mut ReplyWriter<'_>) {
    let offers: Vec<(u64, u64, &[u8])> = parts.iter().filter_map(|part| read_offer(part)).collect();
    let total: u64 = offers.iter().map(|(keys, ..)| keys).sum();
    let seed = offers.iter().fold(0, |seed, (_, number, _)| seed ^ number);
    if total == 0 {
        return reply.null();
    }
    let mut place = Random::new(seed).below(total);
    for (keys, _, key) in offers {
        if place < keys {
            return reply.raw(key);
        }
        place -= keys;
    }
}

fn read_offer(part: &[u8]) -> Option<(u64, u64, &[u8])> {
    let [keys, number, key] = array_elements(part).try_into().ok()?;
    Some((
        u64::try_from(integer(keys)?).ok()?,
        u64::try_from(integer(number)?).ok()?,
        key,
    ))
}

#[cfg(test)]
mod tests {
    use super::choose;
    use crate::commands::driver::{run, run_later, shard};
    use crate::resp::reply::{Protocol, ReplyWriter};

    fn chosen(parts: &[&[u8]]) -> String {
        let mut out = Vec::new();
        choose(parts, &mut ReplyWriter::new(&mut out, Protocol::Resp2));
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn every_key_comes_up_but_no_expired_one() {
        let mut shard = shard();
        assert_eq!(run(&mut shard, "RANDOMKEY"), "$-1");
        run(&mut shard, "MSET a 1 b 2");
        (0..50).for_each(|n| drop(run(&mut shard, &format!("SET gone{n} 1 PX 1"))));
        let seen: std::collections::HashSet<String> = (0..100)
            .map(|_| run_later(&mut shard, "RANDOMKEY"))
            .collect();
        assert_eq!(seen, ["$1 a", "$1 b"].map(String::from).into());
    }

    #[test]
    fn shards_are_weighed_by_their_keys() {
        assert_eq!(chosen(&[b"*0\r\n", b"*0\r\n"]), "$-1\r\n");
        let mut first = 0;
        for number in 0..1000 {
            let few = format!("*3\r\n:100\r\n:{number}\r\n$1\r\na\r\n");
            let many = "*3\r\n:300\r\n:77\r\n$1\r\nb\r\n";
            first +=
                usize::from(chosen(&[few.as_bytes(), b"*0\r\n", many.as_bytes()]) == "$1\r\na\r\n");
        }
        assert!((200..300).contains(&first), "{first}");
    }
}
