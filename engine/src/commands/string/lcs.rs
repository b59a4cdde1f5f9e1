//! LCS: the longest common subsequence of two strings.

use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::number::integer;
use crate::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Run, Steps};
use crate::order::carry::Carry;
use crate::resp::reply::ReplyWriter;
use crate::shard::context::ShardContext;

pub(super) const LCS: Command = Command {
    name: "lcs",
    arity: Arity::AtLeast(3),
    flags: Flags::READONLY,
    acl: Acl::STRING,
    keys: &[KeySpec::range(
        1,
        1,
        1,
        KeyFlags::RO.union(KeyFlags::ACCESS),
    )],
    tips: &[],
    docs: Docs::new(
        "string",
        "7.0.0",
        "O(N*M) where N and M are the lengths of s1 and s2, respectively",
        "Finds the longest subsequence that the strings at two keys share",
    )
    .arguments(&[
        Argument::new("key1", ArgumentKind::Key(0)),
        Argument::new("key2", ArgumentKind::Key(0)),
        Argument::word("len", "LEN").optional(),
        Argument::word("idx", "IDX").optional(),
        Argument::new("min-match-len", ArgumentKind::Integer)
            .token("MINMATCHLEN")
            .optional(),
        Argument::word("withmatchlen", "WITHMATCHLEN").optional(),
    ]),
    run: Run::ReadThenWrite(&Steps {
        gather,
        decide,
        apply,
    }),
    subcommands: &[],
};

fn gather(context: &mut ShardContext<'_>, args: &Args<'_>, key: usize) -> Carry {
    let most = context.limits().max_bulk;
    match context.read_string(args.at(key)) {
        Ok(Some(string)) => Carry::Measured {
            bytes: string.to_vec(),
            most,
        },
        Ok(None) => Carry::Nothing,
        Err(_) => Carry::WrongType,
    }
}

/// It writes nothing.
fn apply(_: &mut ShardContext<'_>, _: &Args<'_>, _: usize, _: Carry) {}

fn decide(
    args: &Args<'_>,
    carries: &mut [Carry],
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let mut strings = Vec::with_capacity(2);
    let mut memory = u64::MAX;
    for carry in carries {
        strings.push(match carry.take() {
            Carry::Measured { bytes, most } => {
                memory = most;
                bytes
            }
            Carry::WrongType => {
                return Err(CommandError::new(
                    "ERR The specified keys must contain string values",
                ));
            }
            _ => Vec::new(),
        });
    }
    let wanted = Wanted::parse(args)?;
    let table = Table::fill(&strings[0], &strings[1], memory)?;
    match wanted {
        Wanted::Length => reply.integer(table.total().into()),
        Wanted::Text => reply.bulk(&table.text()),
        Wanted::Matches { least, with_length } => reply_matches(&table, least, with_length, reply),
    }
    Ok(())
}

enum Wanted {
    Text,
    Length,
    Matches { least: i64, with_length: bool },
}

impl Wanted {
    fn parse(args: &Args<'_>) -> Result<Self, CommandError> {
        let (mut length, mut matches, mut with_length, mut least) = (false, false, false, 0);
        let mut at = 3;
        while at < args.len() {
            if args.is(at, "idx") {
                matches = true;
            } else if args.is(at, "len") {
                length = true;
            } else if args.is(at, "withmatchlen") {
                with_length = true;
            } else if args.is(at, "minmatchlen") && at + 1 < args.len() {
                at += 1;
                least = integer(args.at(at))?.max(0);
            } else {
                return Err(CommandError::SYNTAX);
            }
            at += 1;
        }
        match (length, matches) {
            (true, true) => Err(CommandError::new(
                "ERR If you want both the length and indexes, please just use IDX.",
            )),
            (true, false) => Ok(Wanted::Length),
            (false, true) => Ok(Wanted::Matches { least, with_length }),
            (false, false) => Ok(Wanted::Text),
        }
    }
}

