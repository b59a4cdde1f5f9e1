//! BITPOS.

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

pub(super) const BITPOS: Command = Command {
    name: "bitpos",
    arity: Arity::AtLeast(3),
    flags: Flags::READONLY,
    acl: Acl::BITMAP,
    keys: &[KeySpec::at(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    tips: &[],
    docs: Docs::new(
        "bitmap",
        "2.8.7",
        "O(N)",
        "Finds the first bit of a value in a string or in part of it",
    )
    .history(&[("7.0.0", "Added the `BYTE|BIT` option.")])
    .arguments(&[
        Argument::key(),
        Argument::new("bit", ArgumentKind::Integer),
        Argument::new(
            "range",
            ArgumentKind::Block(&[Argument::new("start", ArgumentKind::Integer), END]),
        )
        .optional(),
    ]),
    run: Run::OneShard(bitpos),
    subcommands: &[],
};

const END: Argument = Argument::new(
    "end-unit-block",
    ArgumentKind::Block(&[
        Argument::new("end", ArgumentKind::Integer),
        RangeUnit::ARGUMENT,
    ]),
)
.optional();

fn bitpos(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let wanted = match integer(args.at(2))? {
        0 => false,
        1 => true,
        _ => return Err(CommandError::new("ERR The bit argument must be 1 or 0.")),
    };
    // Redis 7.2 looks at the key before it looks at the range.
    let Some(string) = context.read_string(args.at(1))? else {
        reply.integer(if wanted { -1 } else { 0 });
        return Ok(());
    };
    let bits = range(args, string.len())?;
    let found = string.with_bytes(|bytes| find(bytes, &bits, wanted));
    // Behind a string without a given end there are zeros without end.
    let is_open = args.len() < 5 && !bits.is_empty() && !wanted;
    reply.integer(match found {
        Some(at) => at as i64,
        None if is_open => bits.end as i64,
        None => -1,
    });
    Ok(())
}

fn range(args: &Args<'_>, len: usize) -> Result<Range<usize>, CommandError> {
    if args.len() == 3 {
        return Ok(0..len * 8);
    }
    if args.len() > 6 {
        return Err(CommandError::SYNTAX);
    }
    let start = integer(args.at(3))?;
    let unit = args.get(5).map_or(Ok(RangeUnit::Byte), RangeUnit::parse)?;
    let end = args.get(4).map_or(Ok(-1), integer)?;
    Ok(clip(start, end, unit, len))
}

/// The first bit in `bits` that is `wanted`.
fn find(bytes: &[u8], bits: &Range<usize>, wanted: bool) -> Option<usize> {
    if bits.is_empty() {
        return None;
    }
    let edges = Edges::cut(bytes, bits, !wanted);
    let first = bits.start / 8 * 8;
    let in_byte = |byte: u8| (if wanted { byte } else { !byte }).leading_zeros() as usize;
    if in_byte(edges.first) < 8 {
        return Some(first + in_byte(edges.first));
    }
    if let Some(at) = find_in_bytes(edges.middle, wanted) {
        return Some(first + 8 + at);
    }
    edges
        .last
        .map(in_byte)
        .filter(|at| *at < 8)
        .map(|at| first + 8 + edges.middle.len() * 8 + at)
}

/// The same in whole bytes, a word at a time.
fn find_in_bytes(bytes: &[u8], wanted: bool) -> Option<usize> {
    let flip = if wanted { 0 } else { u64::MAX };
    let (words, rest) = bytes.as_chunks::<8>();
    let at = words
        .iter()
        .position(|word| u64::from_be_bytes(*word) != flip);
    if let Some(at) = at {
        return Some(at * 64 + (u64::from_be_bytes(words[at]) ^ flip).leading_zeros() as usize);
    }
    let at = rest.iter().position(|byte| *byte != flip as u8)?;
    Some(words.len() * 64 + at * 8 + (rest[at] ^ flip as u8).leading_zeros() as usize)
}
