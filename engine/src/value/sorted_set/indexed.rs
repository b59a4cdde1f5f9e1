//! The large form: a table by member, and a tree by rank.
//!
//! The table owns the members, the tree looks at them; see [`crate::ranked`].
//! Invariant: both hold the same members, with the same scores.

use super::addition::{Added, Addition, Condition, NotANumber};
use super::range::{LexEnd, LexRange, ScoreRange};
use crate::packed::element::Element;
use crate::ranked::member::MemberBox;
use crate::ranked::{Key, LexBound, MemberPtr, Ranked, Tree};
use crate::table::{HashSeed, Table};
use std::ops::Range;

pub(super) struct Indexed {
    // Dropped first, though its drop looks at no member.
    tree: Tree,
    table: Table<MemberBox>,
}

impl Indexed {
    /// One of members in order, none twice.
    pub(super) fn from_sorted<'a>(
        members: impl ExactSizeIterator<Item = (Element<'a>, f64)>,
        seed: HashSeed,
    ) -> Indexed {
        let mut table = Table::new(seed);
        let mut ranked: Vec<Ranked> = Vec::with_capacity(members.len());
        for (member, score) in members {
            member.with_bytes(|bytes| {
                let member = add_to(&mut table, score, bytes);
                debug_assert!(member.is_some(), "no member is there twice");
                ranked.extend(member.map(|member| Ranked { score, member }));
            });
        }
        // SAFETY: they are in order, and the table keeps each until `remove` or `remove_ranks` has taken it out of the
        // tree.
        let tree = unsafe { Tree::from_sorted(ranked.into_iter()) };
        Indexed { tree, table }
    }

    #[inline]
    pub(super) fn len(&self) -> usize {
        self.tree.len()
    }

    #[inline]
    pub(super) fn tree(&self) -> &Tree {
        &self.tree
    }

    #[inline]
    pub(super) fn score(&self, member: &[u8]) -> Option<f64> {
        self.table.get(member).map(|member| member.score())
    }

    #[inline]
    pub(super) fn add(
        &mut self,
        score: f64,
        member: &[u8],
        addition: Addition,
    ) -> Result<Added, NotANumber> {
        let mut new = None;
        let found = if addition.condition == Condition::Existing {
            match self.table.get_mut(member) {
                None => return Ok(Added::Nothing),
                found => found,
            }
        } else {
            self.table.get_or_insert(member, || {
                let item = MemberBox::new(score, member);
                new = Some(item.ptr());
                item
            })
        };
        if let Some(new) = new {
            // SAFETY: the table keeps it until `remove` or `remove_ranks` has taken it out of the tree.
            unsafe { self.tree.insert(score, new) };
            return Ok(Added::New(score));
        }
        let Some(mut found) = found else {
            return Ok(Added::Nothing);
        };
        let old = found.score();
        let added = addition.of_existing(old, score)?;
        if let Added::Moved(new) = added {
            found.set_score(new);
            self.tree.rescore(old, new, member);
        }
        Ok(added)
    }

    pub(super) fn remove(&mut self, member: &[u8]) -> Option<f64> {
        // Freed when this ends, and so after it has left the tree.
        let item = self.table.remove(member)?;
        let score = item.score();
        self.tree.remove(score, member);
        Some(score)
    }

    #[inline]
    pub(super) fn rank(&self, member: &[u8]) -> Option<(usize, f64)> {
        let score = self.score(member)?;
        let key = Key {
            score,
            bytes: member,
            through: false,
        };
        Some((self.tree.rank(&key), score))
    }

    #[inline]
    pub(super) fn ranks_by_score(&self, range: &ScoreRange) -> Range<usize> {
        let start = self.tree.rank(&range.start());
        start..self.tree.rank(&range.end()).max(start)
    }

    #[inline]
    pub(super) fn ranks_by_lex(&self, range: &LexRange<'_>) -> Range<usize> {
        let start = self.below(range.min, false);
        start..self.below(range.max, true).max(start)
    }

    fn below(&self, end: LexEnd<'_>, through: bool) -> usize {
        let rank = |bytes, through| self.tree.rank(&LexBound { bytes, through });
        match end {
            LexEnd::Lowest => 0,
            LexEnd::Highest => self.len(),
            LexEnd::Inclusive(bytes) => rank(bytes, through),
            LexEnd::Exclusive(bytes) => rank(bytes, !through),
        }
    }

    pub(super) fn remove_ranks(&mut self, ranks: Range<usize>) -> usize {
        let before = self.len();
        let mut gone: Vec<MemberPtr> = Vec::new();
        self.tree
            .remove_ranks(ranks, |entry| gone.push(entry.member));
        for member in gone {
            // SAFETY: the table has it still, and frees it no earlier than `remove` returns it.
            let bytes = unsafe { member.bytes() };
            drop(self.table.remove(bytes));
        }
        before - self.len()
    }

    pub(super) fn scan_step(&self, cursor: u64, visit: &mut dyn FnMut(Element<'_>, f64)) -> u64 {
        self.table.scan_step(cursor, &mut |member| {
            visit(Element::Bytes(member.bytes()), member.score())
        })
    }

    pub(super) fn allocated(&self) -> usize {
        size_of::<Self>() + self.tree.allocated() + self.table.allocated()
    }

    /// The tree goes first: as long as there is a tree its members are there.
    pub(super) fn release_some(&mut self, members: usize) -> bool {
        if !self.tree.release_some(members) {
            return false;
        }
        self.table.release_some(members)
    }
}

/// Adds a member that is not there.
fn add_to(table: &mut Table<MemberBox>, score: f64, bytes: &[u8]) -> Option<MemberPtr> {
    let mut new = None;
    table.get_or_insert(bytes, || {
        let item = MemberBox::new(score, bytes);
        new = Some(item.ptr());
        item
    });
    new
}

impl Clone for Indexed {
    /// The members of the copy are copies, so that its tree is a tree of its own.
    fn clone(&self) -> Indexed {
        let members = self.tree.walk(0..self.len());
        Indexed::from_sorted(
            members.map(|(score, bytes)| (Element::Bytes(bytes), score)),
            self.table.seed(),
        )
    }
}
