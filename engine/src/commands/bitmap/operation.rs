//! BITOP: one string out of several, bit by bit. Shorter ones are followed by zeros.

use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Run, Steps};
use crate::effect::event::Event;
use crate::order::carry::{Carry, Parcel};
use crate::resp::reply::ReplyWriter;
use crate::shard::context::ShardContext;
use crate::value::Value;
use crate::value::string::StringValue;

pub(super) const BITOP: Command = Command {
    name: "bitop",
    arity: Arity::AtLeast(4),
    flags: Flags::WRITE.union(Flags::DENYOOM),
    acl: Acl::BITMAP,
    keys: &[
        KeySpec::at(2, KeyFlags::OW.union(KeyFlags::UPDATE)),
        KeySpec::range(3, -1, 1, KeyFlags::RO.union(KeyFlags::ACCESS)),
    ],
    tips: &[],
    docs: Docs::new(
        "bitmap",
        "2.6.0",
        "O(N)",
        "Combines strings bit by bit and stores the result",
    )
    .arguments(&[
        Argument::new(
            "operation",
            ArgumentKind::OneOf(&[
                Argument::word("and", "AND"),
                Argument::word("or", "OR"),
                Argument::word("xor", "XOR"),
                Argument::word("not", "NOT"),
            ]),
        ),
        Argument::new("destkey", ArgumentKind::Key(0)),
        Argument::new("key", ArgumentKind::Key(1)).multiple(),
    ]),
    run: Run::ReadThenWrite(&Steps {
        gather,
        decide,
        apply,
    }),
    subcommands: &[],
};

#[derive(Clone, Copy)]
enum Operation {
    And,
    Or,
    Xor,
    Not,
}

impl Operation {
    fn parse(args: &Args<'_>) -> Result<Self, CommandError> {
        let words = [
            ("and", Self::And),
            ("or", Self::Or),
            ("xor", Self::Xor),
            ("not", Self::Not),
        ];
        match words.into_iter().find(|(word, _)| args.is(1, word)) {
            Some((_, Self::Not)) if args.len() != 4 => Err(CommandError::new(
                "ERR BITOP NOT must be called with a single source key.",
            )),
            Some((_, operation)) => Ok(operation),
            None => Err(CommandError::SYNTAX),
        }
    }

    /// Combines `others` into `result`. The loops run over plain slices, so that the compiler works on whole vectors.
    fn run(self, mut result: Vec<u8>, others: &[Vec<u8>]) -> Vec<u8> {
        let longest = others
            .iter()
            .map(Vec::len)
            .max()
            .unwrap_or(0)
            .max(result.len());
        result.resize(longest, 0);
        for other in others {
            let (shared, rest) = result.split_at_mut(other.len());
            let pairs = shared.iter_mut().zip(other);
            match self {
                Self::And => {
                    pairs.for_each(|(byte, other)| *byte &= other);
                    rest.fill(0);
                }
                Self::Or => pairs.for_each(|(byte, other)| *byte |= other),
                Self::Xor => pairs.for_each(|(byte, other)| *byte ^= other),
                Self::Not => {}
            }
        }
        if matches!(self, Self::Not) {
            result.iter_mut().for_each(|byte| *byte = !*byte);
        }
        result
    }
}

fn gather(context: &mut ShardContext<'_>, args: &Args<'_>, key: usize) -> Carry {
    // What the target holds is of no interest.
    if key == 2 || Operation::parse(args).is_err() {
        return Carry::Nothing;
    }
    match context.read_string(args.at(key)) {
        Ok(Some(string)) => Carry::Bytes(string.to_vec()),
        Ok(None) => Carry::Nothing,
        Err(_) => Carry::WrongType,
    }
}

fn decide(
    args: &Args<'_>,
    carries: &mut [Carry],
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let (mut strings, mut is_wrong) = (Vec::with_capacity(carries.len()), false);
    for carry in &mut carries[1..] {
        match carry.take() {
            Carry::Bytes(bytes) => strings.push(bytes),
            Carry::WrongType => is_wrong = true,
            _ => strings.push(Vec::new()),
        }
    }
    let operation = Operation::parse(args)?;
    if is_wrong {
        return Err(CommandError::WRONG_TYPE);
    }
    let first = std::mem::take(&mut strings[0]);
    let result = operation.run(first, &strings[1..]);
    reply.count(result.len());
    carries[0] = if result.is_empty() {
        Carry::Present
    } else {
        Carry::Value(Parcel::new(Value::String(StringValue::Raw(result)), None))
    };
    Ok(())
}

fn apply(context: &mut ShardContext<'_>, args: &Args<'_>, key: usize, carry: Carry) {
    match carry {
        Carry::Value(parcel) => context.install(args.at(key), parcel, Event::SET),
        Carry::Present => {
            context.delete(args.at(key), Event::DEL);
        }
        _ => {}
    }
}
