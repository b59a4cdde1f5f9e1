//! Sorted sets: members, each with a score, in the order of (score, bytes).
//!
//! A small one is a listpack of member, score, member, score .. in order ("listpack"); above `zset-max-listpack-entries`
//! members, or with a member above `zset-max-listpack-value` bytes, it is a table by member and a tree by rank
//! ("skiplist", as Redis calls its own large form). It never becomes small again.
//!
//! Scores are numbers, no NaN among them. A range of members is a range of ranks here: those of the scores from 3 to 5,
//! say, are found by [`SortedSet::ranks_by_score`] and walked by [`SortedSet::walk`], so that a reply knows its length
//! and an offset costs nothing.

mod addition;
mod draft;
mod indexed;
#[cfg(test)]
mod model;
mod packed;
mod range;
mod walk;

use super::collection::Collection;
use crate::limits::Limits;
use crate::packed::element::Element;
use crate::packed::listpack::Listpack;
use crate::random::Random;
use crate::table::HashSeed;
use indexed::Indexed;
use packed::Packed;
use std::fmt;
use std::ops::Range;

pub use addition::{Added, Addition, Comparison, Condition, NotANumber};
pub use draft::Draft;
pub use range::{LexEnd, LexRange, ScoreRange};
pub use walk::Walk;

/// A sorted set.
#[derive(Clone)]
pub struct SortedSet(Form);

#[derive(Clone)]
enum Form {
    Packed(Packed),
    Indexed(Box<Indexed>),
}

impl SortedSet {
    /// A sorted set of a listpack that came from elsewhere. None if it is no listpack of members and scores in order,
    /// none twice.
    pub fn from_listpack(pack: Listpack, limits: &Limits, random: &mut Random) -> Option<Self> {
        let packed = Packed::from_listpack(pack)?;
        let is_small = packed.len() as u64 <= limits.zset_max_listpack_entries
            && packed.longest() as u64 <= limits.zset_max_listpack_value;
        let mut set = SortedSet(Form::Packed(packed));
        if !is_small {
            set.convert(random);
        }
        Some(set)
    }

    /// The listpack of a small one.
    pub fn listpack(&self) -> Option<&Listpack> {
        match &self.0 {
            Form::Packed(packed) => Some(packed.listpack()),
            Form::Indexed(_) => None,
        }
    }

    /// The score of a member.
    #[inline]
    pub fn score(&self, member: &[u8]) -> Option<f64> {
        match &self.0 {
            Form::Packed(packed) => packed.score(member),
            Form::Indexed(indexed) => indexed.score(member),
        }
    }

    /// Prepares for `members` more at once: a listpack that they are too many for is not begun.
    pub fn expect(&mut self, members: usize, limits: &Limits, random: &mut Random) {
        if members as u64 > limits.zset_max_listpack_entries {
            self.convert(random);
        }
    }

    /// Adds a member, or gives it another score, as `addition` says. Invariant: `score` is a number. Errors: the sum
    /// with the old score is none.
    #[inline]
    pub fn add(
        &mut self,
        score: f64,
        member: &[u8],
        addition: Addition,
        limits: &Limits,
        random: &mut Random,
    ) -> Result<Added, NotANumber> {
        loop {
            match &mut self.0 {
                Form::Packed(packed) => {
                    if let Some(added) = packed.add(score, member, addition, limits)? {
                        return Ok(added);
                    }
                }
                Form::Indexed(indexed) => return indexed.add(score, member, addition),
            }
            self.convert(random);
        }
    }

    /// Sets the score of a member, whether it is there or not. Invariant: `score` is a number.
    pub fn insert(&mut self, score: f64, member: &[u8], limits: &Limits, random: &mut Random) {
        // Only an increment can fail.
        let _ = self.add(score, member, Addition::default(), limits, random);
    }

    /// Takes a member out and returns its score.
    #[inline]
    pub fn remove(&mut self, member: &[u8]) -> Option<f64> {
        match &mut self.0 {
            Form::Packed(packed) => packed.remove(member),
            Form::Indexed(indexed) => indexed.remove(member),
        }
    }

    /// The rank of a member, the lowest being 0, and its score.
    #[inline]
    pub fn rank(&self, member: &[u8]) -> Option<(usize, f64)> {
        match &self.0 {
            Form::Packed(packed) => packed.rank(member),
            Form::Indexed(indexed) => indexed.rank(member),
        }
    }

