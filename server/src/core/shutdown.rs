//! The end of the process: asked for by SHUTDOWN or by a signal, begun by one core, heard by all.
//!
//! Nothing is saved, as there are no files yet.

use engine::order::ShardId;

use super::ServerCore;
use super::ask::Waiting;

impl ServerCore {
    /// Ends the process: every core stops after the tick in which it hears of it.
    pub fn shut_down(&mut self) {
        tracing::warn!("User requested shutdown...");
        self.process.shut_down();
        // The question only wakes the others.
        self.ask_all(Waiting::Nobody, |_| (), |_, _, _| Ok(()));
    }

    /// Ends the process if a signal asked for it. Core 0 does that in its own time, so that SHUTDOWN ABORT may come first.
    pub(super) fn obey_end_request(&mut self) {
        if self.me() == ShardId(0) && self.process.take_end_request() {
            self.shut_down();
        }
    }
}
