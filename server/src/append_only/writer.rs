//! The thread that writes the append-only file: the only one that waits for its disk.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use engine::order::Place;
use persistence::aof::appender::Appender;
use persistence::log::Batch;

use super::orders::{Increment, Order};
use crate::config::Settings;
use crate::config::topic::append_only::AppendFsync;
use crate::core::process::Process;

/// How often `everysec` syncs, and how soon a write that failed is tried again.
const SECOND: Duration = Duration::from_secs(1);
/// A sync later than this is counted.
const LATE: Duration = Duration::from_secs(2);

/// Bytes on their way to the file.
struct Pending {
    bytes: Vec<u8>,
    /// An increment that begins behind them.
    begins: Option<Increment>,
    commands: u64,
    below: Place,
}

/// A base that is whole, see [`Order::Adopt`].
struct Base {
    mark: Option<u64>,
    temp: PathBuf,
    is_snapshot: bool,
    done: Sender<bool>,
}

struct Writer {
    process: Arc<Process>,
    appender: Appender,
    is_open: bool,
    pending: VecDeque<Pending>,
    /// Marks that mean something.
    marks: Vec<(u64, Increment)>,
    /// A base that waits for its increment.
    base: Option<Base>,
    /// Commands that are written and not synced, and up to where.
    unsafe_commands: u64,
    written_below: Place,
    synced_at: Instant,
    /// The second of the last annotation.
    noted_at: u64,
    failed_at: Option<Instant>,
}

/// Starts the thread.
///
/// # Errors
/// The system has no thread for it.
pub(super) fn start(process: &Arc<Process>, appender: Appender) -> std::io::Result<Sender<Order>> {
    let (orders, inbox) = channel();
    let writer = Writer {
        process: process.clone(),
        is_open: appender.is_open(),
        appender,
        pending: VecDeque::new(),
        marks: Vec::new(),
        unsafe_commands: 0,
        base: None,
        written_below: Place::default(),
        synced_at: Instant::now(),
        noted_at: 0,
        failed_at: None,
    };
    let thread = std::thread::Builder::new().name("darter-aof".into());
    thread.spawn(move || writer.run(&inbox))?;
    Ok(orders)
}

impl Writer {
    fn run(mut self, inbox: &Receiver<Order>) {
        loop {
            let order = match inbox.recv_timeout(self.patience()) {
                Ok(order) => Some(order),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => break,
            };
            let mut next = order;
            while let Some(order) = next {
                if let Order::Finish { done } = order {
                    self.end(done);
                    return;
                }
                self.obey(order);
                next = inbox.try_recv().ok();
            }
            self.write_pending();
            self.adopt_base();
            self.sync_if_due();
            self.report();
        }
    }

    /// Adopts a base that is whole. Invariant: its increment has begun: what was written since the cut would be listed nowhere
    /// otherwise. The mark may still be under way, for the log is told by all cores and a small base is soon whole.
    fn adopt_base(&mut self) {
        let has_begun = |base: &mut Base| {
            let is_to_come = |mark| self.marks.iter().any(|(known, _)| *known == mark);
            self.pending.is_empty() && !base.mark.is_some_and(is_to_come)
        };
        let base = self.base.take_if(has_begun);
        let awaits = &self.process.append_only.awaits_mark;
        awaits.store(self.base.is_some(), Ordering::Relaxed);
        let Some(base) = base else { return };
        let result = self.appender.adopt_base(&base.temp, base.is_snapshot);
        if let Err(error) = &result {
            tracing::warn!("Error trying to adopt the AOF base file: {error}");
        }
        let _ = base.done.send(result.is_ok());
    }

    /// Until when nothing is to be done without an order.
    fn patience(&self) -> Duration {
        let is_unsynced = self.appender.unsynced() > 0;
        match is_unsynced || !self.pending.is_empty() {
            true => SECOND
                .saturating_sub(self.synced_at.elapsed())
                .max(Duration::from_millis(1)),
            false => Duration::from_secs(3600),
        }
    }

    fn settings(&self) -> Arc<Settings> {
        self.process.append_only.settings()
    }

    fn obey(&mut self, order: Order) {
        match order {
            Order::Append(batch) => self.take(batch),
            Order::Open => self.open(),
            Order::At { mark, increment } => self.marks.push((mark, increment)),
            Order::Adopt {
                mark,
                temp,
                is_snapshot,
                done,
            } => {
                self.base = Some(Base {
                    mark,
                    temp,
                    is_snapshot,
                    done,
                });
            }
            Order::Close => self.close(),
            Order::Sync { done } => {
                self.write_pending();
                self.sync();
                self.report();
                let _ = done.send(());
            }
            Order::Finish { .. } => {}
        }
    }

    /// Cuts a batch at the marks where an increment begins.
    fn take(&mut self, batch: Batch) {
        let Batch {
            bytes,
            marks,
            below,
            commands,
        } = batch;
        let mut from = 0;
        for (mark, at) in marks {
            let Some(index) = self.marks.iter().position(|(known, _)| *known == mark) else {
                continue;
            };
            let (_, increment) = self.marks.remove(index);
            self.pending.push_back(Pending {
                bytes: bytes[from..at].to_vec(),
                begins: Some(increment),
                commands: 0,
                below: Place::default(),
            });
            from = at;
        }
        let bytes = if from == 0 {
            bytes
        } else {
            bytes[from..].to_vec()
        };
        self.pending.push_back(Pending {
            bytes,
            begins: None,
            commands,
            below,
        });
    }

