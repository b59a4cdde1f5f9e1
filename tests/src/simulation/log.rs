//! The log that the shards of a run write, held against what clients saw: it must lead to what the keys hold in the end, and
//! stand in an order that no client contradicts.
//!
//! Values are written once, so a value tells which operation wrote it, and where that stands in the log.

use std::collections::HashMap;

use engine::command::args::Args;
use engine::command::table::table;
use engine::keyspace::key::{HashSeed, Key};
use engine::limits::Limits;
use engine::order::core::Core;
use engine::order::{Place, ShardId, Stamp};
use engine::random::Random;
use engine::resp::request::Span;
use engine::shard::context::Caller;
use engine::shard::execute::execute;
use engine::shard::{DbIndex, Shard};
use engine::value::ValueRef;
use persistence::aof::commands::{CommandReader, Next};
use persistence::log::{Keeper, Shipment};

use super::Failure;
use super::client::NOW;
use super::command::{Command, Operation};
use super::history::{Event, History};

/// What all shards have told.
pub(super) struct Log {
    keeper: Keeper,
    bytes: Vec<u8>,
    cores: usize,
    /// Its own, so that a run is the same whoever reads the log.
    dice: Random,
}

impl Log {
    pub(super) fn new(cores: usize) -> Self {
        Log {
            keeper: Keeper::new(cores as u16),
            bytes: Vec::new(),
            cores,
            dice: Random::new(cores as u64),
        }
    }

    /// A tick of a core ends; it may ship what it has.
    pub(super) fn ship_sometimes(&mut self, from: usize, engine: &mut Core) {
        if self.dice.below(3) == 0 {
            self.ship(from, engine);
        }
    }

    /// A core ships what it has.
    pub(super) fn ship(&mut self, from: usize, engine: &mut Core) {
        self.keeper.put(Shipment {
            from: ShardId(from as u16),
            below: engine.logged_below(),
            stream: engine.shard().log.take_stream(),
        });
        self.bytes.extend(self.keeper.take().bytes);
    }

    /// Nothing more will be told.
    pub(super) fn close(&mut self) {
        for from in 0..self.cores {
            self.keeper.put(Shipment {
                from: ShardId(from as u16),
                below: Place::behind_all_own(Stamp(u64::MAX)),
                stream: Default::default(),
            });
        }
        self.bytes.extend(self.keeper.take().bytes);
    }

    /// Holds it against a history. Errors: see the top of the file.
    pub(super) fn check(&self, history: &History, names: &[String]) -> Result<(), Failure> {
        let told = Told::read(&self.bytes);
        for (key, name) in names.iter().enumerate() {
            let value = told.value(name);
            if value != history.values[key] {
                let held = history.values[key];
                return Err(self.fault(history, format!("k{key} is {value:?}, held {held:?}")));
            }
        }
        let events = history.clients.iter().enumerate();
        let written: Vec<(usize, &Event, usize)> = events
            .flat_map(|(client, events)| events.iter().map(move |event| (client, event)))
            .flat_map(|(client, event)| {
                let unit = |value| Some((client, event, *told.unit_of.get(&value)?));
                values(&event.operation)
                    .into_iter()
                    .filter_map(unit)
                    .collect::<Vec<_>>()
            })
            .collect();
        for (at, (client, event, unit)) in written.iter().enumerate() {
            for (other, later, behind) in &written[at + 1..] {
                let is_in_order = match other == client {
                    true => behind >= unit,
                    false if event.answered < later.asked => behind > unit,
                    false if later.answered < event.asked => behind < unit,
                    false => true,
                };
                let is_whole = !std::ptr::eq(*event, *later) || behind == unit;
                if !is_in_order || !is_whole {
                    let (one, two) = (&event.operation, &later.operation);
                    return Err(self.fault(history, format!("{one} and {two} change places")));
                }
            }
        }
        Ok(())
    }

    fn fault(&self, history: &History, what: String) -> Failure {
        let log = String::from_utf8_lossy(&self.bytes).replace("\r\n*", "\n*");
        let log = log.replace("\r\n", " ");
        Failure::WrongLog(format!("{what}\n{history}\n{log}"))
    }
}

/// The values that an operation writes if it does what it says.
fn values(operation: &Operation) -> Vec<i64> {
    let of = |command: &Command| match command {
        Command::Set(_, value) => vec![*value],
        // Of a key named twice only the last value stays in sight.
        Command::MSet(pairs) | Command::MSetNx(pairs) => {
            pairs.iter().map(|(_, value)| *value).collect()
        }
        _ => Vec::new(),
    };
    match operation {
        Operation::Run(command) => of(command),
        Operation::Exec(commands) => commands.iter().flat_map(of).collect(),
        // Its commands are one unit as well, but have no reply of their own here.
        _ => Vec::new(),
    }
}

/// A log as whoever reads it sees it.
struct Told {
    shard: Shard,
    /// In which unit each value was written.
    unit_of: HashMap<i64, usize>,
}

impl Told {
    fn read(bytes: &[u8]) -> Told {
        let mut told = Told {
            shard: Shard::new(HashSeed(1), 1, Limits::default()),
            unit_of: HashMap::new(),
        };
        let (mut reader, mut spans, mut at) = (CommandReader::default(), Vec::<Span>::new(), 0);
        let (mut unit, mut is_open) = (0, false);
        while let Ok(Next::Command { consumed }) = reader.next(&bytes[at..], &mut spans) {
            let args = Args::new(&bytes[at..], &spans);
            match args.at(0) {
                b"MULTI" => is_open = true,
                b"EXEC" => is_open = false,
                b"SELECT" => {}
                _ => told.run(&args, unit),
            }
            unit += usize::from(!is_open);
            at += consumed;
        }
        assert_eq!(at, bytes.len(), "the log is made of commands");
        told
    }

    fn run(&mut self, args: &Args<'_>, unit: usize) {
        let name = args.at(0).to_ascii_lowercase();
        let row = table().row(table().top(&name).expect("only known commands are logged"));
        let (db, caller) = (DbIndex(0), Caller::default());
        execute(&mut self.shard, row, db, caller, NOW, args, &mut Vec::new());
        for word in args.iter() {
            if let Some(value) = std::str::from_utf8(word)
                .ok()
                .and_then(|word| word.parse().ok())
            {
                self.unit_of.insert(value, unit);
            }
        }
    }

    fn value(&self, name: &str) -> Option<i64> {
        let key = Key::new(name.as_bytes(), self.shard.seed());
        match self.shard.database(DbIndex(0)).get(key)?.value() {
            ValueRef::String(string) => {
                string.with_bytes(|bytes| std::str::from_utf8(bytes).ok()?.parse().ok())
            }
            _ => None,
        }
    }
}