    /// The ranks of the members whose scores are in the range.
    #[inline]
    pub fn ranks_by_score(&self, range: &ScoreRange) -> Range<usize> {
        match &self.0 {
            Form::Packed(packed) => packed.ranks_by_score(range),
            Form::Indexed(indexed) => indexed.ranks_by_score(range),
        }
    }

    /// The ranks of the members that are in the range, if all have one score. If not, it is some range.
    #[inline]
    pub fn ranks_by_lex(&self, range: &LexRange<'_>) -> Range<usize> {
        match &self.0 {
            Form::Packed(packed) => packed.ranks_by_lex(range),
            Form::Indexed(indexed) => indexed.ranks_by_lex(range),
        }
    }

    /// The members of these ranks and their scores, upwards. Ranks that are not there are left out.
    #[inline]
    pub fn walk(&self, ranks: Range<usize>) -> Walk<'_> {
        match &self.0 {
            Form::Packed(packed) => Walk::Packed(packed.walk(ranks)),
            Form::Indexed(indexed) => Walk::Indexed(indexed.tree().walk(ranks)),
        }
    }

    /// The same downwards, from the highest of the ranks.
    #[inline]
    pub fn walk_back(&self, ranks: Range<usize>) -> Walk<'_> {
        match &self.0 {
            Form::Packed(packed) => Walk::Packed(packed.walk_back(ranks)),
            Form::Indexed(indexed) => Walk::Indexed(indexed.tree().walk_back(ranks)),
        }
    }

    /// All members and their scores, upwards.
    pub fn iter(&self) -> Walk<'_> {
        self.walk(0..self.len())
    }

    /// The member of a rank and its score.
    pub fn select(&self, rank: usize) -> Option<(Element<'_>, f64)> {
        self.walk(rank..rank.saturating_add(1)).next()
    }

    /// Takes out the members of these ranks. Returns how many.
    pub fn remove_ranks(&mut self, ranks: Range<usize>) -> usize {
        match &mut self.0 {
            Form::Packed(packed) => packed.remove_ranks(ranks),
            Form::Indexed(indexed) => indexed.remove_ranks(ranks),
        }
    }

    /// One step of a walk that survives changes, as SCAN's: from a cursor on, 0 at first; the answer is the next one, 0
    /// at the end. A small set is walked in one step.
    pub fn scan_step(&self, cursor: u64, visit: &mut dyn FnMut(Element<'_>, f64)) -> u64 {
        match &self.0 {
            Form::Packed(_) => {
                self.iter().for_each(|(member, score)| visit(member, score));
                0
            }
            Form::Indexed(indexed) => indexed.scan_step(cursor, visit),
        }
    }

    /// Whether members are looked up, and taken by rank, without walking over the others.
    pub fn is_indexed(&self) -> bool {
        matches!(self.0, Form::Indexed(_))
    }

    fn convert(&mut self, random: &mut Random) {
        if let Form::Packed(packed) = &self.0 {
            let seed = HashSeed(random.next_u64());
            let members = packed.walk(0..packed.len());
            self.0 = Form::Indexed(Box::new(Indexed::from_sorted(members, seed)));
        }
    }
}

impl Default for SortedSet {
    fn default() -> Self {
        SortedSet(Form::Packed(Packed::default()))
    }
}

impl Collection for SortedSet {
    #[inline]
    fn len(&self) -> usize {
        match &self.0 {
            Form::Packed(packed) => packed.len(),
            Form::Indexed(indexed) => indexed.len(),
        }
    }

    fn encoding(&self) -> &'static str {
        match &self.0 {
            Form::Packed(_) => "listpack",
            Form::Indexed(_) => "skiplist",
        }
    }

    fn allocated(&self) -> usize {
        let behind = match &self.0 {
            Form::Packed(packed) => packed.listpack().allocated(),
            Form::Indexed(indexed) => indexed.allocated(),
        };
        size_of::<Self>() + behind
    }

    fn release_some(&mut self, elements: usize) -> bool {
        match &mut self.0 {
            Form::Packed(_) => true,
            Form::Indexed(indexed) => indexed.release_some(elements),
        }
    }
}

impl fmt::Debug for SortedSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}
