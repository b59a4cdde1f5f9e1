//! What a core does without being asked: expire keys, free memory in slices, close idle clients, let paused ones go on.

use std::time::{Duration, Instant};

use engine::order::participant::Room;
use engine::time::UnixMillis;

use super::{Output, ServerCore};
use crate::connection::Hold;

/// How long background work may hold up a tick.
const SLICE: Duration = Duration::from_micros(250);
/// Keys expired, or entries freed, between two looks at the clock.
const BATCH: usize = 32;
/// How often expiry looks for due keys, in milliseconds, while none are known to be due.
const EXPIRY_PERIOD: i64 = 10;
/// How long the messages about evicted keys have to reach their clients before more keys are evicted without need, in
/// milliseconds: these messages take memory, too, and often more than the keys gave back.
const TOLD: i64 = 20;
/// How long a client that sends nothing keeps room for what it may send, in milliseconds.
const INPUT_KEPT: i64 = 2000;
/// How often clients are looked after, in milliseconds.
const CLIENT_PERIOD: i64 = 100;

/// When what is due.
#[derive(Default)]
pub struct Cron {
    next_expiry: UnixMillis,
    next_clients: UnixMillis,
    next_eviction: UnixMillis,
    /// When other cores were last woken to evict what this one can't.
    asked_others: UnixMillis,
    more: bool,
    /// DEBUG PAUSE-CRON.
    pub paused: bool,
    /// A snapshot or a file that is loaded has more to do.
    files: bool,
    /// More memory is in use than there may be, and there is something to evict.
    over_limit: bool,
}

impl Cron {
    /// Whether the last slice ended before the work did.
    pub fn has_more(&self) -> bool {
        self.more || self.over_limit || self.files
    }
}

impl ServerCore {
    pub(super) fn run_cron(&mut self) {
        if self.cron.paused {
            return;
        }
        self.obey_end_request();
        self.look_after_files();
        self.end_pause_in_time();
        if self.engine.shard_ref().has_memory_limit() && self.now >= self.cron.next_eviction {
            self.make_room();
        }
        if self.cron.more || self.now >= self.cron.next_expiry {
            self.watch_latency("expire-cycle", Self::run_slice);
        }
        if self.now >= self.cron.next_clients {
            self.cron.next_clients = UnixMillis(self.now.0 + CLIENT_PERIOD);
            self.look_at_save_points();
            self.rewrite_grown_log();
            self.look_after_clients();
            self.close_slow_readers();
            self.statistics.sample(self.now);
            self.tell_meter();
            let used = self.process.budget.used(self.me());
            self.process.memory.saw(used as usize);
        }
    }

    fn look_after_files(&mut self) {
        let walks = self.engine.shard_ref().is_walking() && self.walk_for_snapshot();
        self.cron.files = self.decode_some() || walks;
        self.look_after_flushes();
        self.look_after_log();
        self.go_on_with_files();
    }

    /// Evicts what the limit of memory asks for. Returns whether a command that needs memory may run.
    pub(crate) fn make_room(&mut self) -> bool {
        let room = self.watch_latency("eviction-cycle", |core| core.engine.make_room(core.now));
        let has_told = self.engine.shard_ref().tracking.has_invalid();
        self.cron.over_limit = room == Room::Working && !has_told;
        if has_told {
            self.cron.next_eviction = UnixMillis(self.now.0 + TOLD);
        }
        let (me, budget) = (self.engine.me(), &self.process.budget);
        budget.set_bare(me, room == Room::None);
        if room == Room::None && self.now > self.cron.asked_others {
            // They may be asleep; the limit is theirs, too.
            self.cron.asked_others = self.now;
            let others = budget.others_with_keys(me);
            others.for_each(|core| self.process.wake(core));
        }
        room != Room::None || !budget.is_bare()
    }

    /// Expires keys and frees memory until all is done or the slice is used up.
    fn run_slice(&mut self) {
        let end = Instant::now() + SLICE;
        let now = self.now;
        self.cron.more = loop {
            let expired = match self.process.append_only.replay.is_under_way() {
                true => 0,
                false => self.engine.expire_some(now, BATCH),
            };
            let more_to_free = self.engine.shard().free_some(BATCH * 8);
            if expired < BATCH && !more_to_free {
                break false;
            }
            if Instant::now() >= end {
                break true;
            }
        };
        self.engine.serve_touched(now);
        self.cron.next_expiry = UnixMillis(now.0 + EXPIRY_PERIOD);
    }

    /// The moment at which this core has to wake up by itself.
    pub fn next_wake(&self) -> UnixMillis {
        // An idle core wakes for the clients' period only: keys that fall due are a tenth of a second late at most.
        let own = [
            self.pause.end(self.now),
            self.deadlines.first(),
            self.next_walk(),
            self.next_shipment(),
        ];
        own.into_iter()
            .flatten()
            .fold(self.cron.next_clients, UnixMillis::min)
    }

    fn look_after_clients(&mut self) {
        let idle_limit = i64::from(self.settings.network.timeout) * 1000;
        let now = self.now;
        let mut timed_out = Vec::new();
        for connection in self.connections.iter_mut() {
            let idle = now.0 - connection.last_active.0;
            connection.shrink_input(idle > INPUT_KEPT);
            let is_held = matches!(connection.hold, Hold::Pause | Hold::Blocked);
            if idle_limit > 0 && !is_held && idle > idle_limit {
                timed_out.push(connection.conn);
            }
        }
        for conn in timed_out {
            self.act(Output::Close(conn));
        }
    }
}
