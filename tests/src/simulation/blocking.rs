//! Three blocking commands that need nothing but strings, so that all that is under attack is how they wait.

use engine::command::args::Args;
use engine::command::flags::{Acl, Flags};
use engine::command::keys::{KeyFlags, KeySpec};
use engine::command::spec::{Arity, Command, Docs, Run, Steps};
use engine::command::timeout::Patience;
use engine::command::waits::{Manner, Waits, same_words};
use engine::effect::event::Event;
use engine::order::carry::Carry;
use engine::resp::reply::ReplyWriter;
use engine::shard::context::{ShardContext, Ttl};
use engine::value::{NewValue, ValueRef};

/// `TAKE key ..`: deletes the first of the keys that is there, and answers its name up to a point and what it held.
pub(super) static TAKE: Command = Command {
    name: "take",
    arity: Arity::AtLeast(2),
    keys: &[KeySpec::range(1, -1, 1, KeyFlags::RW)],
    run: Run::Blocking(&Waits {
        steps: Steps {
            gather,
            decide: |args, carries, reply| {
                if let Some(found) = answer_first(args, carries, reply) {
                    carries[found] = Carry::Present;
                }
                Ok(())
            },
            apply: |context, args, key, carry| {
                if matches!(carry, Carry::Present) {
                    context.log().instead(&[b"del", args.at(key)]);
                }
                apply(context, args, key, carry);
            },
        },
        manner: Manner::Pop,
        patience: |_| Ok(Patience::Forever),
        ready: |_, _, value| value.is_some(),
        nothing: |reply| reply.null_array(),
        words: same_words,
    }),
    ..ROW
};

/// `LOOK key ..`: the same, and the key stays.
pub(super) static LOOK: Command = Command {
    name: "look",
    arity: Arity::AtLeast(2),
    flags: Flags::READONLY.union(Flags::BLOCKING),
    keys: &[KeySpec::range(1, -1, 1, KeyFlags::RO)],
    run: Run::Blocking(&Waits {
        steps: Steps {
            gather,
            decide: |args, carries, reply| {
                answer_first(args, carries, reply);
                Ok(())
            },
            apply: |_, _, _, _| {},
        },
        manner: Manner::Read,
        patience: |_| Ok(Patience::Forever),
        ready: |_, _, value| value.is_some(),
        nothing: |reply| reply.null_array(),
        words: same_words,
    }),
    ..ROW
};

/// `SHIFT from to`: what one key holds goes to another, and is the answer.
pub(super) static SHIFT: Command = Command {
    name: "shift",
    arity: Arity::Exactly(3),
    keys: &[KeySpec::range(1, 1, 1, KeyFlags::RW)],
    run: Run::Blocking(&Waits {
        steps: Steps {
            gather,
            decide: |args, carries, reply| {
                let value = carries[0].take();
                carries[1] = Carry::Nothing;
                if let Carry::Bytes(value) = value {
                    reply.bulk(&value);
                    if args.at(1) != args.at(2) {
                        carries[0] = Carry::Present;
                        carries[1] = Carry::Bytes(value);
                    }
                }
                Ok(())
            },
            apply,
        },
        manner: Manner::Move,
        patience: |_| Ok(Patience::Forever),
        ready: |_, _, value| value.is_some(),
        nothing: |reply| reply.null(),
        words: same_words,
    }),
    ..ROW
};

const ROW: Command = Command {
    name: "",
    arity: Arity::AtLeast(1),
    flags: Flags::WRITE.union(Flags::BLOCKING),
    acl: Acl::empty(),
    keys: &[],
    tips: &[],
    docs: Docs::new("generic", "7.2.0", "O(1)", "Takes what a key holds"),
    run: Run::Session,
    subcommands: &[],
};

/// Answers the first key that is there: its name up to a point, and what it holds. Returns its number; nothing is carried
/// on.
fn answer_first(
    args: &Args<'_>,
    carries: &mut [Carry],
    reply: &mut ReplyWriter<'_>,
) -> Option<usize> {
    let carried = carries.iter_mut().map(Carry::take).enumerate();
    let mut there = carried.filter_map(|(number, carry)| match carry {
        Carry::Bytes(value) => Some((number, value)),
        _ => None,
    });
    let (number, value) = there.next()?;
    there.for_each(drop);
    reply.array(2);
    let name = args.at(1 + number);
    let len = name.iter().position(|byte| *byte == b'.');
    reply.bulk(&name[..len.unwrap_or(name.len())]);
    reply.bulk(&value);
    Some(number)
}

fn gather(context: &mut ShardContext<'_>, args: &Args<'_>, key: usize) -> Carry {
    match context.peek(args.at(key)).map(|entry| entry.value()) {
        Some(ValueRef::String(string)) => Carry::Bytes(string.with_bytes(<[u8]>::to_vec)),
        _ => Carry::Nothing,
    }
}

fn apply(context: &mut ShardContext<'_>, args: &Args<'_>, key: usize, carry: Carry) {
    match carry {
        Carry::Present => {
            context.delete(args.at(key), Event::DEL);
        }
        Carry::Bytes(value) => {
            let value = NewValue::from_bytes(&value);
            context.put(args.at(key), value, Ttl::Clear, Event::string("set"));
        }
        _ => {}
    }
}
