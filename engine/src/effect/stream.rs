//! What a shard tells the log and has not shipped yet: commands with their places in the order, encoded once.
//!
//! ```text
//!   bytes    *3 SET a 1 │ *2 DEL b │ ..         as they will stand in the log
//!   entries  place, part, db, length │ ..       of each command, in the order in which they ran here
//! ```
//!
//! Invariant: places are those at which operations asked to run, so they do not grow along the stream. Whoever merges the
//! streams waits until nothing is under way before a place.

use crate::command::args::Args;
use crate::order::place::Place;
use crate::resp::reply::{Protocol, ReplyWriter};
use crate::shard::DbIndex;

/// To which unit at its place a command belongs. Units of a place come in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// To what asked to run at this place: all shards' parts of it are one unit.
    Unit {
        /// Number of the command among those of the unit.
        command: u32,
        /// Whether it is the command itself, which several shards may tell; else a deletion of what had expired, which
        /// comes before it.
        is_own: bool,
    },
    /// To a unit of its own behind that: a waiter that was served, a key that expired. Units of one shard are numbered.
    Alone(u64),
    /// No command: the place of [`LogStream::mark`].
    Mark(u64),
}

/// One command of a [`LogStream`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where it stands.
    pub place: Place,
    /// In which unit there.
    pub part: Part,
    /// Its database.
    pub db: DbIndex,
    /// How many bytes it has.
    pub len: u32,
}

/// See the top of the file.
#[derive(Clone, Debug, Default)]
pub struct LogStream {
    entries: Vec<Entry>,
    bytes: Vec<u8>,
}

impl LogStream {
    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// How many commands are in it.
    pub fn commands(&self) -> u64 {
        self.entries.len() as u64
    }

    /// Bytes of all commands.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Adds a command.
    pub fn push(&mut self, place: Place, part: Part, db: DbIndex, words: &Args<'_>) {
        let start = self.bytes.len();
        encode(words, &mut self.bytes);
        let len = (self.bytes.len() - start) as u32;
        self.entries.push(Entry {
            place,
            part,
            db,
            len,
        });
    }

    /// Marks a place, behind all that is told of it. Whoever reads the log learns where that is.
    pub fn mark(&mut self, place: Place, number: u64) {
        self.entries.push(Entry {
            place,
            part: Part::Mark(number),
            db: DbIndex(0),
            len: 0,
        });
    }

    /// Adds what another one holds, behind all that is there.
    pub(crate) fn append(&mut self, other: LogStream) {
        self.entries.extend(other.entries);
        self.bytes.extend(other.bytes);
    }

    /// Every command with its bytes.
    pub fn iter(&self) -> impl Iterator<Item = (Entry, &[u8])> {
        let mut rest = &self.bytes[..];
        self.entries.iter().map(move |entry| {
            let (own, behind) = rest.split_at(entry.len as usize);
            rest = behind;
            (*entry, own)
        })
    }
}

/// Appends a command as a client would send it.
pub fn encode(words: &Args<'_>, out: &mut Vec<u8>) {
    let mut writer = ReplyWriter::new(out, Protocol::Resp2);
    writer.array(words.len());
    words.iter().for_each(|word| writer.bulk(word));
}
