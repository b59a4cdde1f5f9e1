//! Bases of the append-only file: turning it on and off, BGREWRITEAOF, and rewrites because it has grown.
//!
//! Core 0 does all of it. A base is a snapshot; at its cut the log gets a mark, and where the log has the mark a new
//! increment begins. So the base and what comes behind it fit, whatever is written meanwhile.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Instant;

use engine::order::{Errand, ShardId};
use engine::shard::Shard;
use engine::shard::context::Caller;
use persistence::aof::manifest::Manifest;
use persistence::snapshot::file::Target;

use super::load;
use super::orders::{Increment, Order};
use super::state::Phase;
use super::writer;
use crate::config::Settings;
use crate::core::ServerCore;
use crate::core::ask::Waiting;
use crate::core::exclusive::NOBODY;
use crate::core::process::Process;
use crate::persistence::job::{AtCut, Job, Outcome, Purpose};

/// What a wish for a rewrite comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rewrite {
    /// It has begun.
    Begun,
    /// It begins when another snapshot has ended.
    Scheduled,
    /// One is under way.
    UnderWay,
}

/// Lets core 0 begin to append behind what was loaded, and waits until it does. Errors: the line to end with.
pub fn start(process: &Arc<Process>, manifest: Option<Manifest>) -> Result<(), String> {
    let manifest = manifest.unwrap_or_default();
    open_writer(process, manifest.clone())?;
    process
        .append_only
        .begin_and_wait(manifest, || process.wake(ShardId(0)));
    Ok(())
}

fn open_writer(process: &Arc<Process>, manifest: Manifest) -> Result<(), String> {
    let settings = process.append_only.settings();
    let folder = load::folder(&settings);
    let path = folder.path().display().to_string();
    let created = folder.create(&*process.disk);
    created.map_err(|error| format!("Can't open or create append-only dir {path}: {error}"))?;
    let orders = writer::start(process, folder, manifest);
    let orders = orders.map_err(|error| format!("Can't start a thread: {error}"))?;
    process.append_only.set_writer(Some(orders));
    Ok(())
}

impl ServerCore {
    /// Looks whether the log is to begin, or a base is due. Called on every core; only core 0 has anything to do.
    pub(crate) fn look_after_log(&mut self) {
        if self.me() != ShardId(0) {
            return;
        }
        if let Some(manifest) = self.process.append_only.take_start() {
            self.begin_log(&manifest);
        }
        if self.process.append_only.report().is_scheduled && self.process.saves.running().is_none()
        {
            self.begin_scheduled();
        }
    }

    /// Goes on with what is there, or makes a first base.
    fn begin_log(&mut self, manifest: &Manifest) {
        if manifest.files().next().is_none() {
            self.process.append_only.report().phase = Phase::Beginning;
            self.begin_base(Some(Increment::Apart));
            return;
        }
        self.process.append_only.order(Order::Open);
        self.lock_everything(NOBODY, Caller::default(), |core, locks, _| {
            let record = |_| Some(Errand::new(|shard: &mut Shard, _| shard.log.is_read = true));
            core.unlock_everything(locks, record, |core| {
                core.process.append_only.report().phase = Phase::On;
                core.process.append_only.note_started();
            });
        });
    }

    /// Takes a base as soon as may be.
    pub(crate) fn rewrite_log(&mut self) -> Rewrite {
        let running = self.process.saves.running();
        let mut report = self.process.append_only.report();
        if report.rewriting.is_some() {
            return Rewrite::UnderWay;
        }
        if running.is_some() {
            report.is_scheduled = true;
            return Rewrite::Scheduled;
        }
        drop(report);
        self.begin_scheduled();
        Rewrite::Begun
    }

    fn begin_scheduled(&mut self) {
        let increment = match self.process.append_only.phase() {
            Phase::Off => None,
            Phase::Beginning => Some(Increment::Apart),
            Phase::On => Some(Increment::Listed),
        };
        self.begin_base(increment);
    }

    fn begin_base(&mut self, increment: Option<Increment>) {
        if let Err(why) = self.ensure_writer() {
            tracing::warn!("{why}");
            return;
        }
        let state = &self.process.append_only;
        let mark = state.next_mark();
        if let Some(increment) = increment {
            state.order(Order::At { mark, increment });
        }
        let temp = temp_base(&self.settings);
        let job = Job {
            purpose: Purpose::Rewrite,
            target: Target {
                path: temp.with_extension("rdb"),
                temp,
                has_checksum: self.settings.snapshot.rdbchecksum,
                syncs_early: self.settings.append_only.aof_rewrite_incremental_fsync,
            },
            at_cut: increment.map(|_| at_cut(mark)),
        };
        let path = job.target.path.clone();
        {
            let mut report = state.report();
            report.is_scheduled = false;
            report.rewriting = Some(Instant::now());
            report.rewrites += 1;
        }
        let began = |_: &mut ServerCore| {
            let pid = std::process::id();
            tracing::info!("Background append only file rewriting started by pid {pid}");
        };
        let is_begun = self.begin_save(job, began, move |core, ended| match ended.outcome {
            Outcome::Saved => core.adopt_base(path),
            Outcome::Failed | Outcome::GivenUp => core.end_rewrite(false),
        });
        if !is_begun {
            let mut report = self.process.append_only.report();
            report.rewriting = None;
            report.is_scheduled = true;
        }
    }