fn reply_matches(table: &Table<'_>, least: i64, with_length: bool, reply: &mut ReplyWriter<'_>) {
    let mut matches = Vec::new();
    table.stretches(|stretch| {
        if i64::from(stretch.len) >= least {
            matches.push(stretch);
        }
    });
    reply.map(2);
    reply.bulk(b"matches");
    reply.array(matches.len());
    for stretch in matches {
        reply.array(if with_length { 3 } else { 2 });
        for start in [stretch.a, stretch.b] {
            reply.array(2);
            reply.count(start);
            reply.count(start + stretch.len as usize - 1);
        }
        if with_length {
            reply.integer(stretch.len.into());
        }
    }
    reply.bulk(b"len");
    reply.integer(table.total().into());
}

/// Bytes that match one after the other in both strings.
#[derive(Clone, Copy)]
struct Stretch {
    a: usize,
    b: usize,
    len: u32,
}

/// How long the longest common subsequence of every two prefixes is: `lengths[i * (b.len() + 1) + j]` for the first `i`
/// bytes of `a` and the first `j` of `b`.
struct Table<'s> {
    a: &'s [u8],
    b: &'s [u8],
    lengths: Vec<u32>,
}

impl<'s> Table<'s> {
    /// Errors: strings too long, or a table of more than `memory` bytes.
    fn fill(a: &'s [u8], b: &'s [u8], memory: u64) -> Result<Self, CommandError> {
        const TOO_MUCH: CommandError = CommandError::new(
            "ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len",
        );
        const TOO_LONG: CommandError = CommandError::new("ERR String too long for LCS");
        const NO_MEMORY: CommandError = CommandError::new(
            "ERR Insufficient memory, failed allocating transient memory for LCS",
        );
        if a.len().max(b.len()) >= u32::MAX as usize - 1 {
            return Err(TOO_LONG);
        }
        let width = b.len() + 1;
        let cells = (a.len() + 1).checked_mul(width).ok_or(NO_MEMORY)?;
        if cells as u64 > memory / size_of::<u32>() as u64 {
            return Err(TOO_MUCH);
        }
        let mut lengths = Vec::new();
        lengths.try_reserve_exact(cells).map_err(|_| NO_MEMORY)?;
        lengths.resize(cells, 0);
        for (row, byte) in a.iter().enumerate() {
            let (above, below) = lengths.split_at_mut((row + 1) * width);
            let (above, below) = (&above[row * width..], &mut below[..width]);
            for (column, other) in b.iter().enumerate() {
                below[column + 1] = if byte == other {
                    above[column] + 1
                } else {
                    above[column + 1].max(below[column])
                };
            }
        }
        Ok(Table { a, b, lengths })
    }

    fn at(&self, i: usize, j: usize) -> u32 {
        self.lengths[i * (self.b.len() + 1) + j]
    }

    fn total(&self) -> u32 {
        self.at(self.a.len(), self.b.len())
    }

    /// Walks one longest subsequence from its end to its beginning, byte by byte. Where several are as long, it is the
    /// one that Redis finds: `b` gets shorter first.
    fn walk(&self, mut found: impl FnMut(usize, usize)) {
        let (mut i, mut j) = (self.a.len(), self.b.len());
        while i > 0 && j > 0 {
            if self.a[i - 1] == self.b[j - 1] {
                (i, j) = (i - 1, j - 1);
                found(i, j);
            } else if self.at(i - 1, j) > self.at(i, j - 1) {
                i -= 1;
            } else {
                j -= 1;
            }
        }
    }

    fn text(&self) -> Vec<u8> {
        let mut text = Vec::with_capacity(self.total() as usize);
        self.walk(|i, _| text.push(self.a[i]));
        text.reverse();
        text
    }

    /// Calls `ended` with every stretch, the last one first.
    fn stretches(&self, mut ended: impl FnMut(Stretch)) {
        let mut current: Option<Stretch> = None;
        self.walk(|a, b| match &mut current {
            Some(stretch) if stretch.a == a + 1 && stretch.b == b + 1 => {
                *stretch = Stretch {
                    a,
                    b,
                    len: stretch.len + 1,
                }
            }
            other => {
                if let Some(stretch) = other.replace(Stretch { a, b, len: 1 }) {
                    ended(stretch);
                }
            }
        });
        if let Some(stretch) = current {
            ended(stretch);
        }
    }
}
