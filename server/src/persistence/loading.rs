//! Data on its way from a file to the cores: batches that wait for their shard, and how far it all is.
//!
//! One thread reads the file; every core takes the batches of its own shard and decodes them between its clients, who are
//! told to come back later.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use engine::order::ShardId;
use persistence::snapshot::LoadFault;
use persistence::snapshot::batch::{Batch, Duplicates, Loaded};

/// Batches that may wait for their cores, for each core.
const MOST_WAITING: usize = 8;
/// How long the reader sleeps at most before it looks again.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// See the top of the file.
#[derive(Debug)]
pub struct Loading {
    is_under_way: AtomicBool,
    began: Mutex<Option<Began>>,
    queues: Box<[Mutex<VecDeque<Batch>>]>,
    /// Batches that are not decoded yet.
    waiting: AtomicUsize,
    fault: Mutex<Option<LoadFault>>,
    /// Tells the reader that a batch was decoded.
    decoded: Condvar,
    counts: Counts,
    progress: AtomicU64,
    replaces: AtomicBool,
    is_stopped: AtomicBool,
}

/// A file that is being loaded.
#[derive(Clone, Copy, Debug)]
pub struct Began {
    /// Since when.
    pub since: Instant,
    /// Seconds since 1970 then.
    pub at: i64,
    /// Its bytes.
    pub size: u64,
}

#[derive(Debug, Default)]
struct Counts {
    kept: AtomicU64,
    expired: AtomicU64,
    empty: AtomicU64,
}

/// What became of the keys of the last file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// They are there.
    pub kept: u64,
    /// They were past their expiry.
    pub expired: u64,
    /// They were empty collections.
    pub empty: u64,
}

impl Loading {
    /// Nothing is loaded, on `cores` cores.
    pub fn new(cores: u16) -> Self {
        Loading {
            is_under_way: AtomicBool::new(false),
            began: Mutex::default(),
            queues: (0..cores).map(|_| Mutex::default()).collect(),
            waiting: AtomicUsize::new(0),
            fault: Mutex::default(),
            decoded: Condvar::new(),
            counts: Counts::default(),
            progress: AtomicU64::new(0),
            replaces: AtomicBool::new(false),
            is_stopped: AtomicBool::new(false),
        }
    }

    /// Whether clients have to wait.
    #[inline]
    pub fn is_under_way(&self) -> bool {
        self.is_under_way.load(Ordering::Relaxed)
    }

    /// The file that is being loaded.
    pub fn began(&self) -> Option<Began> {
        *self.began.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Bytes of it that were read.
    pub fn progress(&self) -> u64 {
        self.progress.load(Ordering::Relaxed)
    }

    /// What became of the keys of the last file, or of the present one so far.
    pub fn summary(&self) -> Summary {
        let count = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Summary {
            kept: count(&self.counts.kept),
            expired: count(&self.counts.expired),
            empty: count(&self.counts.empty),
        }
    }

    pub(super) fn begin(&self, began: Began, duplicates: Duplicates) {
        *self.began.lock().unwrap_or_else(PoisonError::into_inner) = Some(began);
        let Counts {
            kept,
            expired,
            empty,
        } = &self.counts;
        for count in [kept, expired, empty, &self.progress] {
            count.store(0, Ordering::Relaxed);
        }
        let replaces = duplicates == Duplicates::Replace;
        self.replaces.store(replaces, Ordering::Relaxed);
        self.is_under_way.store(true, Ordering::Release);
    }

    /// The cores are about to start, and there may be data for them: clients wait from the first moment on.
    pub fn announce(&self) {
        self.is_under_way.store(true, Ordering::Release);
    }

    /// There is nothing to load any more.
    pub fn end(&self) {
        *self.began.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.is_under_way.store(false, Ordering::Release);
    }

    pub(super) fn note_progress(&self, bytes: u64) {
        self.progress.store(bytes, Ordering::Relaxed);
    }

    /// What a core does with a key that is there already.
    pub(super) fn duplicates(&self) -> Duplicates {
        match self.replaces.load(Ordering::Relaxed) {
            true => Duplicates::Replace,
            false => Duplicates::Refuse,
        }
    }

    fn queue(&self, core: ShardId) -> MutexGuard<'_, VecDeque<Batch>> {
        let queue = self.queues[core.index()].lock();
        queue.unwrap_or_else(PoisonError::into_inner)
    }

    /// Leaves a batch for a core, when there is room. Errors: what a core found.
    pub(super) fn send(&self, core: ShardId, batch: Batch) -> Result<(), LoadFault> {
        self.wait_until(self.queues.len() * MOST_WAITING)?;
        self.waiting.fetch_add(1, Ordering::AcqRel);
        self.queue(core).push_back(batch);
        Ok(())
    }

    /// Waits until all batches are decoded. Errors: what a core found.
    pub(super) fn drain(&self) -> Result<(), LoadFault> {
        self.wait_until(1)
    }

    /// Waits until fewer batches than `most` wait.
    fn wait_until(&self, most: usize) -> Result<(), LoadFault> {
        let mut fault = self.fault.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(fault) = fault.take() {
                return Err(fault);
            }
            if self.waiting.load(Ordering::Acquire) < most {
                return Ok(());
            }
            let woken = self.decoded.wait_timeout(fault, LOOK_AGAIN);
            fault = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Takes the next batch of a core.
    pub(super) fn take(&self, core: ShardId) -> Option<Batch> {
        self.queue(core).pop_front()
    }

    pub(super) fn count(&self, loaded: Loaded) {
        let count = match loaded {
            Loaded::Kept => &self.counts.kept,
            Loaded::Expired => &self.counts.expired,
            Loaded::Empty => &self.counts.empty,
        };
        count.fetch_add(1, Ordering::Relaxed);
    }

    /// A core is done with a batch.
    pub(super) fn decoded(&self, result: Result<(), LoadFault>) {
        if let Err(fault) = result {
            let mut first = self.fault.lock().unwrap_or_else(PoisonError::into_inner);
            first.get_or_insert(fault);
        }
        self.waiting.fetch_sub(1, Ordering::AcqRel);
        self.decoded.notify_one();
    }

    /// The cores stop: nothing more will be decoded.
    pub fn stop(&self) {
        self.is_stopped.store(true, Ordering::Release);
        if self.is_under_way() {
            let mut fault = self.fault.lock().unwrap_or_else(PoisonError::into_inner);
            *fault = Some(LoadFault::Disk(std::io::ErrorKind::Interrupted.into()));
            self.decoded.notify_one();
        }
    }

    /// Nothing that waits is wanted any more. Comes back when no core is at work on the rest, so that nobody finds a fault of
    /// this file later and takes it for the next one's.
    pub(super) fn give_up(&self) {
        for core in ShardId::first(self.queues.len() as u16) {
            let dropped = self.queue(core).drain(..).count();
            self.waiting.fetch_sub(dropped, Ordering::AcqRel);
        }
        while !self.is_stopped.load(Ordering::Acquire) {
            // Errors are further faults of the same file.
            if self.wait_until(1).is_ok() {
                return;
            }
        }
    }
}