    fn open(&mut self) {
        match self.appender.open() {
            Ok((name, is_new)) => {
                let how = if is_new { "Creating" } else { "Opening" };
                tracing::info!("{how} AOF incr file {name} on server start");
                self.is_open = true;
                self.process.append_only.report().base_size = self.appender.size();
            }
            Err(error) => {
                tracing::warn!("Can't open the append-only file: {error}");
                std::process::exit(1);
            }
        }
    }

    fn close(&mut self) {
        self.write_pending();
        if let Err(error) = self.appender.close() {
            tracing::warn!("Fail to fsync the AOF file: {error}");
        }
        self.is_open = false;
        // Whoever waits hears that nothing came of it.
        self.base = None;
        self.pending.clear();
        self.marks.clear();
        self.unsafe_commands = 0;
        self.failed_at = None;
        self.process.append_only.set_error(None);
        self.process.append_only.forget_unsafe();
        self.wake_all();
    }

    fn end(&mut self, done: Sender<()>) {
        self.write_pending();
        self.sync();
        let _ = done.send(());
    }

    fn write_pending(&mut self) {
        while let Some(pending) = self.pending.front() {
            if self.failed_at.is_some_and(|at| at.elapsed() < SECOND) {
                return;
            }
            let result = match self.is_open && !pending.bytes.is_empty() {
                true => self.write(),
                false => Ok(()),
            };
            let result = result.and_then(|()| self.begin_increment());
            if let Err(error) = result {
                return self.failed(&error);
            }
            if self.failed_at.take().is_some() {
                tracing::warn!("AOF write error looks solved. The server can write again.");
                self.process.append_only.set_error(None);
            }
            if let Some(pending) = self.pending.pop_front() {
                self.unsafe_commands += pending.commands;
                self.written_below = self.written_below.max(pending.below);
            }
        }
    }

    fn write(&mut self) -> std::io::Result<()> {
        let settings = self.settings();
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = since.unwrap_or_default().as_secs();
        let Some(pending) = self.pending.front_mut() else {
            return Ok(());
        };
        if settings.append_only.aof_timestamp_enabled && self.noted_at != now {
            let note = format!("#TS:{now}\r\n").into_bytes();
            pending.bytes.splice(..0, note);
            self.noted_at = now;
        }
        let sleep = self.process.append_only.flush_sleep.load(Ordering::Relaxed);
        if sleep > 0 {
            std::thread::sleep(Duration::from_micros(sleep));
        }
        self.appender.append(&pending.bytes)?;
        // It must not be written twice should what follows fail.
        pending.bytes.clear();
        Ok(())
    }

    fn begin_increment(&mut self) -> std::io::Result<()> {
        match self.pending.front().and_then(|pending| pending.begins) {
            None => return Ok(()),
            Some(Increment::Listed) => {
                let name = self.appender.begin()?;
                tracing::info!("Creating AOF incr file {name} on background rewrite");
            }
            Some(Increment::Apart) => {
                self.appender.begin_apart()?;
                let name = self.appender.folder().unlisted_name();
                tracing::info!("Creating AOF incr file {name} on background rewrite");
            }
        }
        self.is_open = true;
        self.noted_at = 0;
        if let Some(pending) = self.pending.front_mut() {
            pending.begins = None;
        }
        Ok(())
    }

    fn failed(&mut self, error: &std::io::Error) {
        let is_first = self.failed_at.replace(Instant::now()).is_none();
        if is_first {
            tracing::warn!("Error writing to the AOF file: {error}");
        }
        if self.settings().append_only.appendfsync == AppendFsync::Always {
            tracing::warn!(
                "Can't recover from AOF write error when the AOF fsync policy is 'always'. Exiting..."
            );
            std::process::exit(1);
        }
        self.process.append_only.set_error(Some(error.to_string()));
    }

    fn sync_if_due(&mut self) {
        let settings = self.settings();
        let is_due = match settings.append_only.appendfsync {
            AppendFsync::Always => true,
            AppendFsync::Everysec => self.synced_at.elapsed() >= SECOND,
            AppendFsync::No => false,
        };
        let is_put_off = settings.append_only.no_appendfsync_on_rewrite
            && self.process.saves.running().is_some();
        if is_due && !is_put_off {
            self.sync();
        } else if self.appender.unsynced() == 0 {
            self.publish();
        }
    }

    fn sync(&mut self) {
        if self.appender.unsynced() > 0 {
            let began = Instant::now();
            if let Err(error) = self.appender.sync() {
                tracing::warn!("Fail to fsync the AOF file: {error}");
                if self.settings().append_only.appendfsync == AppendFsync::Always {
                    std::process::exit(1);
                }
                return self.process.append_only.set_error(Some(error.to_string()));
            }
            if began.elapsed() > LATE {
                self.process.append_only.report().delayed_syncs += 1;
            }
        }
        self.synced_at = Instant::now();
        self.publish();
    }

    /// Tells all cores what is durable.
    fn publish(&mut self) {
        let commands = std::mem::take(&mut self.unsafe_commands);
        self.process
            .append_only
            .note_safe(commands, self.written_below);
        if self.settings().append_only.appendfsync == AppendFsync::Always {
            self.wake_all();
        }
    }

    fn wake_all(&self) {
        self.process
            .all_cores()
            .for_each(|core| self.process.wake(core));
    }

    fn report(&self) {
        let buffered = self
            .pending
            .iter()
            .map(|pending| pending.bytes.len() as u64)
            .sum();
        let mut report = self.process.append_only.report();
        report.size = self.appender.size();
        report.buffered = buffered;
    }
}
