//! DEBUG RELOAD: all data goes to a file and comes back from it, while everybody else stands still.

use std::sync::Arc;

use engine::command::error::CommandError;
use engine::order::Exclusive;
use engine::shard::context::Caller;
use persistence::snapshot::LoadFault;
use persistence::snapshot::batch::Duplicates;

use super::job::{Ended, Job, Outcome, Purpose};
use super::load::{Brought, load};
use crate::core::ServerCore;
use crate::core::ask::Waiting;
use crate::core::exclusive::NOBODY;

/// What the words behind RELOAD ask for.
#[derive(Clone, Copy, Debug)]
pub struct Reload {
    /// The file is written first.
    pub saves: bool,
    /// All keys go before it is loaded.
    pub flushes: bool,
    /// What happens to a key that is there already.
    pub duplicates: Duplicates,
}

const CANNOT_LOAD: CommandError =
    CommandError::new("ERR Error trying to load the RDB dump, check server logs.");

impl ServerCore {
    /// Does it, and answers `waiting`.
    pub(crate) fn reload(&mut self, reload: Reload, waiting: Waiting) {
        if reload.saves {
            self.process.saves.give_up_dump();
            return self.when_free(move |core| core.save_and_load(reload, waiting));
        }
        self.lock_everything(NOBODY, Caller::default(), move |core, locks, _| {
            core.empty_and_load(reload, locks, waiting);
        });
    }

    fn save_and_load(&mut self, reload: Reload, waiting: Waiting) {
        let job = Job::dump(Purpose::Reload, &self.settings);
        let then = move |core: &mut ServerCore, ended: Ended| {
            let Some(locks) = ended.locks else { return };
            if ended.outcome == Outcome::Saved {
                return core.empty_and_load(reload, locks, waiting);
            }
            core.unlock_everything(
                locks,
                |_| None,
                move |core| {
                    core.reply_to(waiting, |_, _| Err(CommandError::new("ERR")));
                },
            );
        };
        self.begin_save(job, |_| (), then);
    }

    fn empty_and_load(&mut self, reload: Reload, locks: Exclusive, waiting: Waiting) {
        let cores = self.process.all_cores();
        let empty = move |core: &mut ServerCore| {
            if reload.flushes {
                core.process.libraries.flush();
                core.engine.shard().flush_all(core.now);
            }
        };
        self.ask(cores, Waiting::Nobody, empty, move |core, _, _| {
            core.load_again(reload, locks, waiting);
        });
    }

    fn load_again(&mut self, reload: Reload, locks: Exclusive, waiting: Waiting) {
        let settings = Arc::clone(&self.settings);
        let work = move |process: &crate::core::process::Process| {
            let path = settings.snapshot.dbfilename.as_path();
            load(process, &settings, path, reload.duplicates)
        };
        let then = move |core: &mut ServerCore, result| {
            core.unlock_everything(locks, |_| None, move |core| core.reloaded(result, waiting));
        };
        if let Err(error) = self.on_thread(work, then) {
            tracing::warn!("Can't load: {error}");
            self.unlock_everything(locks, |_| None, |_| ());
            self.reply_to(waiting, |_, _| Err(CANNOT_LOAD));
        }
    }

    fn reloaded(&mut self, result: Result<Brought, LoadFault>, waiting: Waiting) {
        let result = match result {
            Ok(_) => {
                tracing::warn!("DB reloaded by DEBUG RELOAD");
                Ok(())
            }
            Err(fault) => {
                tracing::warn!("{fault}");
                Err(CANNOT_LOAD)
            }
        };
        // What is there is what is in the file.
        let changes = |core: &mut ServerCore| core.engine.shard_ref().changes;
        self.ask_all(waiting, changes, move |core, changes, reply| {
            core.process.saves.set_unchanged(changes.iter().sum());
            reply.ok();
            result
        });
    }
}
