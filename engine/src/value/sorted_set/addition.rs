//! What ZADD's words mean for one member.

/// Which members are touched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Condition {
    /// All.
    #[default]
    Any,
    /// `NX`: those that are not there.
    New,
    /// `XX`: those that are there.
    Existing,
}

/// Which scores a member that is there may get.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Comparison {
    /// All.
    #[default]
    Any,
    /// `GT`: higher ones.
    Greater,
    /// `LT`: lower ones.
    Less,
}

/// How a member is added.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Addition {
    /// `NX`, `XX` or neither.
    pub condition: Condition,
    /// `GT`, `LT` or neither.
    pub comparison: Comparison,
    /// `INCR`: the score is added to the old one.
    pub increment: bool,
}

/// What became of a member.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Added {
    /// It is new, with this score.
    New(f64),
    /// It was there and has this score now.
    Moved(f64),
    /// It was there with the very score.
    Same(f64),
    /// The words forbid it.
    Nothing,
}

/// A sum of scores was NaN: the two infinities.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotANumber;

impl Addition {
    /// What becomes of a member that is there with the score `old`.
    #[inline]
    pub(super) fn of_existing(self, old: f64, score: f64) -> Result<Added, NotANumber> {
        if self.condition == Condition::New {
            return Ok(Added::Nothing);
        }
        let new = if self.increment { old + score } else { score };
        if new.is_nan() {
            return Err(NotANumber);
        }
        let forbidden = match self.comparison {
            Comparison::Any => false,
            Comparison::Greater => new <= old,
            Comparison::Less => new >= old,
        };
        Ok(if forbidden {
            Added::Nothing
        } else if new == old {
            Added::Same(new)
        } else {
            Added::Moved(new)
        })
    }
}
