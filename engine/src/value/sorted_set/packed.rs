//! The small form: a listpack of member, score, member, score .. in order, byte for byte as Redis 7.2 packs it. A score
//! that is a whole number is an integer there (and so loses the sign of -0), any other one the text it prints as.

use super::addition::{Added, Addition, Condition, NotANumber};
use super::range::{LexEnd, LexRange, ScoreRange};
use crate::command::number::parse_float;
use crate::limits::Limits;
use crate::packed::element::Element;
use crate::packed::listpack::{Cursor, Iter, Listpack};
use crate::resp::double::{DoubleText, whole};
use crate::value::string::IntBuffer;
use std::cmp::Ordering;
use std::ops::Range;

/// The most bytes a score and the frames of a member and a score take.
const FRAME: usize = 64;

/// Invariant: an even number of elements, member and score in turn, in ascending order.
#[derive(Clone, Default)]
pub(super) struct Packed(Listpack);

impl Packed {
    pub(super) fn from_listpack(pack: Listpack) -> Option<Packed> {
        let packed = Packed(pack);
        if packed.0.len() % 2 == 1 {
            return None;
        }
        let mut elements = packed.0.iter();
        let mut last: Option<(Element<'_>, f64)> = None;
        let mut names = hashbrown::HashSet::<Vec<u8>, foldhash::fast::RandomState>::default();
        while let (Some(member), Some(score)) = (elements.next(), elements.next()) {
            let score = read_score(score).filter(|score| !score.is_nan())?;
            let in_order = last.is_none_or(|(last_member, last_score)| {
                last_score < score
                    || (last_score == score && compare(last_member, &member.to_vec()).is_lt())
            });
            if !in_order || !names.insert(member.to_vec()) {
                return None;
            }
            last = Some((member, score));
        }
        Some(packed)
    }

    /// One of members in order, none twice.
    pub(super) fn from_sorted<'a>(
        members: impl Iterator<Item = (f64, &'a [u8])>,
        bytes: usize,
    ) -> Packed {
        let mut pack = Listpack::with_capacity(bytes);
        for (score, member) in members {
            pack.push_back(member);
            push_score(score, |element| pack.push_back(element));
        }
        pack.shrink();
        Packed(pack)
    }

    pub(super) fn listpack(&self) -> &Listpack {
        &self.0
    }

    #[inline]
    pub(super) fn len(&self) -> usize {
        self.0.len() / 2
    }

    /// Length of the longest member.
    pub(super) fn longest(&self) -> usize {
        let members = self.0.iter().step_by(2);
        members.map(|member| member.len()).max().unwrap_or(0)
    }

    /// The element behind a member.
    #[inline]
    fn score_cursor(&self, member: Cursor) -> Cursor {
        self.0
            .next(member)
            .expect("each member is followed by its score")
    }

    #[inline]
    fn score_at(&self, member: Cursor) -> f64 {
        stored_score(self.0.get(self.score_cursor(member)))
    }

    #[inline]
    pub(super) fn score(&self, member: &[u8]) -> Option<f64> {
        let at = self.0.find(member, 1)?;
        Some(self.score_at(at))
    }

    /// None if the member is new and there is no room for it in this form.
    pub(super) fn add(
        &mut self,
        score: f64,
        member: &[u8],
        addition: Addition,
        limits: &Limits,
    ) -> Result<Option<Added>, NotANumber> {
        if let Some(at) = self.0.find(member, 1) {
            let added = addition.of_existing(self.score_at(at), score)?;
            if let Added::Moved(new) = added {
                self.rescore(at, new, member);
            }
            return Ok(Some(added));
        }
        if addition.condition == Condition::Existing {
            return Ok(Some(Added::Nothing));
        }
        let has_room = (self.len() as u64) < limits.zset_max_listpack_entries
            && member.len() as u64 <= limits.zset_max_listpack_value
            && self.0.would_fit(member.len() + FRAME);
        if !has_room {
            return Ok(None);
        }
        self.insert(score, member);
        Ok(Some(Added::New(score)))
    }

    fn insert(&mut self, score: f64, member: &[u8]) {
        match self.place(score, member) {
            Some(at) => {
                push_score(score, |element| self.0.insert_before(at, element));
                self.0.insert_before(at, member);
            }
            None => {
                self.0.push_back(member);
                push_score(score, |element| self.0.push_back(element));
            }
        }
    }

    /// The first member behind a place; none at the end, which is looked at first.
    fn place(&self, score: f64, member: &[u8]) -> Option<Cursor> {
        let is_behind = |at: Cursor| {
            let other = self.score_at(at);
            other > score || (other == score && compare(self.0.get(at), member).is_gt())
        };
        let last = self.0.prev(self.0.last()?)?;
        if !is_behind(last) {
            return None;
        }
        let mut at = self.0.first()?;
        while !is_behind(at) {
            at = self.0.next(self.score_cursor(at))?;
        }
        Some(at)
    }

    /// Writes a score where it is, if the member stays between its neighbours; else takes the member out and puts it in.
    fn rescore(&mut self, at: Cursor, score: f64, member: &[u8]) {
        let cursor = self.score_cursor(at);
        let before = self.0.prev(at).and_then(|score| self.0.prev(score));
        let after_before = before.is_none_or(|other| self.score_at(other) < score);
        let behind = self.0.next(cursor);
        let before_behind = behind.is_none_or(|other| score < self.score_at(other));
        if after_before && before_behind {
            push_score(score, |element| self.0.replace(cursor, element));
        } else {
            self.0.remove_range(at, 2);
            self.insert(score, member);
        }
    }

    pub(super) fn remove(&mut self, member: &[u8]) -> Option<f64> {
        let at = self.0.find(member, 1)?;
        let score = self.score_at(at);
        self.0.remove_range(at, 2);
        Some(score)
    }

    pub(super) fn rank(&self, member: &[u8]) -> Option<(usize, f64)> {
        let mut elements = self.0.iter();
        let wanted = Element::from(member);
        let mut rank = 0;
        while let (Some(own), Some(score)) = (elements.next(), elements.next()) {
            if own == wanted {
                return Some((rank, stored_score(score)));
            }
            rank += 1;
        }
        None
    }

    pub(super) fn ranks_by_score(&self, range: &ScoreRange) -> Range<usize> {
        let (start, end) = (range.start(), range.end());
        let before = |place: &crate::ranked::ScoreBound, score: f64| {
            score < place.score || (place.through && score == place.score)
        };
        let mut scores = self.0.iter().skip(1).step_by(2).map(stored_score);
        let mut first = 0;
        let mut next = scores.next();
        while next.is_some_and(|score| before(&start, score)) {
            first += 1;
            next = scores.next();
        }
        let mut behind = first;
        while next.is_some_and(|score| before(&end, score)) {
            behind += 1;
            next = scores.next();
        }
        first..behind
    }

    pub(super) fn ranks_by_lex(&self, range: &LexRange<'_>) -> Range<usize> {
        let below = |end: LexEnd<'_>, through: bool| match end {
            LexEnd::Lowest => 0,
            LexEnd::Highest => self.len(),
            LexEnd::Inclusive(bytes) => self.count_below(bytes, through),
            LexEnd::Exclusive(bytes) => self.count_below(bytes, !through),
        };
        let start = below(range.min, false);
        start..below(range.max, true).max(start)
    }

