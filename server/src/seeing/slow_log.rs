//! The slow log: the last commands that took longer than `slowlog-log-slower-than`, of all cores, oldest first.
//!
//! One for the whole process, behind a lock that is taken only when a command was slow, or by SLOWLOG. A command is
//! logged by the core of its client, before the reply leaves: whoever has the reply finds the entry. Entries are in the
//! order in which the commands ended, whichever core heard of it first.

use std::collections::VecDeque;

use engine::command::args::Args;
use engine::command::flags::Flags;
use engine::command::table::{CommandId, table};

use super::secrets::shown;
use crate::connection::Connection;
use crate::core::ServerCore;

/// Words kept of a command; the last one tells how many there are beyond.
const MOST_WORDS: usize = 32;
/// Bytes kept of a word.
const MOST_BYTES: usize = 128;

/// A client, as the log names it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Who {
    /// Its address.
    pub peer: String,
    /// CLIENT SETNAME.
    pub name: Vec<u8>,
}

impl Who {
    /// The client at the other end.
    pub fn of(connection: &Connection) -> Self {
        Who {
            peer: connection.peer.to_string(),
            name: connection.name.clone(),
        }
    }
}

/// One slow command.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Counts from 0 since the start of the server.
    pub id: u64,
    /// When it ended, in seconds of Unix time.
    pub time: i64,
    /// How long it took, in microseconds.
    pub micros: u64,
    /// When it ended, on the meter's clock.
    pub ended: u64,
    /// Its words, cut to what is kept.
    pub words: Vec<Vec<u8>>,
    /// Whose it was.
    pub who: Who,
}

/// See the top of the file.
#[derive(Debug, Default)]
pub struct SlowLog {
    entries: VecDeque<Entry>,
    next: u64,
}

impl SlowLog {
    /// Adds an entry, whose number it gives, and keeps `most` at the most.
    pub fn push(&mut self, mut entry: Entry, most: u64) {
        let at = self
            .entries
            .partition_point(|earlier| earlier.ended <= entry.ended);
        entry.id = self.next - (self.entries.len() - at) as u64;
        for later in self.entries.range_mut(at..) {
            later.id += 1;
        }
        self.next += 1;
        self.entries.insert(at, entry);
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        while self.entries.len() > most {
            self.entries.pop_front();
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The newest first.
    pub fn newest(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().rev()
    }

    /// Forgets all entries; numbers go on.
    pub fn reset(&mut self) {
        self.entries = VecDeque::new();
    }
}

fn kept(args: &Args<'_>) -> Vec<Vec<u8>> {
    let words = args.len();
    let cut = if words > MOST_WORDS {
        MOST_WORDS - 1
    } else {
        words
    };
    let mut kept: Vec<Vec<u8>> = shown(*args).take(cut).map(kept_of_word).collect();
    if cut < words {
        kept.push(format!("... ({} more arguments)", words - cut).into_bytes());
    }
    kept
}

fn kept_of_word(word: &[u8]) -> Vec<u8> {
    if word.len() <= MOST_BYTES {
        return word.to_vec();
    }
    let mut kept = word[..MOST_BYTES].to_vec();
    kept.extend_from_slice(format!("... ({} more bytes)", word.len() - MOST_BYTES).as_bytes());
    kept
}

impl ServerCore {
    /// Logs a command if it was slow by the parameters in force.
    pub(super) fn note_in_slow_log(
        &self,
        who: &Who,
        command: CommandId,
        [micros, ended]: [u64; 2],
        args: &Args<'_>,
    ) {
        let settings = &self.settings.slow_log;
        let is_slow =
            u64::try_from(settings.log_slower_than).is_ok_and(|slower_than| micros >= slower_than);
        if !is_slow || args.is_empty() || table().row(command).flags.contains(Flags::SKIP_SLOWLOG) {
            return;
        }
        let entry = Entry {
            id: 0,
            time: self.now.0 / 1000,
            micros,
            ended,
            words: kept(args),
            who: who.clone(),
        };
        self.process.slow_log().push(entry, settings.max_len);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::command::args::OwnedArgs;

    fn words(count: usize, len: usize) -> Vec<String> {
        crate::commands::register();
        let word = "x".repeat(len);
        let args: OwnedArgs = (0..count).map(|_| word.as_bytes()).collect();
        let kept = kept(&args.as_args());
        kept.into_iter()
            .map(|word| String::from_utf8(word).expect("text"))
            .collect()
    }

    #[test]
    fn long_commands_are_cut() {
        assert_eq!(words(32, 1), vec!["x"; 32]);
        let cut = words(33, 1);
        assert_eq!(
            (cut.len(), cut[31].as_str()),
            (32, "... (2 more arguments)")
        );
        assert_eq!(words(1, 128), ["x".repeat(128)]);
        assert_eq!(
            words(1, 130),
            [format!("{}... (2 more bytes)", "x".repeat(128))]
        );
    }

    #[test]
    fn numbers_go_on_and_the_oldest_go() {
        let mut log = SlowLog::default();
        let entry = || at(1);
        fn at(ended: u64) -> Entry {
            Entry {
                id: 9,
                time: 0,
                micros: 1,
                ended,
                words: Vec::new(),
                who: Who::default(),
            }
        }
        (0..3).for_each(|_| log.push(entry(), 2));
        assert_eq!(
            log.newest().map(|entry| entry.id).collect::<Vec<_>>(),
            [2, 1]
        );
        log.reset();
        assert!(log.is_empty());
        log.push(entry(), 5);
        assert_eq!(log.newest().map(|entry| entry.id).collect::<Vec<_>>(), [3]);
        log.push(at(7), 5);
        log.push(at(5), 5);
        let order: Vec<_> = log.newest().map(|entry| (entry.id, entry.ended)).collect();
        assert_eq!(order, [(5, 7), (4, 5), (3, 1)]);
        log.push(entry(), 0);
        assert_eq!(log.len(), 0);
    }
}
