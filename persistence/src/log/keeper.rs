//! Merges what all shards tell of their writes into the one log.
//!
//! ```text
//!   shard 0   ── entries, "all below 7 is told" ──┐
//!   shard 1   ── entries, "all below 9 is told" ──┼──> below 7, sorted by place ──> bytes, an offset
//!   shard 2   ── entries, "all below 8 is told" ──┘
//! ```
//!
//! Invariants:
//! - What leaves is complete: no shard has anything more to tell below it.
//! - It leaves in the order of the places, unit by unit, so every prefix that ends between two units is a state the shards
//!   were in.
//! - The offset counts every byte that left.

use engine::effect::stream::LogStream;
use engine::order::place::Place;
use engine::order::stamp::ShardId;

use super::merge::{Item, Writer};

/// What a shard tells.
#[derive(Debug)]
pub struct Shipment {
    /// Who.
    pub from: ShardId,
    /// It has told all it will ever tell below this.
    pub below: Place,
    /// What it tells now.
    pub stream: LogStream,
}

/// What leaves the keeper in one go.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// Commands, as clients send them.
    pub bytes: Vec<u8>,
    /// Marks with how many of the bytes stand before each, see [`LogStream::mark`].
    pub marks: Vec<(u64, usize)>,
    /// How many commands shards told for it.
    pub commands: u64,
    /// The batch and those before it hold all that was written below this.
    pub below: Place,
}

/// See the top of the file.
#[derive(Debug)]
pub struct Keeper {
    /// By shard, up to where it has told everything.
    below: Vec<Place>,
    waiting: Vec<Item>,
    bytes: Vec<u8>,
    writer: Writer,
    offset: u64,
}

impl Keeper {
    /// A keeper of the log of `shards` shards.
    pub fn new(shards: u16) -> Self {
        Keeper {
            below: vec![Place::default(); usize::from(shards)],
            waiting: Vec::new(),
            bytes: Vec::new(),
            writer: Writer::default(),
            offset: 0,
        }
    }

    /// Bytes that have left.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Whether something is told that could not leave yet.
    pub fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// All that was written below this has left, once [`Keeper::take`] was called.
    pub fn complete_below(&self) -> Place {
        self.below.iter().copied().min().unwrap_or_default()
    }

    /// Shards that have not told everything below `place`.
    pub fn behind(&self, place: Place) -> impl Iterator<Item = ShardId> {
        let shards = self.below.iter().zip((0..).map(ShardId));
        shards
            .filter(move |(below, _)| **below < place)
            .map(|(_, shard)| shard)
    }

    /// Takes what a shard tells.
    pub fn put(&mut self, shipment: Shipment) {
        let Shipment {
            from,
            below,
            stream,
        } = shipment;
        let known = &mut self.below[from.index()];
        for (entry, bytes) in stream.iter() {
            debug_assert!(entry.place >= *known, "{entry:?} comes after {known:?}");
            self.waiting.push(Item {
                place: entry.place,
                part: entry.part,
                from,
                db: entry.db,
                start: self.bytes.len(),
                len: bytes.len(),
            });
            self.bytes.extend_from_slice(bytes);
        }
        *known = below.max(*known);
    }

    /// Takes what is complete.
    pub fn take(&mut self) -> Batch {
        let below = self.complete_below();
        // Mostly runs that are sorted already, which this sort is good at.
        self.waiting.sort_by_key(Item::key);
        let count = self.waiting.partition_point(|item| item.place < below);
        let (mut bytes, mut marks) = (Vec::new(), Vec::new());
        if count > 0 {
            let ready: Vec<Item> = self.waiting.drain(..count).collect();
            bytes.reserve(self.bytes.len());
            let mut mark = |number, at| marks.push((number, at));
            self.writer
                .write(&ready, &self.bytes, &mut bytes, &mut mark);
            self.forget_written();
        }
        self.offset += bytes.len() as u64;
        Batch {
            bytes,
            marks,
            commands: count as u64,
            below,
        }
    }

