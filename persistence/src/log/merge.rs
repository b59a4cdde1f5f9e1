//! Commands of several shards that are known to be complete, as the bytes of the log.
//!
//! Commands of one unit stand side by side. A unit of more than one command is wrapped in MULTI and EXEC, so that whoever
//! reads the log sees all of it or nothing. A command that every shard tells in the same words stands once.

use std::collections::HashSet;

use engine::command::args::OwnedArgs;
use engine::effect::stream::{Part, encode};
use engine::order::place::Place;
use engine::order::stamp::ShardId;
use engine::shard::DbIndex;

/// One command, or a mark, of one shard.
#[derive(Clone, Copy, Debug)]
pub(super) struct Item {
    pub place: Place,
    pub part: Part,
    pub from: ShardId,
    pub db: DbIndex,
    /// Its bytes begin here.
    pub start: usize,
    pub len: usize,
}

impl Item {
    /// What puts items in order; those of a shard that are equal stay as they came.
    pub(super) fn key(&self) -> (Place, Part, ShardId) {
        (self.place, self.part, self.from)
    }

    fn is_of_unit(&self, other: &Item) -> bool {
        match (self.part, other.part) {
            (Part::Unit { .. }, Part::Unit { .. }) => self.place == other.place,
            _ => self.key() == other.key(),
        }
    }

    fn bytes<'b>(&self, all: &'b [u8]) -> &'b [u8] {
        &all[self.start..][..self.len]
    }
}

/// Writes commands in their order; remembers which database is selected.
#[derive(Debug, Default)]
pub(super) struct Writer {
    selected: Option<DbIndex>,
}

impl Writer {
    /// Appends `items`, which are sorted and whose bytes are in `bytes`. Tells of each mark behind what it stands.
    pub(super) fn write(
        &mut self,
        items: &[Item],
        bytes: &[u8],
        out: &mut Vec<u8>,
        mark: &mut dyn FnMut(u64, usize),
    ) {
        for unit in items.chunk_by(Item::is_of_unit) {
            if let Part::Mark(number) = unit[0].part {
                mark(number, out.len());
                // Whoever reads on from a mark knows of no database.
                self.selected = None;
            } else {
                self.unit(unit, bytes, out);
            }
        }
    }

    fn unit(&mut self, unit: &[Item], bytes: &[u8], out: &mut Vec<u8>) {
        let several;
        let unit = match unit.iter().all(|item| item.from == unit[0].from) {
            true => unit,
            false => {
                several = told_once(unit, bytes);
                &several
            }
        };
        if let [only] = unit {
            return self.command(only, bytes, out);
        }
        self.select(unit[0].db, out);
        word(b"MULTI", out);
        unit.iter().for_each(|item| self.command(item, bytes, out));
        word(b"EXEC", out);
    }

    fn command(&mut self, item: &Item, bytes: &[u8], out: &mut Vec<u8>) {
        self.select(item.db, out);
        out.extend_from_slice(item.bytes(bytes));
    }

    fn select(&mut self, db: DbIndex, out: &mut Vec<u8>) {
        if self.selected.replace(db) != Some(db) {
            let number = db.0.to_string();
            let words: OwnedArgs = [b"SELECT", number.as_bytes()].into_iter().collect();
            encode(&words.as_args(), out);
        }
    }
}

/// A unit of several shards without what another shard has told in the same words of the same command.
fn told_once(unit: &[Item], bytes: &[u8]) -> Vec<Item> {
    let mut kept = Vec::with_capacity(unit.len());
    for command in unit.chunk_by(|one, other| one.part == other.part) {
        let mut told = HashSet::new();
        for shard in command.chunk_by(|one, other| one.from == other.from) {
            let is_new = |item: &&Item| !told.contains(item.bytes(bytes));
            kept.extend(shard.iter().filter(is_new));
            told.extend(shard.iter().map(|item| item.bytes(bytes)));
        }
    }
    kept
}

fn word(word: &[u8], out: &mut Vec<u8>) {
    let words: OwnedArgs = [word].into_iter().collect();
    encode(&words.as_args(), out);
}
