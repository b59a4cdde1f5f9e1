//! Loading a snapshot: a thread that is no core reads the file and hands keys to the cores that own them.

use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use engine::key::placement::Placement;
use engine::order::ShardId;
use persistence::snapshot::LoadFault;
use persistence::snapshot::batch::{Batch, Duplicates};
use persistence::snapshot::reader::{Record, SnapshotReader};

use super::loading::{Began, Summary};
use crate::config::Settings;
use crate::core::process::Process;
use crate::scripting::pool::read_library;

/// What a file brought beside keys.
#[derive(Debug, Default)]
pub struct Brought {
    /// Sources of libraries of functions.
    pub functions: Vec<Vec<u8>>,
    /// Where in the file the snapshot ended.
    pub end: u64,
}

/// Loads a snapshot into all shards, which must run. Blocks until all keys are there. Clients are told to wait meanwhile.
///
/// # Errors
/// The file is missing, or not what it should be; some of it may be loaded then.
pub fn load(
    process: &Process,
    settings: &Settings,
    path: &Path,
    duplicates: Duplicates,
) -> Result<Brought, LoadFault> {
    let result = load_front(process, settings, path, duplicates);
    process.loading.end();
    result
}

/// The same of a file that goes on behind the snapshot; clients still wait afterwards.
///
/// # Errors
/// As above.
pub fn load_front(
    process: &Process,
    settings: &Settings,
    path: &Path,
    duplicates: Duplicates,
) -> Result<Brought, LoadFault> {
    let size = process.disk.size(path)?;
    let source = process.disk.open(path)?;
    let began = Began {
        since: Instant::now(),
        at: unix_seconds(),
        size,
    };
    process.loading.begin(began, duplicates);
    let verifies = settings.snapshot.rdbchecksum;
    let reader = SnapshotReader::new(source, size, settings.general.databases, verifies);
    let result =
        reader.and_then(|reader| Router::new(process, settings.testing.key_load_delay).run(reader));
    if result.is_err() {
        process.loading.give_up();
    }
    let brought = result?;
    take_functions(process, &brought.functions, duplicates)?;
    tell(process.loading.summary());
    Ok(brought)
}

/// Adds the libraries of a file to those that are there.
fn take_functions(
    process: &Process,
    sources: &[Vec<u8>],
    duplicates: Duplicates,
) -> Result<(), LoadFault> {
    let replaces = duplicates != Duplicates::Refuse;
    let added = sources.iter().try_for_each(|source| {
        let library = read_library(source)?;
        process.libraries.add(library, replaces)
    });
    added.map_err(|why| {
        let why = format!("Failed creating the functions library: {}", why.line());
        LoadFault::Disk(std::io::Error::other(why))
    })
}

fn tell(summary: Summary) {
    let Summary {
        kept,
        expired,
        empty,
    } = summary;
    if empty > 0 {
        tracing::info!(
            "Done loading RDB, keys loaded: {kept}, keys expired: {expired}, empty keys skipped: {empty}."
        );
    } else {
        tracing::info!("Done loading RDB, keys loaded: {kept}, keys expired: {expired}.");
    }
}

fn unix_seconds() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap_or_default().as_secs() as i64
}

/// Hands keys to their cores.
struct Router<'p> {
    process: &'p Process,
    placement: Placement,
    batches: Vec<Batch>,
    brought: Brought,
    /// Microseconds after each key.
    delay: i32,
    keys: u64,
}

impl<'p> Router<'p> {
    fn new(process: &'p Process, delay: i32) -> Self {
        Router {
            process,
            placement: Placement::even(process.cores),
            batches: (0..process.cores).map(|_| Batch::default()).collect(),
            brought: Brought::default(),
            delay,
            keys: 0,
        }
    }

    fn run<R: std::io::Read>(
        mut self,
        mut reader: SnapshotReader<R>,
    ) -> Result<Brought, LoadFault> {
        loop {
            let mut full = None;
            match reader.next_record()? {
                Record::Key(key) => {
                    let shard = self.placement.of_key(&key.key);
                    let batch = &mut self.batches[shard.index()];
                    batch.push(&key);
                    full = batch.is_full().then_some(shard);
                    self.keys += 1;
                }
                Record::Aux(name, text) => self.aux(&name, &text),
                Record::Function(source) => self.brought.functions.push(source),
                Record::End => {
                    self.brought.end = reader.offset();
                    break;
                }
            }
            if let Some(shard) = full {
                self.send(shard)?;
                self.process.loading.note_progress(reader.offset());
            }
            if self.delay != 0 {
                self.dawdle()?;
                self.process.loading.note_progress(reader.offset());
            }
        }
        for shard in self.process.all_cores() {
            self.send(shard)?;
        }
        self.process.loading.drain()?;
        Ok(self.brought)
    }

    fn send(&mut self, shard: ShardId) -> Result<(), LoadFault> {
        let batch = std::mem::take(&mut self.batches[shard.index()]);
        if !batch.is_empty() {
            self.process.loading.send(shard, batch)?;
            self.process.wake(shard);
        }
        Ok(())
    }

    /// What `key-load-delay` asks for. What was read so far is not held back.
    fn dawdle(&mut self) -> Result<(), LoadFault> {
        let pause = match self.delay {
            delay @ 0.. => delay as u64,
            often => u64::from(self.keys.is_multiple_of(u64::from(often.unsigned_abs()))),
        };
        if pause > 1000 {
            for shard in self.process.all_cores() {
                self.send(shard)?;
            }
        }
        std::thread::sleep(Duration::from_micros(pause));
        Ok(())
    }

    fn aux(&self, name: &[u8], text: &[u8]) {
        let text = String::from_utf8_lossy(text);
        match name {
            b"redis-ver" | b"valkey-ver" => {
                tracing::info!("Loading RDB produced by version {text}")
            }
            b"ctime" => {
                let age = unix_seconds().saturating_sub(text.parse().unwrap_or_default());
                tracing::info!("RDB age {} seconds", age.max(0));
            }
            b"used-mem" => {
                let bytes: f64 = text.parse().unwrap_or_default();
                tracing::info!("RDB memory usage when created {:.2} Mb", bytes / 1048576.0);
            }
            _ => {}
        }
    }
}
