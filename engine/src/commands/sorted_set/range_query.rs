//! Which members ZRANGE and its relatives are about: between which ranks, scores or members, in which direction, and
//! which part of those.

use super::bounds::{lex_range, rank_range, score_range};
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::number::integer;
use crate::value::collection::Collection;
use crate::value::sorted_set::{LexRange, ScoreRange, SortedSet, Walk};
use std::ops::Range;

const LIMIT_BY_RANK: CommandError = CommandError::new(
    "ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX",
);
const SCORES_BY_LEX: CommandError =
    CommandError::new("ERR syntax error, WITHSCORES not supported in combination with BYLEX");

/// By what members are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Rank,
    Score,
    Lex,
}

/// What a command leaves to its words.
#[derive(Clone, Copy)]
pub(super) struct Grammar {
    /// Index of the first of the two ends of the range.
    pub(super) ends: usize,
    /// The order, unless words choose it.
    pub(super) order: Option<Order>,
    /// Whether it goes downwards, unless a word chooses that.
    pub(super) is_reverse: Option<bool>,
    /// Whether `WITHSCORES` is a word.
    pub(super) may_show_scores: bool,
}

#[derive(Clone, Copy)]
enum Ends<'a> {
    Rank(i64, i64),
    Score(ScoreRange),
    Lex(LexRange<'a>),
}

/// See the top of the file.
#[derive(Clone, Copy)]
pub(super) struct RangeQuery<'a> {
    ends: Ends<'a>,
    is_reverse: bool,
    offset: i64,
    /// Negative for no limit.
    limit: i64,
    /// `WITHSCORES`.
    pub(super) with_scores: bool,
}

impl<'a> RangeQuery<'a> {
    pub(super) fn parse(args: &Args<'a>, grammar: Grammar) -> Result<Self, CommandError> {
        let (mut order, mut is_reverse) = (grammar.order, grammar.is_reverse);
        let (mut offset, mut limit, mut with_scores) = (0, -1, false);
        let mut at = grammar.ends + 2;
        while at < args.len() {
            if grammar.may_show_scores && args.is(at, "withscores") {
                with_scores = true;
            } else if args.is(at, "limit") && at + 2 < args.len() {
                offset = integer(args.at(at + 1))?;
                limit = integer(args.at(at + 2))?;
                at += 2;
            } else if is_reverse.is_none() && args.is(at, "rev") {
                is_reverse = Some(true);
            } else if order.is_none() && args.is(at, "bylex") {
                order = Some(Order::Lex);
            } else if order.is_none() && args.is(at, "byscore") {
                order = Some(Order::Score);
            } else {
                return Err(CommandError::SYNTAX);
            }
            at += 1;
        }
        let order = order.unwrap_or(Order::Rank);
        let is_reverse = is_reverse.unwrap_or(false);
        if limit != -1 && order == Order::Rank {
            return Err(LIMIT_BY_RANK);
        }
        if with_scores && order == Order::Lex {
            return Err(SCORES_BY_LEX);
        }
        Ok(RangeQuery {
            ends: Ends::parse(args, grammar.ends, order, is_reverse)?,
            is_reverse,
            offset,
            limit,
            with_scores,
        })
    }

    /// The ranks of the members in question.
    fn ranks(&self, set: &SortedSet) -> Range<usize> {
        let ranks = match &self.ends {
            Ends::Rank(start, stop) => {
                let ranks = rank_range(*start, *stop, set.len());
                return if self.is_reverse {
                    set.len() - ranks.end..set.len() - ranks.start
                } else {
                    ranks
                };
            }
            Ends::Score(range) => set.ranks_by_score(range),
            Ends::Lex(range) => set.ranks_by_lex(range),
        };
        // A negative offset is beyond everything.
        let skipped = usize::try_from(self.offset).unwrap_or(usize::MAX);
        let skipped = skipped.min(ranks.len());
        let count = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let count = count.min(ranks.len() - skipped);
        if self.is_reverse {
            let end = ranks.end - skipped;
            end - count..end
        } else {
            let start = ranks.start + skipped;
            start..start + count
        }
    }

    /// The members in question, in their direction.
    pub(super) fn walk<'s>(&self, set: &'s SortedSet) -> Walk<'s> {
        let ranks = self.ranks(set);
        if self.is_reverse {
            set.walk_back(ranks)
        } else {
            set.walk(ranks)
        }
    }
}

impl<'a> Ends<'a> {
    /// Downwards, the higher end of scores and members comes first.
    fn parse(
        args: &Args<'a>,
        at: usize,
        order: Order,
        is_reverse: bool,
    ) -> Result<Self, CommandError> {
        let (first, second) = (args.at(at), args.at(at + 1));
        let (min, max) = if is_reverse {
            (second, first)
        } else {
            (first, second)
        };
        Ok(match order {
            Order::Rank => Ends::Rank(integer(first)?, integer(second)?),
            Order::Score => Ends::Score(score_range(min, max)?),
            Order::Lex => Ends::Lex(lex_range(min, max)?),
        })
    }
}
