//! A core walks its shard for a snapshot, a slice a tick, as fast as the writer takes what comes.

use std::sync::Arc;
use std::time::{Duration, Instant};

use engine::time::UnixMillis;

use super::job::Purpose;
use super::transfer::Transfer;
use crate::core::ServerCore;

/// How long the walk may hold up a tick.
const SLICE: Duration = Duration::from_micros(200);
/// How long a core serves clients between two slices, if it has any to serve.
const REST: Duration = Duration::from_micros(400);
/// The slice while everybody waits for the snapshot.
const LONG_SLICE: Duration = Duration::from_millis(20);

/// The snapshot that a core walks for.
pub struct Walk {
    transfer: Arc<Transfer>,
    /// Keys for which `rdb-key-save-delay` was paid.
    paid: u64,
    /// Nothing is handed over before.
    not_before: UnixMillis,
    /// Clients come first until then.
    rests_until: Instant,
    /// Commands that this core's clients had sent at the last look.
    commands: u64,
}

impl ServerCore {
    /// Does a slice. Returns whether there is more to do right now.
    pub(crate) fn walk_for_snapshot(&mut self) -> bool {
        let Some(running) = self.process.saves.running() else {
            return false;
        };
        let mut walk = self.walk.take().unwrap_or_else(|| Walk {
            transfer: running.transfer.clone(),
            paid: 0,
            not_before: self.now,
            rests_until: Instant::now(),
            commands: self.statistics.commands,
        });
        if walk.transfer.is_given_up() {
            self.engine.shard().give_up_snapshot();
        } else if !walk.transfer.has_room() || self.now < walk.not_before {
            self.walk = Some(walk);
            return false;
        }
        let slice = match running.purpose {
            Purpose::Foreground | Purpose::Final | Purpose::Reload => LONG_SLICE,
            Purpose::Background | Purpose::Rewrite => SLICE,
        };
        if slice == SLICE && self.is_resting(&mut walk) {
            self.walk = Some(walk);
            return true;
        }
        if self.walk_for(&mut walk, slice) {
            walk.rests_until = Instant::now() + REST;
            self.walk = Some(walk);
            return true;
        }
        walk.transfer.walker_ended();
        false
    }

    /// Whether clients come first.
    fn is_resting(&self, walk: &mut Walk) -> bool {
        let commands = self.statistics.commands;
        let has_clients = std::mem::replace(&mut walk.commands, commands) != commands;
        has_clients && Instant::now() < walk.rests_until
    }

    /// Returns whether more is left.
    fn walk_for(&mut self, walk: &mut Walk, slice: Duration) -> bool {
        let end = Instant::now() + slice;
        let delay = i64::from(self.settings.testing.rdb_key_save_delay);
        while self.engine.shard().walk_some() {
            if delay != 0 && self.pay(walk, delay) || Instant::now() >= end {
                return true;
            }
        }
        false
    }

    /// Puts the walk off by what the keys since the last time cost, if that is worth it. All shards together take as long
    /// as one would.
    fn pay(&self, walk: &mut Walk, delay: i64) -> bool {
        let keys = walk.transfer.keys_of(self.me());
        let due = (keys - walk.paid) as i64 * i64::from(self.process.cores);
        let micros = match delay {
            0.. => due * delay,
            often => due / -often,
        };
        if micros < 1000 {
            return false;
        }
        walk.paid = keys;
        walk.not_before = UnixMillis(self.now.0 + micros / 1000);
        true
    }

    /// When the walk goes on by itself, if it waits.
    pub(crate) fn next_walk(&self) -> Option<UnixMillis> {
        let walk = self.walk.as_ref();
        let walk = walk.map(|walk| UnixMillis(walk.not_before.0.max(self.now.0 + 1)));
        walk.or_else(|| self.awaits_turn().then_some(UnixMillis(self.now.0 + 1)))
    }
}
