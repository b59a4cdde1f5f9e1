//! What one core and one thread would answer: the specification that histories are held against.

use super::command::{Command, KEYS, KeyNumber, Operation};
use super::following::{HOPS, number};

/// The most clients a run has.
pub(super) const CLIENTS: usize = 4;

/// A keyspace, and who watches what in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub(super) struct Model {
    values: [Option<i64>; KEYS],
    watches: [Watches; CLIENTS],
    /// Who waits, in order of arrival, each client's number plus one; 0 behind the last.
    queue: [u8; CLIENTS],
    /// Keys that changed in this unit of work, a bit for each.
    touched: u8,
    /// Those of them that were not changed by a command which knew who waits.
    unlinked: u8,
    /// Clients that wait and were passed over, a bit for each.
    passed: u8,
}

/// What one client watches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
struct Watches {
    /// A bit for each key.
    keys: u8,
    changed: bool,
}

impl Model {
    /// What the keys hold.
    pub(super) fn values(&self) -> [Option<i64>; KEYS] {
        self.values
    }

    /// Does `operation` for `client` and appends the reply to `out`.
    pub(super) fn apply(&mut self, client: usize, operation: &Operation, out: &mut Vec<u8>) {
        match operation {
            Operation::Run(command) => self.run(command, out),
            Operation::Watch(keys) => {
                keys.iter()
                    .for_each(|key| self.watches[client].keys |= 1 << key);
                out.extend_from_slice(b"+OK\r\n");
            }
            Operation::Unwatch => {
                self.watches[client] = Watches::default();
                out.extend_from_slice(b"+OK\r\n");
            }
            Operation::Exec(commands) => {
                if std::mem::take(&mut self.watches[client]).changed {
                    return out.extend_from_slice(b"*-1\r\n");
                }
                array(commands.len(), out);
                commands.iter().for_each(|command| self.run(command, out));
            }
            Operation::StandStill(commands) => {
                array(commands.len() + 1, out);
                commands.iter().for_each(|command| self.run(command, out));
                self.unlinked = self.touched;
                self.run(&Command::MGet((0..KEYS).collect()), out);
            }
        }
    }

    fn run(&mut self, command: &Command, out: &mut Vec<u8>) {
        match command {
            Command::Get(key) => bulk_number(self.values[*key], out),
            Command::Set(key, value) => {
                self.put(*key, *value);
                ok(out);
            }
            Command::Incr(key) => {
                let value = self.values[*key].unwrap_or(0) + 1;
                self.put(*key, value);
                integer(value, out);
            }
            Command::Del(keys) => {
                let gone = keys.iter().filter(|key| self.take(**key).is_some()).count();
                integer(gone as i64, out);
            }
            Command::Exists(keys) => {
                integer(
                    keys.iter()
                        .filter(|key| self.values[**key].is_some())
                        .count() as i64,
                    out,
                );
            }
            Command::MGet(keys) => {
                array(keys.len(), out);
                keys.iter()
                    .for_each(|key| bulk_number(self.values[*key], out));
            }
            Command::MSet(pairs) => {
                pairs.iter().for_each(|(key, value)| self.put(*key, *value));
                ok(out);
            }
            Command::MSetNx(pairs) => {
                let free = pairs.iter().all(|(key, _)| self.values[*key].is_none());
                if free {
                    pairs.iter().for_each(|(key, value)| self.put(*key, *value));
                }
                integer(free.into(), out);
            }
            Command::Rename(from, to) => match self.take(*from) {
                Some(value) => {
                    self.put(*to, value);
                    ok(out);
                }
                None => out.extend_from_slice(b"-ERR no such key\r\n"),
            },
            Command::RenameNx(from, to) => match self.values[*from] {
                None => out.extend_from_slice(b"-ERR no such key\r\n"),
                Some(value) => {
                    let free = self.values[*to].is_none();
                    if free {
                        self.take(*from);
                        self.put(*to, value);
                    }
                    integer(free.into(), out);
                }
            },
            Command::Copy(from, to) => match (self.values[*from], self.values[*to]) {
                (Some(value), None) => {
                    self.put(*to, value);
                    integer(1, out);
                }
                _ => integer(0, out),
            },
            Command::Follow(key) => {
                let mut value = self.values[*key];
                array(HOPS + 1, out);
                bulk_number(value, out);
                for _ in 0..HOPS {
                    value = value.and_then(|value| self.values[number(value, KEYS)]);
                    bulk_number(value, out);
                }
                if let Some(value) = value {
                    self.put(*key, value);
                }
            }
            // In MULTI nobody waits.
            Command::Take(_) | Command::Look(_) => {
                if !self.attempt(command, out) {
                    out.extend_from_slice(b"*-1\r\n");
                }
            }
            Command::Shift(..) => {
                if !self.attempt(command, out) {
                    out.extend_from_slice(b"$-1\r\n");
                }
            }
            Command::DbSize => integer(self.values.iter().flatten().count() as i64, out),
            Command::FlushDb => {
                for key in 0..KEYS {
                    self.take(key);
                }
                ok(out);
            }
        }
    }

