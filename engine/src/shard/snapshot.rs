//! A shard's part in a snapshot: from the cut on, all databases are walked in slices; see [`crate::keyspace::walk`].
//!
//! Invariant: a snapshot begins when the last one has ended here, also one that was given up.

use super::{DbIndex, Shard};
use crate::keyspace::database::Database;
use crate::keyspace::walk::Sink;

impl Shard {
    /// The cut. What each database holds now goes to the sink that `sink` makes for it; none is made for empty ones.
    pub fn begin_snapshot(&mut self, mut sink: impl FnMut(DbIndex) -> Box<dyn Sink>) {
        debug_assert!(!self.is_walking, "one snapshot at a time");
        for (index, database) in self.databases.iter_mut().enumerate() {
            if !database.is_empty() {
                database.begin_walk(sink(DbIndex(index as u32)));
                self.is_walking = true;
            }
        }
    }

    /// Whether a snapshot is under way here, also one that was given up.
    #[inline]
    pub fn is_walking(&self) -> bool {
        self.is_walking
    }

    /// Hands some entries over. Returns whether more are left.
    pub fn walk_some(&mut self) -> bool {
        if let Some(aside) = self.set_aside.last_mut() {
            if !aside.walk_some()
                && let Some(mut aside) = self.set_aside.pop()
            {
                self.retired.push(aside.take_all());
            }
            return true;
        }
        let next = self.databases.iter_mut().find(|db| db.is_walking());
        self.is_walking = next.map(Database::walk_some).is_some();
        self.is_walking
    }

    /// Nobody wants the snapshot any more.
    pub fn give_up_snapshot(&mut self) {
        let databases = self.databases.iter_mut().chain(&mut self.set_aside);
        databases.for_each(Database::give_up_walk);
    }
}

#[cfg(test)]
mod tests;
