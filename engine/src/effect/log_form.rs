//! How a command that wrote is told to the log: as it came, in another form, or as several commands.
//!
//! The log carries effects, not intentions: whatever depends on the clock, on chance or on the order of a table is
//! rewritten by its handler into what it did. Nothing is copied while nobody reads the log.

use super::stream::{LogStream, Part};
use crate::command::args::{Args, OwnedArgs};
use crate::order::place::Place;
use crate::shard::DbIndex;

/// What to log of the command that runs now.
#[derive(Clone, Debug, Default)]
pub enum LogForm {
    /// Its own words, if it changed anything.
    #[default]
    Verbatim,
    /// These commands in its place.
    Instead(Vec<OwnedArgs>),
}

/// Where what runs now stands in the order.
#[derive(Clone, Copy, Debug, Default)]
pub enum Standing {
    /// In the unit that asked to run at this place, as its command of this number.
    Unit(Place, u32),
    /// Behind the unit of this place, as a unit of its own.
    Behind(Place),
    /// Nowhere yet.
    #[default]
    Unknown,
}

/// The log as a shard sees it.
#[derive(Debug, Default)]
pub struct ShardLog {
    /// Whether an append-only file or a replica reads the log.
    pub is_read: bool,
    /// Where what runs now stands.
    pub(crate) standing: Standing,
    form: LogForm,
    /// Deletions of expired keys the command came across; they go before its own entry.
    expired: Vec<(DbIndex, OwnedArgs)>,
    stream: LogStream,
    /// Units that stood alone so far.
    alone: u64,
}

impl ShardLog {
    /// Logs `words` instead of the command that runs now; further calls add further commands.
    pub fn instead(&mut self, words: &[&[u8]]) {
        if !self.is_read {
            return;
        }
        let entry: OwnedArgs = words.iter().copied().collect();
        match &mut self.form {
            LogForm::Verbatim => self.form = LogForm::Instead(vec![entry]),
            LogForm::Instead(entries) => entries.push(entry),
        }
    }

    /// Logs nothing for the command that runs now but what it was told already, and what it will be.
    pub fn nothing(&mut self) {
        if self.is_read && matches!(self.form, LogForm::Verbatim) {
            self.form = LogForm::Instead(Vec::new());
        }
    }

    pub(crate) fn expired(&mut self, db: DbIndex, key: &[u8]) {
        if self.is_read {
            let words = [b"DEL".as_slice(), key].into_iter().collect();
            self.expired.push((db, words));
        }
    }

    pub(crate) fn expired_fields(&mut self, db: DbIndex, key: &[u8], fields: &[Vec<u8>]) {
        if self.is_read {
            let words = [b"HDEL".as_slice(), key].into_iter();
            let fields = fields.iter().map(Vec::as_slice);
            self.expired.push((db, words.chain(fields).collect()));
        }
    }

    /// What the command that just ran leaves behind: deletions first, then its own form. Ready for the next command.
    pub fn take(&mut self) -> (Vec<(DbIndex, OwnedArgs)>, LogForm) {
        (
            std::mem::take(&mut self.expired),
            std::mem::take(&mut self.form),
        )
    }

    /// Moves what a command leaves behind, which made `changes`, into the stream.
    pub(crate) fn record(&mut self, changes: u64, db: DbIndex, words: &Args<'_>) {
        let (expired, form) = self.take();
        // Each deletion counted as a change.
        let is_verbatim = matches!(form, LogForm::Verbatim) && changes > expired.len() as u64;
        let (place, deletion, own) = self.parts();
        for (db, words) in &expired {
            self.stream.push(place, deletion, *db, &words.as_args());
        }
        match form {
            LogForm::Verbatim if is_verbatim => self.stream.push(place, own, db, words),
            LogForm::Verbatim => {}
            LogForm::Instead(commands) => {
                for words in &commands {
                    self.stream.push(place, own, db, &words.as_args());
                }
            }
        }
    }

    /// Moves deletions that no command caused into the stream, each as a unit of its own behind `place`.
    pub(crate) fn record_deletions(&mut self, place: Place) {
        for (db, words) in std::mem::take(&mut self.expired) {
            self.alone += 1;
            let part = Part::Alone(self.alone);
            self.stream.push(place, part, db, &words.as_args());
        }
    }

    /// The place of what runs now, and the parts its deletions and its own words are.
    fn parts(&mut self) -> (Place, Part, Part) {
        let part = |command, is_own| Part::Unit { command, is_own };
        match self.standing {
            Standing::Unit(place, command) => (place, part(command, false), part(command, true)),
            Standing::Behind(place) => {
                self.alone += 1;
                let alone = Part::Alone(self.alone);
                (place, alone, alone)
            }
            Standing::Unknown => {
                debug_assert!(false, "what is logged has a place");
                (Place::default(), part(0, false), part(0, true))
            }
        }
    }

    /// Marks the place of what runs now, see [`LogStream::mark`].
    pub fn mark(&mut self, number: u64) {
        let (place, ..) = self.parts();
        self.stream.mark(place, number);
    }

    /// What runs next is another command of the same unit.
    pub(crate) fn begin_next_command(&mut self) {
        if let Standing::Unit(_, command) = &mut self.standing {
            *command += 1;
        }
    }

    /// Takes what is to be shipped and puts `stream` in its place.
    pub(crate) fn exchange_stream(&mut self, stream: LogStream) -> LogStream {
        std::mem::replace(&mut self.stream, stream)
    }

    /// Ships `stream` behind what is to be shipped.
    pub(crate) fn append(&mut self, stream: LogStream) {
        self.stream.append(stream);
    }

    /// Whether something is to be shipped.
    pub fn has_entries(&self) -> bool {
        !self.stream.is_empty()
    }

    /// Bytes that are to be shipped.
    pub fn waiting_bytes(&self) -> usize {
        self.stream.len()
    }

    /// Takes what is to be shipped.
    pub fn take_stream(&mut self) -> LogStream {
        std::mem::take(&mut self.stream)
    }
}
