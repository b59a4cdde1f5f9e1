//! FLUSHALL and snapshots: one that is under way is not wanted any more, and with save points a new one takes the place of
//! the last.

use super::job::{Job, Purpose};
use crate::core::ServerCore;
use engine::order::ShardId;

impl ServerCore {
    /// Looks whether FLUSHALL ran here since the last call.
    pub(crate) fn look_after_flushes(&mut self) {
        let flushes = self.engine.shard_ref().flushes;
        if std::mem::replace(&mut self.flushes_seen, flushes) == flushes {
            return;
        }
        if self.process.loading.is_under_way() {
            // It came from a file: what is on disk is no older than that.
            return;
        }
        self.process.saves.give_up_dump();
        if self.me() == ShardId(0) && !self.settings.snapshot.save.0.is_empty() {
            self.when_free(|core| {
                let job = Job::dump(Purpose::Foreground, &core.settings);
                core.begin_save(job, |_| (), |_, _| ());
            });
        }
    }
}
