//! One snapshot on its way from the cores to the writer: chunks, and what both sides have to know of each other.
//!
//! Invariant: a shard that walks is counted among `walkers` from the cut to the end of its walk, also if nobody wants what
//! it hands over any more.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};

use engine::order::ShardId;
use engine::shard::Shard;
use persistence::snapshot::chunk::{Chunk, ChunkMaker, Encoding, Outlet};
use persistence::snapshot::header::DatabaseSize;

use super::job::Outcome;

/// Bytes that may wait for the writer before walkers wait for it. Entries that are about to change do not wait.
const MOST_IN_FLIGHT: usize = 16 << 20;

/// What the shards held at the cut.
#[derive(Clone, Debug, Default)]
pub struct Cut {
    /// Keys by database.
    sizes: BTreeMap<u32, (u64, u64)>,
    /// Writes since the start.
    pub changes: u64,
}

impl Cut {
    /// Databases that are not empty.
    pub fn databases(&self) -> Vec<DatabaseSize> {
        let size = |(db, (keys, expiring)): (&u32, &(u64, u64))| DatabaseSize {
            db: *db,
            keys: *keys,
            expiring: *expiring,
        };
        self.sizes.iter().map(size).collect()
    }

    /// All keys.
    pub fn keys(&self) -> u64 {
        self.sizes.values().map(|(keys, _)| keys).sum()
    }

    fn add(&mut self, shard: &Shard) {
        self.changes += shard.changes;
        for (db, database) in shard.databases().filter(|(_, db)| !db.is_empty()) {
            let (keys, expiring) = self.sizes.entry(db.0).or_default();
            *keys += database.len() as u64;
            *expiring += database.expiring_len() as u64;
        }
    }
}

#[derive(Debug, Default)]
#[repr(align(64))]
struct Count(AtomicU64);

/// See the top of the file.
#[derive(Debug)]
pub struct Transfer {
    in_flight: AtomicUsize,
    is_given_up: AtomicBool,
    walkers: AtomicUsize,
    /// Keys that each core has handed over.
    keys: Box<[Count]>,
    cut: Mutex<Cut>,
    outcome: Mutex<Option<Outcome>>,
}

impl Transfer {
    pub(super) fn new(cores: u16) -> Self {
        Transfer {
            in_flight: AtomicUsize::new(0),
            is_given_up: AtomicBool::new(false),
            walkers: AtomicUsize::new(0),
            keys: (0..cores).map(|_| Count::default()).collect(),
            cut: Mutex::default(),
            outcome: Mutex::default(),
        }
    }

    /// The cut on a shard: from here on it is walked.
    pub(super) fn begin_on(
        self: &Arc<Self>,
        shard: &mut Shard,
        me: ShardId,
        encoding: Encoding,
        chunks: &Sender<Chunk>,
    ) {
        let mut cut = self.cut.lock().unwrap_or_else(PoisonError::into_inner);
        cut.add(shard);
        shard.begin_snapshot(|db| {
            let pipe = Pipe {
                transfer: self.clone(),
                core: me.index(),
                chunks: chunks.clone(),
                has_ended: false,
            };
            Box::new(ChunkMaker::new(db.0, encoding, pipe))
        });
        if shard.is_walking() {
            self.walkers.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(super) fn cut(&self) -> Cut {
        let cut = self.cut.lock();
        cut.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether walkers may go on.
    pub(super) fn has_room(&self) -> bool {
        self.in_flight.load(Ordering::Relaxed) < MOST_IN_FLIGHT
    }

    /// The writer has dealt with a chunk.
    pub(super) fn written(&self, chunk: &Chunk) {
        self.in_flight
            .fetch_sub(chunk.bytes.len(), Ordering::Relaxed);
    }

    /// Nobody wants it any more.
    pub(super) fn give_up(&self) {
        self.is_given_up.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_given_up(&self) -> bool {
        self.is_given_up.load(Ordering::Relaxed)
    }

    pub(super) fn walker_ended(&self) {
        self.walkers.fetch_sub(1, Ordering::Relaxed);
    }

    /// Keys handed over so far.
    pub fn keys(&self) -> u64 {
        self.keys
            .iter()
            .map(|count| count.0.load(Ordering::Relaxed))
            .sum()
    }

    /// Keys handed over by one core.
    pub(super) fn keys_of(&self, core: ShardId) -> u64 {
        self.keys[core.index()].0.load(Ordering::Relaxed)
    }

    pub(super) fn end(&self, outcome: Outcome) {
        *self.outcome.lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome);
    }

    /// How it ended, if the writer and all walkers have.
    pub(super) fn outcome(&self) -> Option<Outcome> {
        let outcome = *self.outcome.lock().unwrap_or_else(PoisonError::into_inner);
        outcome.filter(|_| self.walkers.load(Ordering::Relaxed) == 0)
    }
}

/// What a database's chunks leave a core by.
struct Pipe {
    transfer: Arc<Transfer>,
    core: usize,
    chunks: Sender<Chunk>,
    has_ended: bool,
}

impl Outlet for Pipe {
    fn take(&mut self, chunk: Chunk) {
        let bytes = chunk.bytes.len();
        self.transfer.in_flight.fetch_add(bytes, Ordering::Relaxed);
        if self.chunks.send(chunk).is_err() {
            self.transfer.give_up();
        }
    }

    fn note_key(&mut self) {
        // Only this core writes it.
        let count = &self.transfer.keys[self.core].0;
        count.store(count.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
    }

    fn end(&mut self) {
        self.has_ended = true;
    }
}

impl Drop for Pipe {
    fn drop(&mut self) {
        if !self.has_ended {
            self.transfer.give_up();
        }
    }
}
