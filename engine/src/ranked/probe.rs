//! Places between members: what a search is for.

use super::entries::Entries;

/// A place in the order of members.
pub trait Probe {
    /// How many of `entries` come before the place, given that the first `from` do.
    fn position<const N: usize>(&self, from: usize, entries: &Entries<N>) -> usize;
}

/// The place right before, or right behind, a member of this score and these bytes.
#[derive(Clone, Copy, Debug)]
pub struct Key<'k> {
    /// The score.
    pub score: f64,
    /// The member's bytes.
    pub bytes: &'k [u8],
    /// Behind it.
    pub through: bool,
}

/// The place before, or behind, all members of a score.
#[derive(Clone, Copy, Debug)]
pub struct ScoreBound {
    /// The score.
    pub score: f64,
    /// Behind them.
    pub through: bool,
}

/// The place before, or behind, a member of these bytes, in a set whose members all have one score.
#[derive(Clone, Copy, Debug)]
pub struct LexBound<'k> {
    /// The member's bytes.
    pub bytes: &'k [u8],
    /// Behind it.
    pub through: bool,
}

impl Probe for Key<'_> {
    #[inline]
    fn position<const N: usize>(&self, from: usize, entries: &Entries<N>) -> usize {
        let scores = entries.scores();
        let below = partition(from, scores.len(), |at| scores[at] < self.score);
        if scores.get(below).is_none_or(|score| *score != self.score) {
            return below;
        }
        let equal = partition(below, scores.len(), |at| scores[at] <= self.score);
        partition(below, equal, |at| {
            let bytes = entries.bytes(at);
            bytes < self.bytes || (self.through && bytes == self.bytes)
        })
    }
}

impl Probe for ScoreBound {
    #[inline]
    fn position<const N: usize>(&self, from: usize, entries: &Entries<N>) -> usize {
        let scores = entries.scores();
        if self.through {
            partition(from, scores.len(), |at| scores[at] <= self.score)
        } else {
            partition(from, scores.len(), |at| scores[at] < self.score)
        }
    }
}

impl Probe for LexBound<'_> {
    #[inline]
    fn position<const N: usize>(&self, from: usize, entries: &Entries<N>) -> usize {
        partition(from, entries.len(), |at| {
            let bytes = entries.bytes(at);
            bytes < self.bytes || (self.through && bytes == self.bytes)
        })
    }
}

/// The first place of `low..high` that is not before, where all that are come first. The choice of a half is written
/// without a branch, because no processor can guess it.
#[inline]
fn partition(low: usize, high: usize, before: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut size) = (low, high.saturating_sub(low));
    while size > 0 {
        let half = size / 2;
        let is_before = before(low + half);
        low = if is_before { low + half + 1 } else { low };
        size = if is_before { size - half - 1 } else { half };
    }
    low
}

#[cfg(test)]
mod tests {
    use super::partition;

    #[test]
    fn every_boundary_is_found() {
        for high in 0..70 {
            for low in 0..=high {
                for boundary in low..=high {
                    assert_eq!(partition(low, high, |at| at < boundary), boundary);
                }
            }
        }
    }
}
