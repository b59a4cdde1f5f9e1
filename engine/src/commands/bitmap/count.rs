//! BITCOUNT.

use super::bit_range::{Edges, RangeUnit, clip};
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::number::integer;
use crate::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Run};
use crate::resp::reply::ReplyWriter;
use crate::shard::context::ShardContext;
use std::ops::Range;

pub(super) const BITCOUNT: Command = Command {
    name: "bitcount",
    arity: Arity::AtLeast(2),
    flags: Flags::READONLY,
    acl: Acl::BITMAP,
    keys: &[KeySpec::at(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    tips: &[],
    docs: Docs::new(
        "bitmap",
        "2.6.0",
        "O(N)",
        "Counts the set bits of a string or of part of it",
    )
    .history(&[("7.0.0", "Added the `BYTE|BIT` option.")])
    .arguments(&[
        Argument::key(),
        Argument::new(
            "range",
            ArgumentKind::Block(&[
                Argument::new("start", ArgumentKind::Integer),
                Argument::new("end", ArgumentKind::Integer),
                RangeUnit::ARGUMENT,
            ]),
        )
        .optional(),
    ]),
    run: Run::OneShard(bitcount),
    subcommands: &[],
};

fn bitcount(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    // Redis 7.2 looks at the key before it looks at the range.
    let Some(string) = context.read_string(args.at(1))? else {
        reply.integer(0);
        return Ok(());
    };
    let bits = range(args, string.len())?;
    reply.count(string.with_bytes(|bytes| count_within(bytes, &bits)));
    Ok(())
}

fn range(args: &Args<'_>, len: usize) -> Result<Range<usize>, CommandError> {
    if args.len() == 2 {
        return Ok(0..len * 8);
    }
    if !(4..=5).contains(&args.len()) {
        return Err(CommandError::SYNTAX);
    }
    let (start, end) = (integer(args.at(2))?, integer(args.at(3))?);
    if start < 0 && end < 0 && start > end {
        return Ok(0..0);
    }
    let unit = args.get(4).map_or(Ok(RangeUnit::Byte), RangeUnit::parse)?;
    Ok(clip(start, end, unit, len))
}

fn count_within(bytes: &[u8], bits: &Range<usize>) -> usize {
    if bits.is_empty() {
        return 0;
    }
    let edges = Edges::cut(bytes, bits, false);
    (edges.first.count_ones() + edges.last.map_or(0, u8::count_ones)) as usize + count(edges.middle)
}

/// The set bits of whole bytes, a word at a time.
fn count(bytes: &[u8]) -> usize {
    let (words, rest) = bytes.as_chunks::<8>();
    let in_words: usize = words
        .iter()
        .map(|word| u64::from_ne_bytes(*word).count_ones() as usize)
        .sum();
    in_words
        + rest
            .iter()
            .map(|byte| byte.count_ones() as usize)
            .sum::<usize>()
}