    /// How many members come before these bytes, or with `through` are these bytes.
    fn count_below(&self, bytes: &[u8], through: bool) -> usize {
        let members = self.0.iter().step_by(2);
        members
            .take_while(|member| match compare(*member, bytes) {
                Ordering::Less => true,
                Ordering::Equal => through,
                Ordering::Greater => false,
            })
            .count()
    }

    #[inline]
    pub(super) fn walk(&self, ranks: Range<usize>) -> Pairs<'_> {
        let ranks = self.clamp(ranks);
        let elements = match self.0.seek(ranks.start * 2) {
            Some(at) if !ranks.is_empty() => self.0.iter_from(at),
            _ => self.0.iter(),
        };
        Pairs {
            elements,
            left: ranks.len(),
            back: false,
        }
    }

    #[inline]
    pub(super) fn walk_back(&self, ranks: Range<usize>) -> Pairs<'_> {
        let ranks = self.clamp(ranks);
        let last = (ranks.end * 2).checked_sub(1);
        let elements = match last.and_then(|last| self.0.seek(last)) {
            Some(at) => self.0.iter_to(at),
            None => self.0.iter(),
        };
        Pairs {
            elements,
            left: ranks.len(),
            back: true,
        }
    }

    fn clamp(&self, ranks: Range<usize>) -> Range<usize> {
        let end = ranks.end.min(self.len());
        ranks.start.min(end)..end
    }

    pub(super) fn remove_ranks(&mut self, ranks: Range<usize>) -> usize {
        let ranks = self.clamp(ranks);
        if let Some(at) = self.0.seek(ranks.start * 2) {
            self.0.remove_range(at, ranks.len() * 2);
        }
        ranks.len()
    }
}

/// Members and their scores, either way.
pub struct Pairs<'a> {
    elements: Iter<'a>,
    left: usize,
    back: bool,
}

impl<'a> Iterator for Pairs<'a> {
    type Item = (Element<'a>, f64);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let (member, score) = if self.back {
            let score = self.elements.next_back()?;
            (self.elements.next_back()?, score)
        } else {
            let member = self.elements.next()?;
            (member, self.elements.next()?)
        };
        Some((member, stored_score(score)))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for Pairs<'_> {}

#[inline]
fn stored_score(element: Element<'_>) -> f64 {
    read_score(element).expect("every other element is a score")
}

#[inline]
fn read_score(element: Element<'_>) -> Option<f64> {
    match element {
        Element::Int(number) => Some(number as f64),
        Element::Bytes(text) => parse_float(text),
    }
}

/// Hands the element that stands for a score to `push`.
#[inline]
fn push_score(score: f64, push: impl FnOnce(Element<'_>)) {
    // -0 is stored as 0: that is how Redis does it.
    match whole(score + 0.0) {
        Some(number) => push(Element::Int(number)),
        None => push(Element::Bytes(DoubleText::new(score).as_bytes())),
    }
}

#[inline]
fn compare(member: Element<'_>, bytes: &[u8]) -> Ordering {
    member.bytes(&mut IntBuffer::new()).cmp(bytes)
}
