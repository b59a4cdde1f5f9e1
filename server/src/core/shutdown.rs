//! The end of the process: asked for by SHUTDOWN or by a signal, begun by one core, heard by all. A last snapshot comes
//! first where one is wanted; without it the process ends only by force.

use engine::order::{Exclusive, ShardId};
use engine::shard::context::Caller;

use super::ServerCore;
use super::ask::Waiting;
use crate::config::topic::general::{SaveOnSignal, SignalShutdown};
use crate::core::exclusive::NOBODY;
use crate::launch::shutdown_signals::{self, Signal};
use crate::persistence::job::{Ended, Job, Outcome, Purpose};
use engine::command::error::CommandError;

/// How the process is to end: the words of SHUTDOWN and of the parameters for signals.
pub type Wish = SignalShutdown;

const CANNOT: CommandError = CommandError::new("ERR Errors trying to SHUTDOWN. Check logs.");

impl ServerCore {
    /// Ends the process, if its data can be saved or need not be. `waiting` hears only why not.
    pub fn shut_down(&mut self, wish: Wish, waiting: Waiting) {
        tracing::warn!("User requested shutdown...");
        if self.process.saves.give_up_dump() {
            tracing::warn!("There is a child saving an .rdb. Killing it!");
        }
        if !self.wants_last_snapshot(wish) {
            return self.end_process(None);
        }
        tracing::info!("Saving the final RDB snapshot before exiting.");
        self.when_free(move |core| core.save_and_end(wish, waiting));
    }

    fn wants_last_snapshot(&self, wish: Wish) -> bool {
        let is_asked = match wish.save {
            SaveOnSignal::Save => true,
            SaveOnSignal::Nosave => false,
            SaveOnSignal::Default => !self.settings.snapshot.save.0.is_empty(),
        };
        is_asked && !self.process.loading.is_under_way()
    }

    fn save_and_end(&mut self, wish: Wish, waiting: Waiting) {
        let job = Job::dump(Purpose::Final, &self.settings);
        let then = move |core: &mut ServerCore, ended: Ended| match ended.outcome {
            Outcome::Saved => core.end_process(ended.locks),
            _ if wish.force => {
                tracing::warn!("Error trying to save the DB. Exit anyway.");
                core.end_process(ended.locks);
            }
            _ => core.stay(ended, waiting),
        };
        self.begin_save(job, |_| (), then);
    }

    /// The data could not be saved.
    fn stay(&mut self, ended: Ended, waiting: Waiting) {
        tracing::warn!("Error trying to save the DB, can't exit.");
        tracing::warn!(
            "Errors trying to shut down the server. Check the logs for more information."
        );
        if let Some(locks) = ended.locks {
            self.unlock_everything(locks, |_| None, |_| ());
        }
        shutdown_signals::forget();
        self.reply_to(waiting, |_, _| Err(CANNOT));
    }

    /// Every core stops, after what was written is in the log.
    fn end_process(&mut self, locks: Option<Exclusive>) {
        if !self.engine.shard_ref().log.is_read {
            return self.stop_cores();
        }
        if locks.is_some() {
            return self.complete_log(Self::stop_cores);
        }
        let then = |core: &mut ServerCore, _, _| core.complete_log(Self::stop_cores);
        self.lock_everything(NOBODY, Caller::default(), then);
    }

    /// Every core stops after the tick in which it hears of it.
    fn stop_cores(&mut self) {
        self.process.shut_down();
        // The question only wakes the others.
        self.ask_all(Waiting::Nobody, |_| (), |_, _, _| Ok(()));
    }

    /// Ends the process if a signal asked for it. Core 0 does that in its own time, so that SHUTDOWN ABORT may come first.
    pub(super) fn obey_end_request(&mut self) {
        if self.me() == ShardId(0) && self.process.take_end_request() {
            let general = &self.settings.general;
            let wish = match shutdown_signals::pending() {
                Some(Signal::Interrupt) => general.shutdown_on_sigint,
                _ => general.shutdown_on_sigterm,
            };
            self.shut_down(wish, Waiting::Nobody);
        }
    }
}
