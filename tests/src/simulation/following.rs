//! A command that follows: what a key holds names the next key.

use engine::command::args::{Args, OwnedArgs};
use engine::command::flags::{Acl, Flags};
use engine::command::keys::{KeyFlags, KeySpec};
use engine::command::spec::{Arity, Command, Docs, Following, Reach, Run, Steps};
use engine::effect::event::Event;
use engine::order::carry::Carry;
use engine::shard::context::Ttl;
use engine::value::{NewValue, ValueRef};

/// How many keys are followed, one after the other.
pub(super) const HOPS: usize = 2;

/// `FOLLOW key name ..`: answers what the key holds and what the keys behind it hold, each named by its number among the
/// names; the last one's value is then the first one's.
pub(super) static FOLLOW: Command = Command {
    name: "follow",
    arity: Arity::AtLeast(3),
    flags: Flags::WRITE,
    acl: Acl::empty(),
    keys: &[KeySpec::at(1, KeyFlags::RW)],
    tips: &[],
    docs: Docs::new("generic", "7.2.0", "O(1)", "Follows what keys hold"),
    run: Run::Follow(&Following {
        steps: Steps {
            gather: |context, args, key| match context.peek(args.at(key)).map(|entry| entry.value())
            {
                Some(ValueRef::String(string)) => Carry::Bytes(string.to_vec()),
                _ => Carry::Nothing,
            },
            decide: |_, carries, reply| {
                reply.array(HOPS + 1);
                for round in 0..=HOPS {
                    match value(carries, round) {
                        Some(value) => reply.bulk(value),
                        None => reply.null(),
                    }
                }
                carries[0] =
                    value(carries, HOPS).map_or(Carry::Nothing, |last| Carry::Bytes(last.to_vec()));
                Ok(())
            },
            apply: |context, args, key, carry| {
                if let Carry::Bytes(value) = carry {
                    let value = NewValue::from_bytes(&value);
                    context.put(args.at(key), value, Ttl::Clear, Event::SET);
                }
            },
        },
        reach: |_| Reach::Anywhere,
        next: |args, carries| {
            let mut words = OwnedArgs::new();
            let found = carries.len() - 1;
            if found < HOPS
                && let Some(value) = value(carries, found)
            {
                words.push(named(args, value));
                words.push(b"");
            }
            words
        },
    }),
    subcommands: &[],
};

/// Which of `names` keys a value names.
pub(super) fn number(value: i64, names: usize) -> usize {
    (value / 1000) as usize % names
}

fn named<'a>(args: &Args<'a>, value: &[u8]) -> &'a [u8] {
    let value = std::str::from_utf8(value)
        .ok()
        .and_then(|text| text.parse().ok());
    args.at(2 + number(value.unwrap_or(0), args.len() - 2))
}

/// What was found in a round; the first one is what was gathered.
fn value(carries: &[Carry], round: usize) -> Option<&[u8]> {
    match carries.get(round)? {
        Carry::Bytes(value) => Some(value),
        Carry::Found(found) => found.get(0),
        _ => None,
    }
}
