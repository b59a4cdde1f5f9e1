//! What the process knows of its snapshots: the one under way, and how the last ones went.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use engine::order::ShardId;
use engine::time::UnixMillis;

use super::job::{Outcome, Purpose};
use super::transfer::Transfer;

/// How long nothing is tried again after a failure.
const RETRY_AFTER: i64 = 5_000;

/// See the top of the file.
#[derive(Debug)]
pub struct Saves {
    state: Mutex<State>,
    /// Writes on each core since the start, as last told.
    changes: Box<[AtomicU64]>,
    /// That of the last one, for a look without a lock.
    has_failed: AtomicBool,
}

#[derive(Debug, Default)]
struct State {
    running: Option<Running>,
    last: Last,
    is_scheduled: bool,
}

/// The snapshot under way.
#[derive(Clone, Debug)]
pub struct Running {
    /// What for.
    pub purpose: Purpose,
    /// Since when.
    pub since: Instant,
    /// Keys at the cut; 0 before.
    pub keys: u64,
    /// Its state.
    pub transfer: Arc<Transfer>,
}

/// How the last ones went.
#[derive(Clone, Copy, Debug, Default)]
pub struct Last {
    /// When the last good one ended.
    pub saved: Option<UnixMillis>,
    /// When the last one was tried.
    tried: Option<UnixMillis>,
    /// Whether the last one failed.
    pub has_failed: bool,
    /// How long the last background one took.
    pub took: Option<Duration>,
    /// How many there were.
    pub count: u64,
    /// Writes that the last good one has seen.
    pub changes: u64,
}

impl Saves {
    /// No snapshot yet, on `cores` cores.
    pub fn new(cores: u16) -> Self {
        Saves {
            state: Mutex::default(),
            changes: (0..cores).map(|_| AtomicU64::new(0)).collect(),
            has_failed: AtomicBool::new(false),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The one under way.
    pub fn running(&self) -> Option<Running> {
        self.state().running.clone()
    }

    /// How the last ones went.
    pub fn last(&self) -> Last {
        self.state().last
    }

    /// Begins one, unless one is under way.
    pub(super) fn claim(&self, purpose: Purpose, now: UnixMillis) -> Option<Arc<Transfer>> {
        let mut state = self.state();
        if state.running.is_some() {
            return None;
        }
        let transfer = Arc::new(Transfer::new(self.changes.len() as u16));
        if purpose.is_dump() {
            state.last.tried = Some(now);
            state.last.count += 1;
            state.is_scheduled = false;
        }
        state.running = Some(Running {
            purpose,
            since: Instant::now(),
            keys: 0,
            transfer: transfer.clone(),
        });
        Some(transfer)
    }

    /// All shards have been cut.
    pub(super) fn was_cut(&self, keys: u64) {
        if let Some(running) = &mut self.state().running {
            running.keys = keys;
        }
    }

    /// The one under way has ended.
    pub(super) fn ended(&self, outcome: Outcome, now: UnixMillis) {
        let mut state = self.state();
        let Some(running) = state.running.take() else {
            return;
        };
        if !running.purpose.is_dump() {
            return;
        }
        if running.purpose == Purpose::Background {
            state.last.took = Some(running.since.elapsed());
        }
        match outcome {
            Outcome::Saved => {
                state.last.saved = Some(now);
                state.last.has_failed = false;
                state.last.changes = running.transfer.cut().changes;
            }
            Outcome::Failed => state.last.has_failed = running.purpose == Purpose::Background,
            Outcome::GivenUp => {}
        }
        let has_failed = state.last.has_failed;
        self.has_failed.store(has_failed, Ordering::Relaxed);
    }

    /// Whether the last snapshot failed.
    #[inline]
    pub fn has_failed(&self) -> bool {
        self.has_failed.load(Ordering::Relaxed)
    }

    /// Nobody wants the dump any more that is under way. Returns whether there is one.
    pub fn give_up_dump(&self) -> bool {
        let state = self.state();
        let running = state.running.as_ref();
        let dump = running.filter(|running| running.purpose.is_dump());
        dump.inspect(|dump| dump.transfer.give_up()).is_some()
    }

    /// Nobody wants the base of the append-only file any more that is under way. Returns whether there is one.
    pub fn give_up_rewrite(&self) -> bool {
        let state = self.state();
        let running = state.running.as_ref();
        let base = running.filter(|running| !running.purpose.is_dump());
        base.inspect(|base| base.transfer.give_up()).is_some()
    }

    /// One shall begin as soon as none is under way.
    pub fn schedule(&self) {
        self.state().is_scheduled = true;
    }

    /// Whether one shall begin, and may.
    pub(super) fn is_due(&self) -> bool {
        let state = self.state();
        state.is_scheduled && state.running.is_none()
    }

    /// Whether a save point may try at `now`.
    pub(super) fn may_try(&self, now: UnixMillis) -> bool {
        let state = self.state();
        let tried = state.last.tried.filter(|_| state.last.has_failed);
        state.running.is_none() && tried.is_none_or(|at| now.0 - at.0 > RETRY_AFTER)
    }

    /// Tells the writes of a core.
    pub(super) fn note_changes(&self, core: ShardId, changes: u64) {
        self.changes[core.index()].store(changes, Ordering::Relaxed);
    }

    /// Writes since the last good snapshot, as last told.
    pub(super) fn changes(&self) -> u64 {
        let told = self.changes.iter();
        let all: u64 = told.map(|changes| changes.load(Ordering::Relaxed)).sum();
        all.saturating_sub(self.last().changes)
    }

    /// What is there now came from the file, or is in it.
    pub fn set_unchanged(&self, changes: u64) {
        self.state().last.changes = changes;
    }
}
