//! Union, intersection and difference of sources, with weights and a way to add up scores.

use super::source::Source;
use crate::command::args::Args;
use crate::command::bounded_number::non_negative;
use crate::command::error::CommandError;
use crate::command::number::{integer, parse_float};
use crate::value::sorted_set::Draft;
use foldhash::fast::RandomState;
use hashbrown::{HashSet, HashTable};
use std::hash::BuildHasher;

/// What is made of the sources.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    Union,
    Intersection,
    Difference,
}

/// How a member gets its score that several sources have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Aggregate {
    #[default]
    Sum,
    Min,
    Max,
}

impl Aggregate {
    #[inline]
    fn join(self, score: f64, other: f64) -> f64 {
        match self {
            Aggregate::Sum => number_or_zero(score + other),
            Aggregate::Min if other < score => other,
            Aggregate::Max if other > score => other,
            Aggregate::Min | Aggregate::Max => score,
        }
    }
}

/// Infinities that cancel out leave nothing.
#[inline]
fn number_or_zero(score: f64) -> f64 {
    if score.is_nan() { 0.0 } else { score }
}

/// What a command leaves to its words.
#[derive(Clone, Copy)]
pub(super) struct Grammar {
    pub(super) operation: Operation,
    /// The command's name, for errors.
    pub(super) name: &'static str,
    /// Index of the number of keys.
    pub(super) count_at: usize,
    /// Whether only a number is asked for.
    pub(super) only_counts: bool,
}

/// The words behind the keys.
#[derive(Default)]
pub(super) struct Combination {
    weights: Vec<f64>,
    aggregate: Aggregate,
    pub(super) with_scores: bool,
    /// Count no further; 0 for no limit.
    pub(super) limit: usize,
}

impl Grammar {
    fn stores(&self) -> bool {
        self.count_at == 2
    }

    /// Index of the first source.
    pub(super) fn first_key(&self) -> usize {
        self.count_at + 1
    }

    /// How many keys there are. Errors: not a number, below 1, more than words.
    pub(super) fn keys(&self, args: &Args<'_>) -> Result<usize, CommandError> {
        let keys = integer(args.at(self.count_at))?;
        if keys < 1 {
            return Err(CommandError::with(format!(
                "ERR at least 1 input key is needed for '{}' command",
                self.name
            )));
        }
        let keys = usize::try_from(keys).unwrap_or(usize::MAX);
        if keys > args.len() - self.first_key() {
            return Err(CommandError::SYNTAX);
        }
        Ok(keys)
    }

    /// Reads the words behind `keys` keys.
    pub(super) fn parse(&self, args: &Args<'_>, keys: usize) -> Result<Combination, CommandError> {
        let mut combination = Combination::default();
        let scores_count = self.operation != Operation::Difference && !self.only_counts;
        let mut at = self.first_key() + keys;
        while at < args.len() {
            let left = args.len() - at;
            if scores_count && left > keys && args.is(at, "weights") {
                combination.weights = weights(args, at + 1, keys)?;
                at += keys;
            } else if scores_count && left >= 2 && args.is(at, "aggregate") {
                combination.aggregate = aggregate(args, at + 1)?;
                at += 1;
            } else if !self.stores() && !self.only_counts && args.is(at, "withscores") {
                combination.with_scores = true;
            } else if self.only_counts && left >= 2 && args.is(at, "limit") {
                let limit = non_negative(args.at(at + 1))
                    .map_err(|_| CommandError::new("ERR LIMIT can't be negative"))?;
                combination.limit = usize::try_from(limit).unwrap_or(usize::MAX);
                at += 1;
            } else {
                return Err(CommandError::SYNTAX);
            }
            at += 1;
        }
        Ok(combination)
    }
}

fn weights(args: &Args<'_>, first: usize, count: usize) -> Result<Vec<f64>, CommandError> {
    (first..first + count)
        .map(|at| {
            parse_float(args.at(at)).ok_or(CommandError::new("ERR weight value is not a float"))
        })
        .collect()
}

