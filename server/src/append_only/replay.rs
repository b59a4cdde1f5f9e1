//! Commands that come from a file and run as those of a client would, in the one order, many at a time.
//!
//! One thread reads the file and finds the commands; core 0 sends them to their shards. Nothing expires meanwhile: what
//! had expired when the file was written is deleted by it.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use engine::command::args::OwnedArgs;
use engine::command::flags::Flags;
use engine::command::table::{CommandId, table};
use engine::order::ShardId;
use engine::order::block::Client;
use engine::order::core::{Queued, Request, Submitted};
use engine::shard::DbIndex;
use engine::shard::context::Caller;

use crate::core::ServerCore;

/// The client of what is replayed: no connection has this number.
pub const REPLAY: Client = Client {
    connection: u64::MAX - 1,
    place: 0,
};

/// Runs of steps that wait for core 0.
const MOST_WAITING: usize = 8;
/// Steps that may be under way.
const MOST_UNDER_WAY: u64 = 4096;
/// How long the reader sleeps at most before it looks again.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// What is run in one go.
#[derive(Debug)]
pub enum Step {
    /// A command.
    Command(CommandId, DbIndex, OwnedArgs),
    /// What stood between MULTI and EXEC.
    Exec(Vec<Queued>),
}

/// See the top of the file.
#[derive(Debug, Default)]
pub struct Replay {
    is_under_way: AtomicBool,
    is_given_up: AtomicBool,
    queue: Mutex<VecDeque<Vec<Step>>>,
    /// Tells the reader that core 0 came on.
    progress: Condvar,
    sent: AtomicU64,
    answered: AtomicU64,
}

impl Replay {
    /// Whether nothing may expire.
    #[inline]
    pub fn is_under_way(&self) -> bool {
        self.is_under_way.load(Ordering::Relaxed)
    }

    /// Begins; [`Replay::end`] ends it.
    pub(super) fn begin(&self) {
        self.is_given_up.store(false, Ordering::Relaxed);
        self.is_under_way.store(true, Ordering::Release);
    }

    fn queue(&self) -> MutexGuard<'_, VecDeque<Vec<Step>>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Leaves steps for core 0 when there is room. Returns false if the process ends.
    pub(super) fn send(&self, steps: Vec<Step>) -> bool {
        let is_free = |queue: &VecDeque<_>, _: u64| queue.len() < MOST_WAITING;
        let Some(mut queue) = self.wait_until(is_free) else {
            return false;
        };
        self.sent.fetch_add(steps.len() as u64, Ordering::AcqRel);
        queue.push_back(steps);
        true
    }

    /// Waits until all that was sent has run. Returns false if the process ends.
    pub(super) fn drain(&self) -> bool {
        let is_done = |queue: &VecDeque<_>, left| queue.is_empty() && left == 0;
        self.wait_until(is_done).is_some()
    }

    /// From here on keys may expire.
    pub(super) fn end(&self) {
        self.is_under_way.store(false, Ordering::Release);
    }

    fn wait_until(
        &self,
        is_enough: impl Fn(&VecDeque<Vec<Step>>, u64) -> bool,
    ) -> Option<MutexGuard<'_, VecDeque<Vec<Step>>>> {
        let mut queue = self.queue();
        loop {
            if self.is_given_up.load(Ordering::Relaxed) {
                return None;
            }
            if is_enough(&queue, self.left()) {
                return Some(queue);
            }
            let woken = self.progress.wait_timeout(queue, LOOK_AGAIN);
            queue = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Steps that have not run.
    fn left(&self) -> u64 {
        let answered = self.answered.load(Ordering::Acquire);
        self.sent.load(Ordering::Acquire) - answered
    }

    /// The process ends: nobody waits any more.
    pub fn give_up(&self) {
        self.is_given_up.store(true, Ordering::Relaxed);
        self.progress.notify_all();
    }

    /// A step has run.
    fn answered(&self) {
        self.answered.fetch_add(1, Ordering::AcqRel);
    }
}

/// What core 0 has taken of it.
#[derive(Default)]
pub struct Replaying {
    steps: std::vec::IntoIter<Step>,
    under_way: u64,
}

impl ServerCore {
    /// Sends what may be under way. Returns whether there is more that could run right now.
    pub(crate) fn replay_some(&mut self) -> bool {
        if self.me() != ShardId(0) || !self.process.append_only.replay.is_under_way() {
            return false;
        }
        let process = self.process.clone();
        while self.replaying.under_way < MOST_UNDER_WAY {
            let Some(step) = self.replaying.steps.next() else {
                let Some(steps) = process.append_only.replay.queue().pop_front() else {
                    break;
                };
                process.append_only.replay.progress.notify_all();
                self.replaying.steps = steps.into_iter();
                continue;
            };
            self.replaying.under_way += 1;
            self.replay(step);
        }
        false
    }

    fn replay(&mut self, step: Step) {
        let request = |db| Request {
            client: REPLAY,
            caller: Caller::default(),
            db,
            must_travel: true,
            now: self.data_now(),
        };
        match step {
            Step::Command(id, db, args) => {
                let mut reply = Vec::new();
                let (request, args) = (request(db), args.as_args());
                if self.engine.submit(request, id, &args, &mut reply) == Submitted::Done {
                    self.replayed();
                }
            }
            Step::Exec(queue) => {
                let request = request(DbIndex(0));
                self.engine.submit_exec(request, queue, None);
            }
        }
    }

    /// A step has run.
    pub(crate) fn replayed(&mut self) {
        self.replaying.under_way -= 1;
        let replay = &self.process.append_only.replay;
        replay.answered();
        replay.progress.notify_all();
    }
}

/// A command as a step: one that might wait runs as in MULTI, where nobody waits.
pub(super) fn step(id: CommandId, db: DbIndex, args: OwnedArgs) -> Step {
    if !table().row(id).flags.contains(Flags::BLOCKING) {
        return Step::Command(id, db, args);
    }
    Step::Exec(vec![queued(id, db, args)])
}

/// A command of a MULTI.
pub(super) fn queued(id: CommandId, db: DbIndex, args: OwnedArgs) -> Queued {
    Queued {
        command: Some(id),
        db,
        args,
    }
}
