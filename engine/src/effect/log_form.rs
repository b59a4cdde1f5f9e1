//! How a command that wrote is told to the log: as it came, in another form, or as several commands.
//!
//! The log carries effects, not intentions: whatever depends on the clock, on chance or on the order of a table is
//! rewritten by its handler into what it did. Nothing is copied while nobody reads the log.

use crate::command::args::OwnedArgs;

/// What to log of the command that runs now.
#[derive(Clone, Debug, Default)]
pub enum LogForm {
    /// Its own words, if it changed anything.
    #[default]
    Verbatim,
    /// These commands in its place.
    Instead(Vec<OwnedArgs>),
}

/// The log as a shard sees it while it runs one command.
#[derive(Debug, Default)]
pub struct ShardLog {
    /// Whether an append-only file or a replica reads the log.
    pub is_read: bool,
    form: LogForm,
    /// Deletions of expired keys the command came across; they go before its own entry.
    expired: Vec<OwnedArgs>,
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

    pub(crate) fn expired(&mut self, key: &[u8]) {
        if self.is_read {
            self.expired
                .push([b"DEL".as_slice(), key].into_iter().collect());
        }
    }

    pub(crate) fn expired_fields(&mut self, key: &[u8], fields: &[Vec<u8>]) {
        if self.is_read {
            let words = [b"HDEL".as_slice(), key].into_iter();
            let fields = fields.iter().map(Vec::as_slice);
            self.expired.push(words.chain(fields).collect());
        }
    }

    /// What the command that just ran leaves behind: deletions first, then its own form. Ready for the next command.
    pub fn take(&mut self) -> (Vec<OwnedArgs>, LogForm) {
        (
            std::mem::take(&mut self.expired),
            std::mem::take(&mut self.form),
        )
    }
}
