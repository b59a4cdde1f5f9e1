//! What one core and one thread would answer: the specification that histories are held against.

use super::command::{Command, KEYS, KeyNumber, Operation};

/// The most clients a run has.
pub(super) const CLIENTS: usize = 4;

/// A keyspace, and who watches what in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub(super) struct Model {
    values: [Option<i64>; KEYS],
    watches: [Watches; CLIENTS],
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
        }
    }

    fn run(&mut self, command: &Command, out: &mut Vec<u8>) {
        match command {
            Command::Get(key) => bulk(self.values[*key], out),
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
                keys.iter().for_each(|key| bulk(self.values[*key], out));
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
            Command::DbSize => integer(self.values.iter().flatten().count() as i64, out),
            Command::FlushDb => {
                for key in 0..KEYS {
                    self.take(key);
                }
                ok(out);
            }
        }
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

fn bulk(value: Option<i64>, out: &mut Vec<u8>) {
    match value.map(|value| value.to_string()) {
        Some(text) => out.extend_from_slice(format!("${}\r\n{text}\r\n", text.len()).as_bytes()),
        None => out.extend_from_slice(b"$-1\r\n"),
    }
}
