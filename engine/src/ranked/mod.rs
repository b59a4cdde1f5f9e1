//! Members in the order of (score, bytes), with their ranks: the large form of sorted sets.
//!
//! A B+tree whose inner nodes know how many members are below each child, so that the rank of a member, the member of a
//! rank, and the size of any range cost one way down.
//!
//! ```text
//! inner:  first (score, member) of each child | counts | children          up to 31
//! leaf:   scores 8 x 63 | members 8 x 63                                     up to 63, one allocation of 1 KiB
//! member: score 8 | length | bytes                                          one allocation, see `member`
//! ```
//!
//! Who owns a member: not the tree. A sorted set keeps its members in a table by bytes, which owns them, and lends each
//! to the tree as a [`MemberPtr`]. That is sound because a member's address and bytes never change, and the set takes it
//! out of the tree before it frees it: the contract of [`Tree::insert`]. Of a member's score the tree has a copy of its
//! own, so that its searches stay within its nodes; the one in the member is for lookups by bytes.
//!
//! Scores are numbers: no NaN gets in here. `0` and `-0` are equal.

mod build;
mod entries;
pub mod member;
#[cfg(test)]
mod model;
mod node;
mod probe;
mod tree;
mod walk;

pub use entries::Entries;
pub use member::MemberPtr;
pub use probe::{Key, LexBound, Probe, ScoreBound};
pub use tree::Tree;
pub use walk::Walk;

/// A member as the tree sees it.
#[derive(Clone, Copy, Debug)]
pub struct Ranked {
    /// Its score.
    pub score: f64,
    /// Where it is.
    pub member: MemberPtr,
}
