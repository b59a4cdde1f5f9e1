//! Members on their way: to a reply, or to a key on another shard, where they become a sorted set.
//!
//! Two allocations whatever their number: the bytes of all members one behind the other, and where each is.

use super::indexed::Indexed;
use super::packed::Packed;
use super::{Form, SortedSet};
use crate::limits::Limits;
use crate::packed::element::Element;
use crate::packed::listpack::Listpack;
use crate::random::Random;
use crate::table::HashSeed;
use std::cmp::Ordering;

/// See the top of the file.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    bytes: Vec<u8>,
    members: Vec<Placed>,
}

#[derive(Clone, Copy, Debug)]
struct Placed {
    score: f64,
    start: usize,
    len: u32,
}

impl Draft {
    /// No members yet.
    pub fn new() -> Draft {
        Draft::default()
    }

    /// The same with room for so many.
    pub fn with_capacity(members: usize) -> Draft {
        Draft {
            bytes: Vec::new(),
            members: Vec::with_capacity(members),
        }
    }

    /// Adds a member. Invariant: it is not there, and `score` is a number.
    #[inline]
    pub fn push(&mut self, score: f64, member: &[u8]) {
        let len = u32::try_from(member.len()).expect("a member is shorter than 4 GiB");
        self.members.push(Placed {
            score,
            start: self.bytes.len(),
            len,
        });
        self.bytes.extend_from_slice(member);
    }

    /// How many members.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    #[inline]
    fn bytes_of(&self, placed: &Placed) -> &[u8] {
        &self.bytes[placed.start..][..placed.len as usize]
    }

    /// The score and the bytes of the member that was pushed as this one.
    #[inline]
    pub fn get(&self, index: usize) -> (f64, &[u8]) {
        let placed = &self.members[index];
        (placed.score, self.bytes_of(placed))
    }

    /// Gives that member another score.
    #[inline]
    pub fn set_score(&mut self, index: usize, score: f64) {
        self.members[index].score = score;
    }

    /// All members as they stand.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (f64, &[u8])> {
        self.members
            .iter()
            .map(|placed| (placed.score, self.bytes_of(placed)))
    }

    /// Puts them in the order of sorted sets.
    pub fn sort(&mut self) {
        let bytes = &self.bytes;
        let text = |placed: &Placed| &bytes[placed.start..][..placed.len as usize];
        let order = |one: &Placed, other: &Placed| {
            let by_score = one.score.partial_cmp(&other.score);
            by_score
                .unwrap_or(Ordering::Equal)
                .then_with(|| text(one).cmp(text(other)))
        };
        if !self
            .members
            .is_sorted_by(|one, other| order(one, other).is_le())
        {
            self.members.sort_unstable_by(order);
        }
    }

    /// The sorted set of these members, in the form that `limits` ask for.
    pub fn into_set(mut self, limits: &Limits, random: &mut Random) -> SortedSet {
        self.sort();
        let longest = self.members.iter().map(|placed| placed.len).max();
        // The most that frames, lengths and scores take.
        let room = self
            .bytes
            .len()
            .saturating_add(self.len().saturating_mul(40));
        let is_small = self.len() as u64 <= limits.zset_max_listpack_entries
            && u64::from(longest.unwrap_or(0)) <= limits.zset_max_listpack_value
            && room <= Listpack::MAX_BYTES;
        SortedSet(if is_small {
            Form::Packed(Packed::from_sorted(self.iter(), room))
        } else {
            let members = self
                .iter()
                .map(|(score, bytes)| (Element::Bytes(bytes), score));
            let seed = HashSeed(random.next_u64());
            Form::Indexed(Box::new(Indexed::from_sorted(members, seed)))
        })
    }
}
