//! How far behind a group is. A stream counts the entries ever added, and a group those it has read; where deletions make
//! the group's count doubtful it is told from what is known of the stream's ends, or not at all.

use super::Stream;
use super::group::Group;
use super::id::StreamId;

impl Stream {
    /// How many entries the group has yet to read; None when that can't be told.
    pub fn lag(&self, group: &Group) -> Option<i64> {
        if self.entries_added == 0 {
            return Some(0);
        }
        let read = group
            .entries_read
            .filter(|_| !self.has_gaps_from(group.last_delivered))
            .or_else(|| self.entries_up_to(group.last_delivered))?;
        Some((self.entries_added as i64).wrapping_sub(read as i64))
    }

    /// Tells that the group was given the entry `id`, and all before it.
    pub fn advance(&self, group: &mut Group, id: StreamId) {
        if id <= group.last_delivered {
            return;
        }
        let counted = group.entries_read.filter(|_| !self.has_gaps_from(id));
        if let Some(read) = counted {
            group.entries_read = Some(read + 1);
        } else if self.entries_added > 0 {
            group.entries_read = self.entries_up_to(id);
        }
        group.last_delivered = id;
    }

    /// Whether something that is between the stream's ends was deleted at `id` or behind it.
    fn has_gaps_from(&self, id: StreamId) -> bool {
        let has_gaps =
            self.len > 0 && self.max_deleted != StreamId::MIN && self.first_id <= self.max_deleted;
        has_gaps && id <= self.max_deleted
    }

    /// How many entries were ever added up to `id`; None when that can't be told.
    pub(super) fn entries_up_to(&self, id: StreamId) -> Option<u64> {
        if self.entries_added == 0 {
            return Some(0);
        }
        if id == self.last_id || (self.len == 0 && id < self.last_id) {
            return Some(self.entries_added);
        }
        if id > self.last_id {
            return None;
        }
        let is_whole = self.max_deleted == StreamId::MIN || self.max_deleted < self.first_id;
        let before_first = self.entries_added.saturating_sub(self.len);
        if is_whole && id < self.first_id {
            Some(before_first)
        } else if is_whole && id == self.first_id {
            Some(before_first + 1)
        } else {
            None
        }
    }
}
