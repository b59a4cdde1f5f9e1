//! What the process knows of its append-only file: how it is, how far it is, and what operators see of it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use engine::order::Place;

use super::orders::Order;
use super::replay::Replay;
use crate::config::Settings;

/// How long whoever waits for a base sleeps before it looks again.
const LOOK_AGAIN: Duration = Duration::from_millis(1);

/// See the top of the file.
#[derive(Debug, Default)]
pub struct AppendOnlyState {
    /// Commands that cores have told.
    told: AtomicU64,
    /// Those of them that are durable.
    safe: AtomicU64,
    /// All that was written below this is durable.
    safe_below: Mutex<Place>,
    /// DEBUG AOF-FLUSH-SLEEP, in microseconds.
    pub flush_sleep: AtomicU64,
    /// Whether a base that is whole waits for its mark in the log.
    pub(super) awaits_mark: AtomicBool,
    /// Whether writes fail.
    has_failed: AtomicBool,
    report: Mutex<Report>,
    settings: Mutex<Option<Arc<Settings>>>,
    /// Marks given so far.
    marks: AtomicU64,
    /// Core 0 is to begin behind what was loaded; then it says so.
    start: Mutex<Start>,
    started: Condvar,
    orders: Mutex<Option<Sender<Order>>>,
    /// Commands that come from a file.
    pub replay: Replay,
}

/// How far the start is.
#[derive(Debug, Default)]
enum Start {
    /// Nobody has asked for it.
    #[default]
    Unasked,
    /// Core 0 is to begin.
    Asked,
    /// It is at it.
    Begun,
    /// It is done.
    Done,
}

/// Whether changes are appended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// No.
    #[default]
    Off,
    /// As soon as there is a base.
    Beginning,
    /// Yes.
    On,
}

/// What INFO tells.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Whether changes are appended.
    pub phase: Phase,
    /// Since when a base is written.
    pub rewriting: Option<Instant>,
    /// A base is to be written as soon as no snapshot is under way.
    pub is_scheduled: bool,
    /// How long the last base took.
    pub last_rewrite: Option<Duration>,
    /// Whether the last base failed.
    pub rewrite_failed: bool,
    /// Bases that failed since the last good one.
    pub failures: u64,
    /// Bases so far.
    pub rewrites: u64,
    /// Bytes of the files.
    pub size: u64,
    /// The same when the last base was written, or when it was loaded.
    pub base_size: u64,
    /// Bytes that wait for the disk.
    pub buffered: u64,
    /// Syncs that came too late.
    pub delayed_syncs: u64,
    /// What is wrong with the disk.
    pub error: Option<String>,
}

impl AppendOnlyState {
    /// What INFO tells; to be held for a moment only.
    pub fn report(&self) -> MutexGuard<'_, Report> {
        self.report.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether changes are appended.
    pub fn phase(&self) -> Phase {
        self.report().phase
    }

    /// Blocks while the first base is being written, or is about to be. Deliberately polls: only DEBUG LOADAOF asks.
    pub(super) fn wait_for_first_base(&self) {
        let is_awaited = |report: &Report| {
            report.phase == Phase::Beginning && (report.rewriting.is_some() || report.is_scheduled)
        };
        while is_awaited(&self.report()) {
            std::thread::sleep(LOOK_AGAIN);
        }
    }

    /// A core has told so many commands more.
    pub(super) fn note_told(&self, commands: u64) {
        self.told.fetch_add(commands, Ordering::AcqRel);
    }

    /// So many commands more are durable, and all that was written below this.
    pub(super) fn note_safe(&self, commands: u64, below: Place) {
        let mut safe_below = self
            .safe_below
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *safe_below = below.max(*safe_below);
        self.safe.fetch_add(commands, Ordering::AcqRel);
    }

    /// Whether all that was told is durable.
    pub(super) fn is_all_safe(&self) -> bool {
        self.safe.load(Ordering::Acquire) == self.told.load(Ordering::Acquire)
    }

    /// All that was written below this is durable.
    pub(super) fn safe_below(&self) -> Place {
        *self
            .safe_below
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Nobody waits for anything any more.
    pub(super) fn forget_unsafe(&self) {
        self.safe
            .store(self.told.load(Ordering::Acquire), Ordering::Release);
    }

    /// Whether writes fail.
    #[inline]
    pub fn has_failed(&self) -> bool {
        self.has_failed.load(Ordering::Relaxed)
    }

    /// The disk refused a write, or is well again.
    pub(super) fn set_error(&self, error: Option<String>) {
        self.has_failed.store(error.is_some(), Ordering::Relaxed);
        self.report().error = error;
    }

    fn orders(&self) -> MutexGuard<'_, Option<Sender<Order>>> {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The writer takes orders here; none ends it.
    pub(super) fn set_writer(&self, orders: Option<Sender<Order>>) {
        *self.orders() = orders;
    }

    /// Whether a writer is there.
    pub(super) fn has_writer(&self) -> bool {
        self.orders().is_some()
    }

    /// Gives the writer an order. Orders are carried out one after the other.
    pub(super) fn order(&self, order: Order) {
        if let Some(orders) = &*self.orders() {
            // A writer that is gone has said why.
            let _ = orders.send(order);
        }
    }

    /// The parameters in force, for the writer.
    pub(super) fn settings(&self) -> Arc<Settings> {
        let settings = self.settings.lock().unwrap_or_else(PoisonError::into_inner);
        settings.clone().unwrap_or_default()
    }

    /// These are in force now.
    pub fn set_settings(&self, settings: &Arc<Settings>) {
        let mut known = self.settings.lock().unwrap_or_else(PoisonError::into_inner);
        *known = Some(settings.clone());
    }

    /// A mark that was never given.
    pub(super) fn next_mark(&self) -> u64 {
        self.marks.fetch_add(1, Ordering::Relaxed)
    }

    fn start(&self) -> MutexGuard<'_, Start> {
        self.start.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets core 0 begin, and waits until it has. `wake` wakes it.
    pub(super) fn begin_and_wait(&self, wake: impl FnOnce()) {
        *self.start() = Start::Asked;
        wake();
        let mut start = self.start();
        while !matches!(*start, Start::Done) {
            start = self
                .started
                .wait(start)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Whether core 0 is to begin; it is told once.
    pub(super) fn take_start(&self) -> bool {
        let mut start = self.start();
        let is_asked = matches!(*start, Start::Asked);
        if is_asked {
            *start = Start::Begun;
        }
        is_asked
    }

    /// The start is done, or the process ends.
    pub fn note_started(&self) {
        *self.start() = Start::Done;
        self.started.notify_all();
    }

    /// Ends the writer when it has done all that it was told, and waits for that.
    pub fn finish(&self) {
        let (done, is_done) = std::sync::mpsc::channel();
        self.order(Order::Finish { done });
        self.set_writer(None);
        let _ = is_done.recv();
    }
}
