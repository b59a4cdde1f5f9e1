//! A short run of members in order: what a leaf holds, and what an inner node knows of its children.
//!
//! Scores lie side by side, apart from the members, so that a search reads few cache lines and follows a pointer only
//! among equal scores.
//! Invariant: the members of the first `len` places are alive.

use super::probe::Probe;
use super::{MemberPtr, Ranked};
use std::ops::Range;

/// See the top of the file.
pub struct Entries<const N: usize> {
    len: u16,
    scores: [f64; N],
    members: [MemberPtr; N],
}

impl<const N: usize> Entries<N> {
    pub(super) const EMPTY: Self = Entries {
        len: 0,
        scores: [0.0; N],
        members: [MemberPtr::NOWHERE; N],
    };

    #[inline]
    pub(super) fn len(&self) -> usize {
        self.len as usize
    }

    #[inline]
    pub(super) fn is_full(&self) -> bool {
        self.len() == N
    }

    #[inline]
    pub(super) fn scores(&self) -> &[f64] {
        &self.scores[..self.len()]
    }

    #[inline]
    pub(super) fn members(&self) -> &[MemberPtr] {
        &self.members[..self.len()]
    }

    #[inline]
    pub(super) fn get(&self, at: usize) -> Ranked {
        Ranked {
            score: self.scores()[at],
            member: self.members()[at],
        }
    }

    pub(super) fn set(&mut self, at: usize, entry: Ranked) {
        debug_assert!(at < self.len());
        self.scores[at] = entry.score;
        self.members[at] = entry.member;
    }

    /// The bytes of a member.
    #[inline]
    pub(super) fn bytes(&self, at: usize) -> &[u8] {
        // SAFETY: by the invariant it is alive, and as long as a tree that is borrowed holds it, it stays so.
        unsafe { self.members()[at].bytes() }
    }

    /// How many entries come before the probe.
    #[inline]
    pub(super) fn position(&self, probe: &impl Probe) -> usize {
        probe.position(0, self)
    }

    /// Adds an entry at `at`. Invariant: there is room.
    pub(super) fn insert(&mut self, at: usize, entry: Ranked) {
        let len = self.len();
        self.scores.copy_within(at..len, at + 1);
        self.members.copy_within(at..len, at + 1);
        self.len += 1;
        self.set(at, entry);
    }

    pub(super) fn push(&mut self, entry: Ranked) {
        self.insert(self.len(), entry);
    }

    /// Takes entries out.
    pub(super) fn remove(&mut self, range: Range<usize>) {
        let len = self.len();
        self.scores.copy_within(range.end..len, range.start);
        self.members.copy_within(range.end..len, range.start);
        self.len -= range.len() as u16;
    }

    /// Moves an entry, with a new score, to another place in the run.
    pub(super) fn relocate(&mut self, from: usize, to: usize, score: f64) {
        self.scores[from] = score;
        if from <= to {
            self.scores[from..=to].rotate_left(1);
            self.members[from..=to].rotate_left(1);
        } else {
            self.scores[to..=from].rotate_right(1);
            self.members[to..=from].rotate_right(1);
        }
    }

    /// Moves the last entries of this run, from `from` on, to the front of `other`.
    pub(super) fn give_last(&mut self, from: usize, other: &mut Self) {
        let (count, len) = (self.len() - from, other.len());
        other.scores.copy_within(..len, count);
        other.members.copy_within(..len, count);
        other.scores[..count].copy_from_slice(&self.scores[from..from + count]);
        other.members[..count].copy_from_slice(&self.members[from..from + count]);
        other.len += count as u16;
        self.len -= count as u16;
    }

    /// Moves the first `count` entries of `other` to the end of this run.
    pub(super) fn take_first(&mut self, count: usize, other: &mut Self) {
        let len = self.len();
        self.scores[len..len + count].copy_from_slice(&other.scores[..count]);
        self.members[len..len + count].copy_from_slice(&other.members[..count]);
        self.len += count as u16;
        other.remove(0..count);
    }
}
