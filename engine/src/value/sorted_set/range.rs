//! Ranges of scores and of members.

use crate::ranked::ScoreBound;

/// Scores between two.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScoreRange {
    /// The lowest.
    pub min: f64,
    /// It is not in the range itself.
    pub min_exclusive: bool,
    /// The highest.
    pub max: f64,
    /// It is not in the range itself.
    pub max_exclusive: bool,
}

/// An end of a range of members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LexEnd<'a> {
    /// Before all members.
    Lowest,
    /// Behind all members.
    Highest,
    /// This one, which is in the range.
    Inclusive(&'a [u8]),
    /// This one, which is not.
    Exclusive(&'a [u8]),
}

/// Members between two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LexRange<'a> {
    /// The lowest.
    pub min: LexEnd<'a>,
    /// The highest.
    pub max: LexEnd<'a>,
}

impl ScoreRange {
    /// The scores from `min` to `max`, both included.
    pub fn between(min: f64, max: f64) -> ScoreRange {
        ScoreRange {
            min,
            min_exclusive: false,
            max,
            max_exclusive: false,
        }
    }

    /// The place before the first score of the range.
    #[inline]
    pub(super) fn start(&self) -> ScoreBound {
        ScoreBound {
            score: self.min,
            through: self.min_exclusive,
        }
    }

    /// The place behind the last score of the range.
    #[inline]
    pub(super) fn end(&self) -> ScoreBound {
        ScoreBound {
            score: self.max,
            through: !self.max_exclusive,
        }
    }
}