    fn ensure_writer(&self) -> Result<(), String> {
        if self.process.append_only.has_writer() {
            return Ok(());
        }
        let manifest = load::manifest(&self.process, &self.settings)?;
        open_writer(&self.process, manifest.unwrap_or_default())
    }

    fn adopt_base(&mut self, temp: PathBuf) {
        let (done, is_done) = channel();
        self.process.append_only.order(Order::Adopt {
            temp,
            is_snapshot: true,
            done,
        });
        let wait = move |_: &Process| is_done.recv().unwrap_or(false);
        if let Err(error) = self.on_thread(wait, |core, is_good| core.end_rewrite(is_good)) {
            tracing::warn!("Can't start a thread: {error}");
            self.end_rewrite(false);
        }
    }

    fn end_rewrite(&mut self, is_good: bool) {
        let mut report = self.process.append_only.report();
        let took = report.rewriting.take().map(|since| since.elapsed());
        report.last_rewrite = took;
        report.rewrite_failed = !is_good;
        report.failures = if is_good { 0 } else { report.failures + 1 };
        if is_good {
            report.base_size = report.size;
            if report.phase == Phase::Beginning {
                report.phase = Phase::On;
            }
            tracing::info!("Background AOF rewrite finished successfully");
        } else {
            // Whoever wants the file gets it when the disk is well.
            report.is_scheduled = report.phase == Phase::Beginning;
            tracing::warn!("Background AOF rewrite terminated with error");
        }
        drop(report);
        self.process.append_only.note_started();
    }

    /// CONFIG SET appendonly.
    pub(crate) fn turn_log(&mut self, on: bool) {
        match on {
            true => self.turn_log_on(),
            false => self.turn_log_off(),
        }
    }

    fn turn_log_on(&mut self) {
        self.process.append_only.report().phase = Phase::Beginning;
        if self.rewrite_log() == Rewrite::Scheduled {
            tracing::info!(
                "AOF was enabled but there is already another background operation. An AOF background was scheduled to start \
                 when possible."
            );
        }
    }

    fn turn_log_off(&mut self) {
        if self.process.saves.give_up_rewrite() {
            tracing::info!("Killing running AOF rewrite child: {}", std::process::id());
        }
        let mut report = self.process.append_only.report();
        report.phase = Phase::Off;
        report.is_scheduled = false;
        drop(report);
        let stop = |core: &mut ServerCore| {
            core.ship_log();
            core.engine.shard().log.is_read = false;
        };
        let cores = self.process.all_cores();
        self.ask(cores, Waiting::Nobody, stop, |core, _, _: Vec<()>| {
            core.keep_log();
            core.forget_log();
            core.process.append_only.order(Order::Close);
        });
    }

    /// Begins a rewrite if the file has grown by as much as the parameters say.
    pub(crate) fn rewrite_grown_log(&mut self) {
        let wanted = &self.settings.append_only;
        let (percent, least) = (
            u64::from(wanted.auto_aof_rewrite_percentage),
            wanted.auto_aof_rewrite_min_size,
        );
        if percent == 0 || self.me() != ShardId(0) || self.process.saves.running().is_some() {
            return;
        }
        let report = self.process.append_only.report().clone();
        if report.phase != Phase::On || report.rewriting.is_some() || report.size <= least {
            return;
        }
        let base = report.base_size.max(1);
        let growth = (report.size * 100 / base).saturating_sub(100);
        if growth >= percent {
            tracing::info!("Starting automatic rewriting of AOF on {growth}% growth");
            self.rewrite_log();
        }
    }
}

/// Where a base is written until it is whole.
fn temp_base(settings: &Settings) -> PathBuf {
    let name = format!("temp-rewriteaof-bg-{}.aof", std::process::id());
    load::folder(settings).file(&name)
}

/// From the cut on everything is recorded, and the log is marked there.
fn at_cut(mark: u64) -> AtCut {
    Arc::new(move |shard: &mut Shard, me: ShardId| {
        shard.log.is_read = true;
        if me == ShardId(0) {
            shard.log.mark(mark);
        }
    })
}
