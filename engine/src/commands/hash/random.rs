//! HRANDFIELD: fields by chance.

use super::reply_element;
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::number::integer;
use crate::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Run};
use crate::packed::element::Element;
use crate::random::Random;
use crate::resp::reply::{Protocol, ReplyWriter};
use crate::shard::context::ShardContext;
use crate::time::UnixMillis;
use crate::value::hash::Hash;
use std::collections::HashSet;

pub(super) const HRANDFIELD: Command = Command {
    name: "hrandfield",
    arity: Arity::AtLeast(2),
    flags: Flags::READONLY,
    acl: Acl::HASH,
    keys: &[KeySpec::at(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    tips: &["nondeterministic_output"],
    docs: Docs::new(
        "hash",
        "6.2.0",
        "O(N) for N fields of the reply",
        "Returns one or several fields by chance",
    )
    .arguments(&[
        Argument::key(),
        Argument::new(
            "options",
            ArgumentKind::Block(&[
                Argument::new("count", ArgumentKind::Integer),
                Argument::word("withvalues", "WITHVALUES").optional(),
            ]),
        )
        .optional(),
    ]),
    run: Run::OneShard(hrandfield),
    subcommands: &[],
};

const OUT_OF_RANGE: CommandError = CommandError::new(
    "ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807",
);
/// Single fields of a table are picked only when so many times as many are there.
const WORTH_PICKING: usize = 3;

fn hrandfield(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let choice = Choice::parse(args)?;
    let now = context.now();
    let mut random = Random::new(context.random().next_u64());
    let hash = context.read_as::<Hash>(args.at(1))?;
    let hash = hash.map(|hash| (hash, hash.live_len(now)));
    match (hash, choice) {
        (None, Choice::One) => reply.null(),
        (None, Choice::Several { .. }) => reply.array(0),
        (Some((hash, _)), Choice::One) => match hash.random(now, &mut random) {
            Some((name, _)) => reply_element(reply, name),
            None => reply.null(),
        },
        (Some((hash, len)), Choice::Several { count, with_values }) => {
            let mut shown = Shown {
                reply,
                with_values,
                now,
                random,
            };
            match usize::try_from(count) {
                Ok(count) => shown.distinct(hash, len, count),
                Err(_) => shown.repeated(hash, len, count.unsigned_abs()),
            }
        }
    }
    Ok(())
}

/// What was asked for.
#[derive(Clone, Copy)]
enum Choice {
    One,
    /// A positive count: that many distinct fields, or all; a negative one: exactly that many, perhaps the same ones.
    Several {
        count: i64,
        with_values: bool,
    },
}

impl Choice {
    fn parse(args: &Args<'_>) -> Result<Choice, CommandError> {
        let Some(count) = args.get(2) else {
            return Ok(Choice::One);
        };
        let count = integer(count)?;
        if count == i64::MIN {
            return Err(OUT_OF_RANGE);
        }
        let with_values = args.len() > 3;
        if with_values && (args.len() > 4 || !args.is(3, "withvalues")) {
            return Err(CommandError::SYNTAX);
        }
        if with_values && count.unsigned_abs() > i64::MAX as u64 / 2 {
            return Err(CommandError::OUT_OF_RANGE);
        }
        Ok(Choice::Several { count, with_values })
    }
}

/// The reply while it is written.
struct Shown<'r, 'w> {
    reply: &'r mut ReplyWriter<'w>,
    with_values: bool,
    now: UnixMillis,
    random: Random,
}

impl Shown<'_, '_> {
    fn open(&mut self, fields: u64) {
        let pairs_are_flat = self.reply.protocol() == Protocol::Resp2;
        let parts = if self.with_values && pairs_are_flat {
            2
        } else {
            1
        };
        self.reply.array(fields as usize * parts);
    }

    fn show(&mut self, (name, value): (Element<'_>, Element<'_>)) {
        if self.with_values && self.reply.protocol() == Protocol::Resp3 {
            self.reply.array(2);
        }
        reply_element(self.reply, name);
        if self.with_values {
            reply_element(self.reply, value);
        }
    }

    fn distinct(&mut self, hash: &Hash, len: usize, count: usize) {
        let count = count.min(len);
        self.open(count as u64);
        if hash.is_table() && count.saturating_mul(WORTH_PICKING) <= len {
            return self.pick(hash, count);
        }
        // Each field comes with the chance that fields still wanted have among those still to come.
        let (mut wanted, mut left) = (count, len);
        for field in hash.iter(self.now) {
            if self.random.below(left as u64) < wanted as u64 {
                self.show(field);
                wanted -= 1;
            }
            left -= 1;
            if wanted == 0 {
                break;
            }
        }
    }

    /// Picks one after the other; those that come a second time are passed over.
    fn pick(&mut self, hash: &Hash, count: usize) {
        let mut seen: HashSet<Vec<u8>> = HashSet::with_capacity(count);
        while seen.len() < count {
            let Some(field) = hash.random(self.now, &mut self.random) else {
                break;
            };
            if seen.insert(field.0.to_vec()) {
                self.show(field);
            }
        }
    }

    fn repeated(&mut self, hash: &Hash, len: usize, count: u64) {
        let count = if len == 0 { 0 } else { count };
        self.open(count);
        if hash.is_table() {
            for _ in 0..count {
                if let Some(field) = hash.random(self.now, &mut self.random) {
                    self.show(field);
                }
                if self.reply.is_full() {
                    break;
                }
            }
            return;
        }
        let fields: Vec<_> = hash.iter(self.now).collect();
        for _ in 0..count {
            if self.reply.is_full() {
                break;
            }
            let at = self.random.below(fields.len() as u64) as usize;
            self.show(fields[at]);
        }
    }
}