    /// Keeps the bytes of what waits still.
    fn forget_written(&mut self) {
        let mut kept = Vec::new();
        for item in &mut self.waiting {
            let start = kept.len();
            kept.extend_from_slice(&self.bytes[item.start..][..item.len]);
            item.start = start;
        }
        if kept.is_empty() {
            self.bytes.clear();
        } else {
            self.bytes = kept;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::command::args::OwnedArgs;
    use engine::effect::stream::Part;
    use engine::order::Stamp;
    use engine::shard::DbIndex;
    use proptest::prelude::*;

    fn own(command: u32) -> Part {
        Part::Unit {
            command,
            is_own: true,
        }
    }

    fn words(line: &str) -> OwnedArgs {
        line.split(' ').map(str::as_bytes).collect()
    }

    fn shipment(from: u16, below: Place, entries: &[(Place, Part, u32, &str)]) -> Shipment {
        let mut stream = LogStream::default();
        for (place, part, db, line) in entries {
            stream.push(*place, *part, DbIndex(*db), &words(line).as_args());
        }
        Shipment {
            from: ShardId(from),
            below,
            stream,
        }
    }

    fn message(stamp: u64, turn: u32) -> Place {
        Place::of_message(Stamp(stamp), ShardId(0), turn)
    }

    /// The commands of a log, one a line, without SELECT.
    fn lines(bytes: &[u8]) -> Vec<String> {
        let text = String::from_utf8_lossy(bytes);
        let commands = text.split('*').skip(1);
        let line = |command: &str| {
            let words = command.split("\r\n").skip(2).step_by(2);
            words.collect::<Vec<_>>().join(" ")
        };
        commands
            .map(line)
            .filter(|line| !line.starts_with("SELECT"))
            .collect()
    }

    #[test]
    fn what_is_incomplete_waits() {
        let mut keeper = Keeper::new(2);
        let set = [(message(5, 1), own(0), 0, "SET a 1")];
        keeper.put(shipment(0, message(9, 0), &set));
        assert!(keeper.take().bytes.is_empty() && keeper.is_waiting());
        keeper.put(shipment(1, message(5, 1), &[]));
        assert!(keeper.take().bytes.is_empty());
        keeper.put(shipment(1, message(6, 0), &[]));
        let batch = keeper.take();
        assert_eq!(lines(&batch.bytes), ["SET a 1"]);
        assert_eq!(batch.below, message(6, 0));
        assert_eq!(keeper.offset(), batch.bytes.len() as u64);
        assert!(!keeper.is_waiting());
    }

    #[test]
    fn parts_of_a_unit_are_wrapped_and_what_follows_from_it_is_not() {
        let mut keeper = Keeper::new(2);
        let (place, end) = (message(5, 1), message(9, 0));
        let deletion = Part::Unit {
            command: 0,
            is_own: false,
        };
        keeper.put(shipment(
            0,
            end,
            &[
                (message(7, 1), own(0), 0, "INCR c"),
                (place, own(0), 0, "RENAME a b"),
                (place, own(1), 0, "SET a 1"),
                (place, Part::Alone(1), 0, "LPOP l"),
            ],
        ));
        keeper.put(shipment(
            1,
            end,
            &[
                (place, deletion, 0, "DEL b"),
                (place, own(0), 0, "RENAME a b"),
            ],
        ));
        let expected = [
            "MULTI",
            "DEL b",
            "RENAME a b",
            "SET a 1",
            "EXEC",
            "LPOP l",
            "INCR c",
        ];
        assert_eq!(lines(&keeper.take().bytes), expected);
    }

    #[test]
    fn a_command_that_all_shards_tell_stands_once_and_alone() {
        let mut keeper = Keeper::new(2);
        let flush = [(message(5, 1), own(0), 3, "FLUSHALL")];
        for shard in 0..2 {
            keeper.put(shipment(shard, message(9, 0), &flush));
        }
        let expected = "*2\r\n$6\r\nSELECT\r\n$1\r\n3\r\n*1\r\n$8\r\nFLUSHALL\r\n";
        assert_eq!(keeper.take().bytes, expected.as_bytes());
    }

    #[test]
    fn behind_a_mark_the_database_is_told_again() {
        let mut keeper = Keeper::new(1);
        let mut stream = shipment(0, message(9, 0), &[(message(4, 0), own(0), 2, "SET a 1")]);
        stream.stream.mark(message(5, 0), 77);
        let behind = words("SET a 2");
        let (place, db) = (message(6, 0), DbIndex(2));
        stream.stream.push(place, own(0), db, &behind.as_args());
        keeper.put(stream);
        let batch = keeper.take();
        assert_eq!(batch.marks.len(), 1);
        let (number, at) = batch.marks[0];
        assert_eq!((number, at), (77, batch.bytes.len() / 2));
        assert_eq!(batch.bytes[..at].len(), batch.bytes[at..].len());
    }

    proptest! {
        /// However shards ship their streams, the same log comes out, and nothing is lost.
        #[test]
        fn shipments_of_any_size_make_the_same_log(
            writes in proptest::collection::vec((0u16..3, 1u64..20, 0u32..4, any::<bool>()), 0..60),
            cuts in proptest::collection::vec((0u16..3, 1u64..22), 0..40),
        ) {
            let ship = |cuts: &[(u16, u64)]| {
                let (mut keeper, mut bytes) = (Keeper::new(3), Vec::new());
                let mut from = [0; 3];
                for (shard, upto) in cuts.iter().copied().chain((0..3).map(|shard| (shard, 22))) {
                    let since = &mut from[usize::from(shard)];
                    let own_writes = writes.iter().enumerate().filter(|(_, write)| {
                        write.0 == shard && (*since..upto).contains(&write.1)
                    });
                    let lines: Vec<_> = own_writes.map(|(number, (_, stamp, turn, alone))| {
                        let part = if *alone { Part::Alone(number as u64) } else { own(0) };
                        (message(*stamp, *turn), part, format!("SET k {number}"))
                    }).collect();
                    let entries: Vec<_> = lines.iter()
                        .map(|(place, part, line)| (*place, *part, 0, line.as_str())).collect();
                    *since = upto.max(*since);
                    let below = message(*since, 0);
                    keeper.put(shipment(shard, below, &entries));
                    bytes.extend(keeper.take().bytes);
                }
                (bytes, keeper.offset())
            };
            let (whole, offset) = ship(&[]);
            prop_assert_eq!(offset, whole.len() as u64);
            let (pieces, _) = ship(&cuts);
            prop_assert_eq!(&pieces, &whole);
            let told = lines(&whole).iter().filter(|line| line.starts_with("SET")).count();
            prop_assert_eq!(told, writes.len());
        }
    }
}
