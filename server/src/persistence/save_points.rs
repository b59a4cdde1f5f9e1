//! Snapshots that nobody asks for: after so many seconds with so many changes, and those that were put off.

use engine::order::ShardId;

use super::job::{Ended, Job, Outcome, Purpose};
use crate::core::ServerCore;

impl ServerCore {
    /// Looks at the save points. Core 0 does that, with what the others tell.
    pub(crate) fn look_at_save_points(&mut self) {
        let changes = self.engine.shard_ref().changes;
        self.process.saves.note_changes(self.me(), changes);
        if self.me() != ShardId(0) || self.process.loading.is_under_way() {
            return;
        }
        if self.process.saves.is_due() {
            self.save_in_background(|_| ());
            return;
        }
        if !self.process.saves.may_try(self.now) {
            return;
        }
        let changes = self.process.saves.changes();
        let seconds = self.seconds_since_save();
        let points = &self.settings.snapshot.save.0;
        let reached = points
            .iter()
            .find(|point| changes >= point.changes && seconds > point.seconds as i64);
        if let Some(point) = reached {
            tracing::info!(
                "{} changes in {} seconds. Saving...",
                point.changes,
                point.seconds
            );
            self.save_in_background(|_| ());
        }
    }

    fn seconds_since_save(&self) -> i64 {
        match self.process.saves.last().saved {
            Some(at) => self.now.seconds() - at.seconds(),
            None => self.process.started.elapsed().as_secs() as i64,
        }
    }

    /// Takes a snapshot that nobody waits for. Returns false if another one is under way.
    pub fn save_in_background(&mut self, began: impl FnOnce(&mut ServerCore) + 'static) -> bool {
        let job = Job::dump(Purpose::Background, &self.settings);
        let began = |core: &mut ServerCore| {
            tracing::info!("Background saving started by pid {}", std::process::id());
            began(core);
        };
        self.begin_save(job, began, |_, Ended { outcome, .. }| match outcome {
            Outcome::Saved => tracing::info!("Background saving terminated with success"),
            Outcome::Failed => tracing::warn!("Background saving error"),
            Outcome::GivenUp => tracing::warn!("Background saving terminated by signal 10"),
        })
    }
}
