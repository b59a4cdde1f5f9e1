//! A snapshot's walk over a database: every entry that was there at the cut goes to a sink once, as it was at the cut, while
//! commands go on.
//!
//! At the cut the database changes its epoch. Entries of the old epoch are not handed over yet; new ones are born with the
//! new epoch. The walk goes through all of them in the order of keys, and whoever is about to change or remove an entry of
//! the old epoch hands it over first. Both turn it into one of the new epoch.
//!
//! Invariant: outside of a walk all entries of a database have its epoch. So a walk that nobody wants any more goes on to
//! its end, without a sink.
//! Invariant: an entry behind the cursor has the new epoch, as growth does not change the order of keys.

use super::entry::{Entry, EntryMut};

/// What takes the entries of one database as they were at the cut.
pub trait Sink: Send {
    /// Takes an entry. It is handed over once.
    fn entry(&mut self, entry: Entry<'_>);

    /// That was all. A sink that is dropped without this was given up.
    fn end(self: Box<Self>);
}

/// See the top of the file.
pub(super) struct Walk {
    /// Where it goes on, as a cursor of a scan.
    pub cursor: u64,
    sink: Option<Box<dyn Sink>>,
}

impl Walk {
    pub(super) fn new(sink: Box<dyn Sink>) -> Walk {
        Walk {
            cursor: 0,
            sink: Some(sink),
        }
    }

    /// From now on nobody gets anything.
    pub(super) fn give_up(&mut self) {
        self.sink = None;
    }

    pub(super) fn end(self) {
        if let Some(sink) = self.sink {
            sink.end();
        }
    }

    /// Hands an entry over that is about to go, if that has not happened.
    pub(super) fn last_look(&mut self, entry: Entry<'_>, epoch: bool) {
        if entry.epoch() != epoch
            && let Some(sink) = &mut self.sink
        {
            sink.entry(entry);
        }
    }

    /// Hands an entry over that stays, if that has not happened.
    pub(super) fn hand_over(&mut self, entry: &mut EntryMut<'_>, epoch: bool) {
        self.last_look(entry.entry(), epoch);
        if entry.epoch() != epoch {
            entry.set_epoch(epoch);
        }
    }
}
