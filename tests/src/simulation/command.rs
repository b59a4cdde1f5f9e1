//! The commands that simulated clients send: few kinds over few keys, so that they meet.

use std::fmt;

use engine::command::args::OwnedArgs;
use engine::random::Random;

/// The most keys a run has.
pub(super) const KEYS: usize = 5;

/// A key, by its number.
pub(super) type KeyNumber = usize;

/// A command on data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Command {
    Get(KeyNumber),
    Set(KeyNumber, i64),
    Incr(KeyNumber),
    Del(Vec<KeyNumber>),
    Exists(Vec<KeyNumber>),
    MGet(Vec<KeyNumber>),
    MSet(Vec<(KeyNumber, i64)>),
    MSetNx(Vec<(KeyNumber, i64)>),
    Rename(KeyNumber, KeyNumber),
    RenameNx(KeyNumber, KeyNumber),
    Copy(KeyNumber, KeyNumber),
    /// Reads what it leads to.
    Follow(KeyNumber),
    DbSize,
    FlushDb,
    /// Waits until one of them is there.
    Take(Vec<KeyNumber>),
    /// Waits for the same, and lets it be.
    Look(Vec<KeyNumber>),
    /// Waits until the first is there.
    Shift(KeyNumber, KeyNumber),
}

/// What a client asks for in one go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    Run(Command),
    Watch(Vec<KeyNumber>),
    Unwatch,
    /// MULTI, the commands, EXEC.
    Exec(Vec<Command>),
    /// The commands, one hop after the other, and a look at all keys, while everybody else stands still.
    StandStill(Vec<Command>),
}

/// What kind of commands a run is made of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mix {
    pub keys: usize,
    /// Out of 100: how many operations are transactions, or watch.
    pub transactions: u64,
    /// Out of 100: how many commands meet several keys.
    pub many: u64,
    /// Out of 100, of those with several keys: how many read, then write.
    pub hops: u64,
    /// The most operations of one client.
    pub longest: u64,
    /// Whether all that is written is all keys together, and most is read.
    pub witnesses: bool,
    /// Out of 100: how many commands may wait.
    pub waits: u64,
}

impl Mix {
    pub(super) fn draw(dice: &mut Random) -> Self {
        // Two keys that are written together and read one by one, for a long time: what shows most faults of the mesh.
        if dice.below(3) == 0 {
            return Mix {
                keys: 2,
                transactions: 0,
                many: 35,
                hops: 0,
                longest: 40,
                witnesses: true,
                waits: 0,
            };
        }
        let mut one_of = |choices: &[u64]| choices[dice.below(choices.len() as u64) as usize];
        Mix {
            keys: one_of(&[2, 3, 4, KEYS as u64]) as usize,
            transactions: one_of(&[0, 15, 40, 70]),
            many: one_of(&[10, 40, 80]),
            hops: one_of(&[0, 30, 80]),
            longest: 10,
            witnesses: false,
            waits: one_of(&[0, 0, 30, 60]),
        }
    }

    /// The next operation. `value` is the last value given; no two writes give the same.
    pub(super) fn operation(self, dice: &mut Random, value: &mut i64) -> Operation {
        if dice.below(100) >= self.transactions {
            return Operation::Run(self.command(dice, value));
        }
        match dice.below(10) {
            0 => Operation::Unwatch,
            1..=4 => Operation::Watch(self.some_keys(dice)),
            5 => Operation::StandStill(self.some_commands(dice, value)),
            _ => Operation::Exec(self.some_commands(dice, value)),
        }
    }

    fn some_commands(self, dice: &mut Random, value: &mut i64) -> Vec<Command> {
        (0..dice.below(4))
            .map(|_| self.command(dice, value))
            .collect()
    }

    fn command(self, dice: &mut Random, value: &mut i64) -> Command {
        if self.waits > 0 && dice.below(100) < self.waits {
            return match dice.below(5) {
                0 => Command::Take(vec![self.key(dice)]),
                1 => Command::Take(self.some_keys(dice)),
                2 => Command::Look(self.some_keys(dice)),
                _ => Command::Shift(self.key(dice), self.key(dice)),
            };
        }
        if self.witnesses && dice.below(4) > 0 {
            return match dice.below(100) < self.many {
                true => Command::MSet((0..self.keys).map(|key| (key, fresh(value))).collect()),
                false => Command::Get(self.key(dice)),
            };
        }
        if dice.below(100) >= self.many {
            let key = self.key(dice);
            return match dice.below(8) {
                0..=2 => Command::Get(key),
                3..=5 => Command::Set(key, fresh(value)),
                6 => Command::Incr(key),
                _ => Command::Del(vec![key]),
            };
        }
        if dice.below(100) < self.hops {
            let (from, to) = self.two_keys(dice);
            return match dice.below(10) {
                8 | 9 => Command::Follow(from),
                0..=3 => Command::Rename(from, to),
                4 => Command::RenameNx(from, to),
                5 => Command::Copy(from, to),
                _ => Command::MSetNx(self.some_pairs(dice, value)),
            };
        }
        match dice.below(16) {
            0..=5 => Command::MGet(self.some_keys(dice)),
            6..=10 => Command::MSet(self.some_pairs(dice, value)),
            11 | 12 => Command::Del(self.some_keys(dice)),
            13 => Command::Exists(self.some_keys(dice)),
            14 => Command::DbSize,
            _ => Command::FlushDb,
        }
    }

