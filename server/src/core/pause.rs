//! CLIENT PAUSE: for a while commands wait, all of them or those that may change data, and keys do not expire.
//!
//! Every core knows the pause. It ends by itself when its time is over, so cores need not talk for that.

use engine::command::flags::Flags;
use engine::command::spec::Command;
use engine::command::table::table;
use engine::time::UnixMillis;

use super::ServerCore;
use crate::connection::Hold;
use crate::connection::queue::Queue;

/// Which commands wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Paused {
    /// All of them.
    #[default]
    All,
    /// Those that write or may be replicated.
    Writes,
}

/// A pause, or none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pause {
    /// Until when; a moment in the past stands for no pause.
    until: UnixMillis,
    what: Paused,
    /// Whether clients may be held that are to go on afterwards.
    has_held: bool,
}

impl Pause {
    /// When it ends, if it is not over at `now`.
    pub fn end(&self, now: UnixMillis) -> Option<UnixMillis> {
        (now < self.until).then_some(self.until)
    }

    /// Which commands wait at `now`.
    pub fn what(&self, now: UnixMillis) -> Option<Paused> {
        (now < self.until).then_some(self.what)
    }

    /// Whether a command waits at `now` that is sent with `queue` behind MULTI. EXEC counts as what it runs; a write that
    /// MULTI would only queue waits like any other.
    pub fn stops(&self, row: &Command, queue: Option<&Queue>, now: UnixMillis) -> bool {
        match self.what(now) {
            None => false,
            Some(Paused::All) => true,
            Some(Paused::Writes) => {
                let runs_writes = |queue: &Queue| {
                    queue
                        .commands
                        .iter()
                        .any(|queued| writes(table().row(queued.command)))
                };
                writes(row) || (row.name == "exec" && queue.is_some_and(runs_writes))
            }
        }
    }
}

fn writes(row: &Command) -> bool {
    row.flags.intersects(Flags::WRITE | Flags::MAY_REPLICATE)
}

impl ServerCore {
    /// Pauses until `until`, or as long as an earlier pause wanted if that is longer. What waits is what was said last.
    pub fn begin_pause(&mut self, until: UnixMillis, what: Paused) {
        self.pause.until = self.pause.until.max(until);
        self.pause.what = what;
        self.pause.has_held = true;
        self.engine.shard().keep_expired_until = self.pause.until;
    }

    /// Ends the pause, if there is one; clients that it held go on.
    pub fn end_pause(&mut self) {
        self.pause = Pause::default();
        self.engine.shard().keep_expired_until = UnixMillis::default();
        let held = self
            .connections
            .iter()
            .filter(|connection| connection.hold == Hold::Pause);
        for conn in held.map(|connection| connection.conn).collect::<Vec<_>>() {
            self.release(conn, Hold::Pause);
        }
    }

    /// Lets clients go on whose pause is over.
    pub(super) fn end_pause_in_time(&mut self) {
        if self.pause.has_held && self.now >= self.pause.until {
            self.end_pause();
        }
    }

    /// Clients of this core that wait for something to happen, as INFO counts them: whoever pushes when they are counted
    /// serves them.
    pub fn blocked_clients(&self) -> usize {
        let held = self
            .connections
            .iter()
            .filter(|connection| matches!(connection.hold, Hold::Pause | Hold::Blocked))
            .count();
        held.saturating_sub(self.engine.open_looks())
    }
}
