//! What was denied lately, as ACL LOG shows it: the newest first, the same thing again and again counted once.

use std::collections::VecDeque;

use engine::time::UnixMillis;

/// What was missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The right password.
    Auth,
    /// The permission to run the command.
    Command,
    /// .. to do it to a key.
    Key,
    /// .. to use a channel.
    Channel,
}

impl Reason {
    /// Its name in ACL LOG.
    pub fn name(self) -> &'static str {
        match self {
            Reason::Auth => "auth",
            Reason::Command => "command",
            Reason::Key => "key",
            Reason::Channel => "channel",
        }
    }
}

/// Where a command came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Context {
    /// A client.
    TopLevel,
    /// A client's transaction.
    Multi,
    /// A script.
    Script,
}

impl Context {
    /// Its name in ACL LOG.
    pub fn name(self) -> &'static str {
        match self {
            Context::TopLevel => "toplevel",
            Context::Multi => "multi",
            Context::Script => "lua",
        }
    }
}

/// Something that was denied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denied {
    /// What was missing.
    pub reason: Reason,
    /// Where it was tried.
    pub context: Context,
    /// The command, key or channel.
    pub object: Vec<u8>,
    /// Who tried, or whose name was tried.
    pub user: Vec<u8>,
}

/// The same thing denied once or several times.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Counts from 0 since the start of the server.
    pub id: u64,
    /// What it was.
    pub what: Denied,
    /// How often.
    pub count: u64,
    /// The client of the last time, as CLIENT LIST describes it.
    pub client: Vec<u8>,
    /// The first time.
    pub created: UnixMillis,
    /// The last time.
    pub updated: UnixMillis,
}

/// How many of the newest entries are looked at for the same thing.
const LOOKED_AT: usize = 10;
/// Milliseconds after which the same thing counts as another.
const TOGETHER: i64 = 60_000;

/// See the top of the file.
#[derive(Debug, Default)]
pub struct AclLog {
    entries: VecDeque<Entry>,
    next: u64,
}

impl AclLog {
    /// Notes what was denied at `now` to `client`, and keeps `most` entries at the most.
    pub fn note(&mut self, what: Denied, client: Vec<u8>, now: UnixMillis, most: u64) {
        let is_same =
            |entry: &&mut Entry| entry.what == what && (now.0 - entry.updated.0).abs() <= TOGETHER;
        if let Some(entry) = self.entries.iter_mut().take(LOOKED_AT).find(is_same) {
            entry.count += 1;
            entry.client = client;
            entry.updated = now;
            return;
        }
        self.entries.push_front(Entry {
            id: self.next,
            what,
            count: 1,
            client,
            created: now,
            updated: now,
        });
        self.next += 1;
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        self.entries.truncate(most);
    }

    /// The newest first.
    pub fn newest(&self) -> impl ExactSizeIterator<Item = &Entry> {
        self.entries.iter()
    }

    /// Forgets all entries; numbers go on.
    pub fn reset(&mut self) {
        self.entries = VecDeque::new();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn denied(object: &str) -> Denied {
        Denied {
            reason: Reason::Key,
            context: Context::TopLevel,
            object: object.into(),
            user: b"u".to_vec(),
        }
    }

    #[test]
    fn the_same_counts_up_for_a_while() {
        let mut log = AclLog::default();
        for (now, object) in [(0, "a"), (10, "b"), (60_000, "a"), (120_001, "a")] {
            let client = now.to_string().into_bytes();
            log.note(denied(object), client, UnixMillis(now), 128);
        }
        let shown: Vec<_> = log
            .newest()
            .map(|entry| (entry.id, entry.count, entry.created.0, entry.updated.0))
            .collect();
        assert_eq!(
            shown,
            [(2, 1, 120_001, 120_001), (1, 1, 10, 10), (0, 2, 0, 60_000)]
        );
        assert_eq!(
            log.newest().last().map(|entry| entry.client.clone()),
            Some(b"60000".to_vec())
        );
    }

    #[test]
    fn the_oldest_go_and_numbers_stay() {
        let mut log = AclLog::default();
        for object in 0..20 {
            log.note(denied(&object.to_string()), Vec::new(), UnixMillis(0), 12);
        }
        assert_eq!(
            (log.newest().len(), log.newest().next().map(|e| e.id)),
            (12, Some(19))
        );
        // Too far down to be looked at.
        log.note(denied("8"), Vec::new(), UnixMillis(0), 12);
        assert_eq!(log.newest().next().map(|entry| entry.id), Some(20));
        log.reset();
        assert_eq!(log.newest().len(), 0);
        log.note(denied("x"), Vec::new(), UnixMillis(0), 12);
        assert_eq!(log.newest().next().map(|entry| entry.id), Some(21));
        log.note(denied("y"), Vec::new(), UnixMillis(0), 0);
        assert_eq!(log.newest().len(), 0);
    }
}
