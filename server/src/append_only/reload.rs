//! DEBUG LOADAOF: all data goes and comes back from the append-only folder.
//!
//! ```text
//!   all locks ─> the log is complete and written ─> all data goes, nothing is recorded ─> replay ─> all is recorded again
//! ```

use std::sync::Arc;
use std::sync::mpsc::channel;

use engine::command::error::CommandError;
use engine::order::{Errand, Exclusive};
use engine::shard::Shard;
use engine::shard::context::Caller;

use super::load;
use super::orders::Order;
use crate::core::ServerCore;
use crate::core::ask::Waiting;
use crate::core::exclusive::NOBODY;
use crate::core::process::Process;

impl ServerCore {
    /// Does it, and answers `waiting`. A first base that is being written is waited for: before it is there, the folder does not
    /// hold what is about to go. The process ends if the folder can't be loaded, as at a start.
    pub(crate) fn reload_log(&mut self, waiting: Waiting) {
        let wait = |process: &Process| process.append_only.wait_for_first_base();
        if let Err(error) = self.on_thread(wait, move |core, ()| core.reload_whole_log(waiting)) {
            tracing::warn!("Can't start a thread: {error}");
            self.reply_to(waiting, |_, _| Err(CommandError::new("ERR")));
        }
    }

    fn reload_whole_log(&mut self, waiting: Waiting) {
        let settings = Arc::clone(&self.settings);
        let work = move |process: &Process| {
            let (done, is_done) = channel();
            process.append_only.order(Order::Sync { done });
            // Without a writer there is nothing to wait for.
            let _ = is_done.recv();
            let manifest = load::manifest(process, &settings)?.unwrap_or_default();
            load::load_files(process, &settings, &manifest)
        };
        self.lock_everything(NOBODY, Caller::default(), move |core, locks, _| {
            // Clients come later: until all is there nobody is to see a part of it.
            core.process.loading.announce();
            core.complete_log(move |core| core.empty_and_replay(locks, work, waiting));
        });
    }

    fn empty_and_replay(
        &mut self,
        locks: Exclusive,
        work: impl FnOnce(&Process) -> Result<(), String> + Send + 'static,
        waiting: Waiting,
    ) {
        let records = self.engine.shard_ref().log.is_read;
        let then = move |core: &mut ServerCore, result: Result<(), String>| {
            if let Err(why) = result {
                tracing::warn!("{why}");
                std::process::exit(1);
            }
            core.record_again(records, waiting);
        };
        let empty = |_| {
            Some(Errand::new(|shard: &mut Shard, now| {
                shard.log.is_read = false;
                shard.flush_all(now);
            }))
        };
        self.unlock_everything(locks, empty, move |core| {
            if let Err(error) = core.on_thread(work, then) {
                tracing::warn!("Can't start a thread: {error}");
                std::process::exit(1);
            }
        });
    }

    fn record_again(&mut self, records: bool, waiting: Waiting) {
        self.lock_everything(NOBODY, Caller::default(), move |core, locks, _| {
            let record = move |_| {
                Some(Errand::new(move |shard: &mut Shard, _| {
                    shard.log.is_read = records;
                }))
            };
            core.unlock_everything(locks, record, move |core| {
                core.process.loading.end();
                tracing::info!("Append Only File loaded by DEBUG LOADAOF");
                core.reply_to(waiting, |_, reply| {
                    reply.ok();
                    Ok(())
                });
            });
        });
    }
}