    fn key(self, dice: &mut Random) -> KeyNumber {
        dice.below(self.keys as u64) as usize
    }

    fn two_keys(self, dice: &mut Random) -> (KeyNumber, KeyNumber) {
        let from = self.key(dice);
        (
            from,
            (from + 1 + dice.below(self.keys as u64 - 1) as usize) % self.keys,
        )
    }

    fn some_keys(self, dice: &mut Random) -> Vec<KeyNumber> {
        (0..1 + dice.below(self.keys as u64))
            .map(|_| self.key(dice))
            .collect()
    }

    fn some_pairs(self, dice: &mut Random, value: &mut i64) -> Vec<(KeyNumber, i64)> {
        self.some_keys(dice)
            .into_iter()
            .map(|key| (key, fresh(value)))
            .collect()
    }
}

/// Far from all values before, so that increments of those do not reach it.
fn fresh(value: &mut i64) -> i64 {
    *value += 1000;
    *value
}

impl Command {
    /// The command's words.
    pub(super) fn words(&self, names: &[String]) -> OwnedArgs {
        let mut words = OwnedArgs::new();
        words.push(self.name().as_bytes());
        let mut push = |word: &str| words.push(word.as_bytes());
        match self {
            Command::Get(key) | Command::Incr(key) => push(&names[*key]),
            Command::Follow(key) => {
                push(&names[*key]);
                names.iter().for_each(|name| push(name));
            }
            Command::Set(key, value) => {
                push(&names[*key]);
                push(&value.to_string());
            }
            Command::Del(keys)
            | Command::Exists(keys)
            | Command::MGet(keys)
            | Command::Take(keys)
            | Command::Look(keys) => {
                keys.iter().for_each(|key| push(&names[*key]));
            }
            Command::MSet(pairs) | Command::MSetNx(pairs) => {
                for (key, value) in pairs {
                    push(&names[*key]);
                    push(&value.to_string());
                }
            }
            Command::Rename(from, to)
            | Command::RenameNx(from, to)
            | Command::Copy(from, to)
            | Command::Shift(from, to) => {
                push(&names[*from]);
                push(&names[*to]);
            }
            Command::DbSize | Command::FlushDb => {}
        }
        words
    }

    fn name(&self) -> &'static str {
        match self {
            Command::Get(_) => "get",
            Command::Set(..) => "set",
            Command::Incr(_) => "incr",
            Command::Del(_) => "del",
            Command::Exists(_) => "exists",
            Command::MGet(_) => "mget",
            Command::MSet(_) => "mset",
            Command::MSetNx(_) => "msetnx",
            Command::Rename(..) => "rename",
            Command::RenameNx(..) => "renamenx",
            Command::Copy(..) => "copy",
            Command::Follow(_) => "follow",
            Command::DbSize => "dbsize",
            Command::FlushDb => "flushdb",
            Command::Take(_) => "take",
            Command::Look(_) => "look",
            Command::Shift(..) => "shift",
        }
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = (0..KEYS).map(|key| format!("k{key}")).collect();
        let words: Vec<String> = self
            .words(&names)
            .as_args()
            .iter()
            .map(|word| String::from_utf8_lossy(word).into_owned())
            .collect();
        write!(f, "{}", words.join(" "))
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Operation::Run(command) => write!(f, "{command}"),
            Operation::Watch(keys) => write!(f, "watch {keys:?}"),
            Operation::Unwatch => write!(f, "unwatch"),
            Operation::Exec(commands) | Operation::StandStill(commands) => {
                let commands: Vec<String> = commands.iter().map(Command::to_string).collect();
                let name = match self {
                    Operation::Exec(_) => "exec",
                    _ => "stand still",
                };
                write!(f, "{name} {{ {} }}", commands.join("; "))
            }
        }
    }
}