    /// Runs a command that may wait. Returns false if it has to.
    pub(super) fn attempt(&mut self, command: &Command, out: &mut Vec<u8>) -> bool {
        match command {
            Command::Take(keys) | Command::Look(keys) => {
                let first = keys.iter().find(|key| self.values[**key].is_some());
                let Some(key) = first else { return false };
                let value = match command {
                    Command::Take(_) => self.take(*key),
                    _ => self.values[*key],
                };
                array(2, out);
                bulk(Some(name(*key)), out);
                bulk_number(value, out);
                true
            }
            Command::Shift(from, to) => {
                let Some(value) = self.values[*from] else {
                    return false;
                };
                if from != to {
                    self.take(*from);
                    self.put(*to, value);
                }
                bulk_number(Some(value), out);
                true
            }
            _ => false,
        }
    }

    /// Whether a client waits.
    pub(super) fn waits(&self, client: usize) -> bool {
        self.queue.contains(&(client as u8 + 1))
    }

    /// The client at a place in the order of arrival.
    pub(super) fn waiting_at(&self, place: usize) -> Option<usize> {
        usize::from(self.queue[place]).checked_sub(1)
    }

    pub(super) fn begin_wait(&mut self, client: usize) {
        let free = self.queue.iter_mut().find(|place| **place == 0);
        *free.expect("a client waits once") = client as u8 + 1;
    }

    pub(super) fn end_wait(&mut self, client: usize) {
        if let Some(place) = self
            .queue
            .iter()
            .position(|who| usize::from(*who) == client + 1)
        {
            self.queue.copy_within(place + 1.., place);
            self.queue[CLIENTS - 1] = 0;
            self.passed &= !(1 << client);
        }
    }

    /// Who waits behind such a command has to be looked after.
    pub(super) fn touch_waited(&mut self, command: &Command) {
        if let Command::Shift(from, _) = command {
            self.touched |= 1 << from;
            self.unlinked |= 1 << from;
        }
    }

    /// What has been touched since `before` was changed by serving somebody.
    pub(super) fn note_service(&mut self, before: &Model) {
        self.unlinked |= self.touched & !before.touched;
    }

    /// A client that waits for a key that is there goes on waiting.
    pub(super) fn pass(&mut self, client: usize) {
        self.passed |= 1 << client;
    }

    /// Whether that has happened to it.
    pub(super) fn was_passed(&self, client: usize) -> bool {
        self.passed & 1 << client != 0
    }

    /// Keys that changed and were not looked at, a bit for each.
    pub(super) fn touched(&self) -> u8 {
        self.touched
    }

    /// Whether this key changed, and if so, whether a command changed it which knew who waits. Not any more.
    pub(super) fn take_touched(&mut self, key: KeyNumber) -> Option<bool> {
        let (was, unlinked) = (self.touched & 1 << key, self.unlinked & 1 << key);
        self.touched &= !was;
        self.unlinked &= !unlinked;
        (was != 0).then_some(unlinked == 0)
    }

    fn put(&mut self, key: KeyNumber, value: i64) {
        self.values[key] = Some(value);
        self.touch(key);
    }

    fn take(&mut self, key: KeyNumber) -> Option<i64> {
        let taken = self.values[key].take();
        if taken.is_some() {
            self.touch(key);
        }
        taken
    }

    fn touch(&mut self, key: KeyNumber) {
        self.touched |= 1 << key;
        for watches in &mut self.watches {
            watches.changed |= watches.keys & 1 << key != 0;
        }
    }
}

fn ok(out: &mut Vec<u8>) {
    out.extend_from_slice(b"+OK\r\n");
}

fn integer(value: i64, out: &mut Vec<u8>) {
    out.extend_from_slice(format!(":{value}\r\n").as_bytes());
}

fn array(len: usize, out: &mut Vec<u8>) {
    out.extend_from_slice(format!("*{len}\r\n").as_bytes());
}

/// How replies call a key.
pub(super) fn name(key: KeyNumber) -> String {
    format!("k{key}")
}

fn bulk_number(value: Option<i64>, out: &mut Vec<u8>) {
    bulk(value.map(|value| value.to_string()), out);
}

fn bulk(value: Option<String>, out: &mut Vec<u8>) {
    match value {
        Some(text) => out.extend_from_slice(format!("${}\r\n{text}\r\n", text.len()).as_bytes()),
        None => out.extend_from_slice(b"$-1\r\n"),
    }
}