fn aggregate(args: &Args<'_>, at: usize) -> Result<Aggregate, CommandError> {
    match () {
        () if args.is(at, "sum") => Ok(Aggregate::Sum),
        () if args.is(at, "min") => Ok(Aggregate::Min),
        () if args.is(at, "max") => Ok(Aggregate::Max),
        () => Err(CommandError::SYNTAX),
    }
}

impl Combination {
    /// The members of the result, in no order.
    pub(super) fn run(&self, operation: Operation, sources: &[Source<'_>]) -> Draft {
        match operation {
            Operation::Union => self.union(&self.weighted(sources)),
            Operation::Intersection => {
                let mut draft = Draft::new();
                self.intersect(&self.weighted(sources), |member, score| {
                    draft.push(score, member);
                    true
                });
                draft
            }
            Operation::Difference => difference(sources),
        }
    }

    /// How many members the intersection has, up to the limit.
    pub(super) fn count_intersection(&self, sources: &[Source<'_>]) -> usize {
        let mut count = 0;
        self.intersect(&self.weighted(sources), |_, _| {
            count += 1;
            count != self.limit
        });
        count
    }

    /// The sources with their weights, the smallest first: so scores are added up in Redis's order, too.
    fn weighted<'a>(&self, sources: &[Source<'a>]) -> Vec<(Source<'a>, f64)> {
        let weight = |index| self.weights.get(index).copied().unwrap_or(1.0);
        let mut weighted: Vec<_> = sources
            .iter()
            .enumerate()
            .map(|(index, source)| (*source, weight(index)))
            .collect();
        weighted.sort_by_key(|(source, _)| source.len());
        weighted
    }

    fn union(&self, sources: &[(Source<'_>, f64)]) -> Draft {
        let hasher = RandomState::default();
        let most = sources.last().map_or(0, |(source, _)| source.len());
        let mut draft = Draft::with_capacity(most);
        let mut places: HashTable<usize> = HashTable::with_capacity(most);
        for (source, weight) in sources {
            source.each(|member, score| {
                let score = number_or_zero(weight * score);
                let hash = hasher.hash_one(member);
                match places.find(hash, |place| draft.get(*place).1 == member) {
                    Some(place) => {
                        let (old, _) = draft.get(*place);
                        draft.set_score(*place, self.aggregate.join(old, score));
                    }
                    None => {
                        let place = draft.len();
                        draft.push(score, member);
                        places.insert_unique(hash, place, |place| {
                            hasher.hash_one(draft.get(*place).1)
                        });
                    }
                }
                true
            });
        }
        draft
    }

    /// Hands the members that all sources have to `found`, as long as that wants more.
    fn intersect(&self, sources: &[(Source<'_>, f64)], mut found: impl FnMut(&[u8], f64) -> bool) {
        let Some(((smallest, weight), others)) = sources.split_first() else {
            return;
        };
        smallest.each(|member, score| {
            let mut score = number_or_zero(weight * score);
            for (other, weight) in others {
                let Some(value) = other.score(member) else {
                    return true;
                };
                score = self.aggregate.join(score, value * weight);
            }
            found(member, score)
        });
    }
}

/// The members of the first source that no other has: by asking the others for each, or by striking out what the others
/// have, whichever looks at fewer members.
fn difference(sources: &[Source<'_>]) -> Draft {
    let mut draft = Draft::new();
    let Some((first, others)) = sources.split_first() else {
        return draft;
    };
    let asked = first.len() * others.len() / 2;
    let struck: usize = others.iter().map(|other| other.len()).sum();
    if asked <= struck {
        first.each(|member, score| {
            if others.iter().all(|other| other.score(member).is_none()) {
                draft.push(score, member);
            }
            true
        });
        return draft;
    }
    let mut gone: HashSet<Vec<u8>, RandomState> = HashSet::default();
    for other in others {
        other.each(|member, _| {
            if first.score(member).is_some() {
                gone.insert(member.to_vec());
            }
            true
        });
    }
    first.each(|member, score| {
        if !gone.contains(member) {
            draft.push(score, member);
        }
        true
    });
    draft
}
