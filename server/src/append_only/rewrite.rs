//! Bases of the append-only file: turning it on and off, BGREWRITEAOF, and rewrites because it has grown.
//!
//! Core 0 does all of it. A base is a snapshot; at its cut the log gets a mark, and where the log has the mark a new
//! increment begins. So the base and what comes behind it fit, whatever is written meanwhile.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Instant;

use engine::order::ShardId;
use engine::shard::Shard;

use super::load;
use super::orders::{Increment, Order};
use super::start;
use super::state::Phase;
use crate::core::ServerCore;
use crate::core::ask::Waiting;
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

impl ServerCore {
    /// Looks whether the log is to begin, or a base is due. Called on every core; only core 0 has anything to do.
    pub(crate) fn look_after_log(&mut self) {
        if self.me() != ShardId(0) {
            return;
        }
        if self.process.append_only.take_start() {
            self.begin_log();
        }
        if self.process.append_only.report().is_scheduled && self.may_snapshot() {
            self.begin_scheduled();
        }
    }

    /// Takes a base as soon as may be.
    pub(crate) fn rewrite_log(&mut self) -> Rewrite {
        let may_begin = self.may_snapshot();
        let mut report = self.process.append_only.report();
        if report.rewriting.is_some() {
            return Rewrite::UnderWay;
        }
        if !may_begin {
            report.is_scheduled = true;
            return Rewrite::Scheduled;
        }
        drop(report);
        self.begin_scheduled();
        Rewrite::Begun
    }

    /// Whether a base may be cut now: not beside another snapshot, nor while a part of the data is still in its file.
    fn may_snapshot(&self) -> bool {
        self.process.saves.running().is_none() && !self.process.loading.is_under_way()
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
        let job = Job {
            purpose: Purpose::Rewrite,
            target: start::target(&self.settings),
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
            Outcome::Saved => core.adopt_base(path, increment.map(|_| mark)),
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
        start::open_writer(&self.process, manifest.unwrap_or_default())
    }

    fn adopt_base(&mut self, temp: PathBuf, mark: Option<u64>) {
        let (done, is_done) = channel();
        self.process.append_only.order(Order::Adopt {
            mark,
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
        if percent == 0 || self.me() != ShardId(0) || !self.may_snapshot() {
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

/// From the cut on everything is recorded, and the log is marked there.
fn at_cut(mark: u64) -> AtCut {
    Arc::new(move |shard: &mut Shard, me: ShardId| {
        shard.log.is_read = true;
        if me == ShardId(0) {
            shard.log.mark(mark);
        }
    })
}
