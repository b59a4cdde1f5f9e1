//! LPOS: where elements that equal a given one are.

use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::number::integer;
use crate::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Run};
use crate::packed::element::Wanted;
use crate::resp::reply::ReplyWriter;
use crate::shard::context::ShardContext;
use crate::value::collection::Collection;
use crate::value::list::{End, List};
use crate::value::string::parse_int;

pub(super) const LPOS: Command = Command {
    name: "lpos",
    arity: Arity::AtLeast(3),
    flags: Flags::READONLY,
    acl: Acl::LIST,
    keys: &[KeySpec::at(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    tips: &[],
    docs: Docs::new(
        "list",
        "6.0.6",
        "O(N) with the elements looked at, which MAXLEN bounds",
        "Returns the index of elements that equal a given one",
    )
    .arguments(&[
        Argument::key(),
        Argument::new("element", ArgumentKind::String),
        Argument::new("rank", ArgumentKind::Integer)
            .token("RANK")
            .optional(),
        Argument::new("num-matches", ArgumentKind::Integer)
            .token("COUNT")
            .optional(),
        Argument::new("len", ArgumentKind::Integer)
            .token("MAXLEN")
            .optional(),
    ]),
    run: Run::OneShard(position),
    subcommands: &[],
};

const NO_RANK: CommandError = CommandError::new(
    "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use negative to start from the end of the list",
);
const RANK_OUT_OF_RANGE: CommandError = CommandError::new(
    "ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807",
);
const NEGATIVE_COUNT: CommandError = CommandError::new("ERR COUNT can't be negative");
const NEGATIVE_LEN: CommandError = CommandError::new("ERR MAXLEN can't be negative");

struct Search {
    from: End,
    /// Matches to pass over.
    skip: usize,
    /// How many to return as an array; none for one that is not in an array. 0 for all.
    count: Option<usize>,
    /// How many elements to look at.
    max_len: usize,
}

impl Search {
    fn parse(args: &Args<'_>) -> Result<Search, CommandError> {
        let mut search = Search {
            from: End::Front,
            skip: 0,
            count: None,
            max_len: usize::MAX,
        };
        let mut at = 3;
        while at < args.len() {
            let value = args.get(at + 1).ok_or(CommandError::SYNTAX)?;
            if args.is(at, "RANK") {
                search.set_rank(integer(value)?)?;
            } else if args.is(at, "COUNT") {
                search.count = Some(natural(value).ok_or(NEGATIVE_COUNT)?);
            } else if args.is(at, "MAXLEN") {
                search.max_len = match natural(value).ok_or(NEGATIVE_LEN)? {
                    0 => usize::MAX,
                    len => len,
                };
            } else {
                return Err(CommandError::SYNTAX);
            }
            at += 2;
        }
        Ok(search)
    }

    fn set_rank(&mut self, rank: i64) -> Result<(), CommandError> {
        self.from = match rank {
            0 => return Err(NO_RANK),
            i64::MIN => return Err(RANK_OUT_OF_RANGE),
            1.. => End::Front,
            _ => End::Back,
        };
        self.skip = usize::try_from(rank.unsigned_abs() - 1).unwrap_or(usize::MAX);
        Ok(())
    }

    /// The indices that match, in the order of the search.
    fn matches<'l>(
        &self,
        list: &'l List,
        wanted: &'l Wanted<'l>,
    ) -> impl Iterator<Item = usize> + 'l {
        let (from, last) = (self.from, list.len() - 1);
        let elements = list.iter(from).take(self.max_len).enumerate();
        let matches = elements.filter(|(_, element)| element.matches(wanted));
        let indices = matches.map(move |(distance, _)| match from {
            End::Front => distance,
            End::Back => last - distance,
        });
        indices.skip(self.skip)
    }
}

fn natural(word: &[u8]) -> Option<usize> {
    parse_int(word).and_then(|number| usize::try_from(number).ok())
}

fn position(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let search = Search::parse(args)?;
    let list = context.read_as::<List>(args.at(1))?;
    let Some(list) = list.filter(|list| !list.is_empty()) else {
        match search.count {
            Some(_) => reply.array(0),
            None => reply.null(),
        }
        return Ok(());
    };
    let wanted = Wanted::new(args.at(2));
    let mut matches = search.matches(list, &wanted);
    match search.count {
        None => match matches.next() {
            Some(index) => reply.count(index),
            None => reply.null(),
        },
        Some(count) => {
            let limit = if count == 0 { usize::MAX } else { count };
            let indices: Vec<usize> = matches.take(limit).collect();
            reply.array(indices.len());
            indices.into_iter().for_each(|index| reply.count(index));
        }
    }
    Ok(())
}
