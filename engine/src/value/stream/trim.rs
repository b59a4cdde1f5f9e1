//! Trimming: entries go from the front, whole nodes at a time where that is enough.

use super::Stream;
use super::id::StreamId;

/// What is left of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// The last so many entries.
    Last(u64),
    /// The entries from this id on.
    From(StreamId),
}

/// How exactly a trim keeps to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// To the entry.
    Exact,
    /// Only whole nodes go, and no more entries than the limit, if there is one.
    WholeNodes(Option<u64>),
}

impl Stream {
    /// Removes entries from the front until what `keep` says is left. Returns how many.
    pub fn trim(&mut self, keep: Keep, precision: Precision) -> u64 {
        let mut removed = 0;
        while let Some(place) = self.nodes.first() {
            if matches!(keep, Keep::Last(count) if self.len <= count) {
                break;
            }
            let (first, node) = self.nodes.at(place);
            let entries = node.living() as u64;
            if let Precision::WholeNodes(Some(limit)) = precision
                && removed + entries > limit
            {
                break;
            }
            let goes_whole = match keep {
                Keep::Last(count) => self.len - entries >= count,
                Keep::From(id) => node.last_id(first) < id,
            };
            if goes_whole {
                self.nodes.remove_at(place);
                self.len -= entries;
                removed += entries;
                continue;
            }
            if precision == Precision::Exact {
                removed += self.trim_first_node(keep);
            }
            break;
        }
        if removed > 0 {
            self.renew_first_id();
        }
        removed
    }

    fn trim_first_node(&mut self, keep: Keep) -> u64 {
        let Some(place) = self.nodes.first() else {
            return 0;
        };
        let first = self.nodes.at(place).0;
        let mut surplus = match keep {
            Keep::Last(count) => self.len - count,
            Keep::From(_) => 0,
        };
        let goes = |id| match keep {
            Keep::From(start) => id < start,
            Keep::Last(_) => {
                let goes = surplus > 0;
                surplus = surplus.saturating_sub(1);
                goes
            }
        };
        let node = self.nodes.at_mut(place);
        let killed = node.kill_front(first, goes) as u64;
        if node.living() == 0 {
            self.nodes.remove_at(place);
        }
        self.len -= killed;
        killed
    }
}
