//! Which keys go when memory is full: the best of some that are looked at, as Redis does it.
//!
//! A pool keeps the best candidates seen lately, so that a few samples at a time come close to what a look at all keys
//! would choose. Candidates may be stale: one whose key is gone or was used since is dropped when its turn comes.
//!
//! How much memory is in use is not known here: the server hands in a gauge over all cores ([`Gauge`]).

use super::access;
use super::{DbIndex, Shard};
use crate::effect::event::Event;
use crate::keyspace::entry::Entry;
use crate::keyspace::key::Key;
use crate::limits::Limits;
use crate::time::UnixMillis;

/// Bytes of memory that the process uses now; called before commands, so it must be cheap.
pub type Gauge = Box<dyn Fn() -> u64 + Send>;

/// Among which keys the ones that go are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Among {
    /// All.
    All,
    /// Those that expire.
    Volatile,
}

/// `maxmemory-policy`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Policy {
    /// None goes; writes that need memory are refused.
    #[default]
    Never,
    /// The one used least recently.
    Recency(Among),
    /// The one used least often.
    Frequency(Among),
    /// Any.
    Random(Among),
    /// The one that expires first.
    SoonestExpiry,
}

impl Policy {
    fn among(self) -> Among {
        match self {
            Policy::Never | Policy::SoonestExpiry => Among::Volatile,
            Policy::Recency(among) | Policy::Frequency(among) | Policy::Random(among) => among,
        }
    }
}

/// Candidates kept.
const POOL: usize = 16;

struct Candidate {
    /// The higher, the sooner it goes.
    score: u64,
    db: DbIndex,
    key: Box<[u8]>,
}

/// The candidates, the best one last.
#[derive(Default)]
pub(super) struct Pool(Vec<Candidate>);

impl Pool {
    fn offer(&mut self, candidate: Candidate) {
        let is_known = |known: &Candidate| known.db == candidate.db && known.key == candidate.key;
        self.0.retain(|known| !is_known(known));
        let at = self
            .0
            .partition_point(|known| known.score < candidate.score);
        if self.0.len() < POOL {
            self.0.insert(at, candidate);
        } else if at > 0 {
            self.0.remove(0);
            self.0.insert(at - 1, candidate);
        }
    }
}

impl Shard {
    /// Whether there is a limit of memory at all: the one look a command takes without one.
    #[inline]
    pub fn has_memory_limit(&self) -> bool {
        self.limits.max_memory > 0
    }

    /// Whether more memory is in use than there may be.
    pub fn is_over_limit(&self) -> bool {
        self.has_memory_limit() && (self.gauge)() > self.limits.max_memory
    }

    /// Hands in how memory in use is measured.
    pub fn set_gauge(&mut self, gauge: Gauge) {
        self.gauge = gauge;
    }

    /// Chooses a key that is to go and that `may_go`. `None` if none was found among those looked at.
    pub fn choose_victim(
        &mut self,
        now: UnixMillis,
        may_go: impl Fn(&[u8]) -> bool,
    ) -> Option<(DbIndex, Box<[u8]>)> {
        self.look_for_candidates(now);
        while let Some(Candidate { db, key, .. }) = self.pool.0.pop() {
            let is_there = self.is_candidate(db, Key::new(&key, self.seed));
            if is_there && may_go(&key) {
                return Some((db, key));
            }
        }
        None
    }

    /// Whether the key is there and among those the policy may take.
    fn is_candidate(&self, db: DbIndex, key: Key<'_>) -> bool {
        let entry = self.database(db).get(key);
        entry.is_some_and(|entry| {
            self.limits.eviction.among() == Among::All || entry.expiry().is_some()
        })
    }

    fn look_for_candidates(&mut self, now: UnixMillis) {
        let (policy, samples) = (self.limits.eviction, self.limits.max_memory_samples);
        if policy == Policy::Never {
            return;
        }
        for db in 0..self.databases.len() {
            let Shard {
                databases,
                random,
                pool,
                limits,
                ..
            } = &mut *self;
            let database = &mut databases[db];
            if database.is_empty() {
                continue;
            }
            for _ in 0..samples {
                let mut offer = |entry: Entry<'_>| {
                    pool.offer(Candidate {
                        score: score(entry, limits, now),
                        db: DbIndex(db as u32),
                        key: entry.key().into(),
                    });
                };
                match policy.among() {
                    Among::All => database.random(|| random.next_u64()).map(&mut offer),
                    Among::Volatile => database.random_expiring(|| random.next_u64(), &mut offer),
                };
                if matches!(policy, Policy::Random(_)) {
                    break;
                }
            }
        }
    }

    /// Deletes a key for want of memory.
    pub fn evict(&mut self, db: DbIndex, key: &[u8]) {
        let key = Key::new(key, self.seed);
        if self.remove_now(db, key) {
            self.stats.evicted += 1;
            self.log.expired(db, key.bytes());
            self.commit_unasked(db, key, Event::EVICTED);
        }
    }
}

/// How much a key deserves to go.
fn score(entry: Entry<'_>, limits: &Limits, now: UnixMillis) -> u64 {
    match limits.eviction {
        Policy::Never | Policy::Random(_) => 0,
        Policy::Recency(_) => access::idle_millis(entry.access(), now),
        Policy::Frequency(_) => 255 - u64::from(access::frequency(entry.access(), limits, now)),
        Policy::SoonestExpiry => u64::MAX - entry.expiry().map_or(0, |at| at.0.max(0) as u64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::driver::{NOW, run, shard};
    use crate::limits::AccessPolicy;

    fn filled(policy: Policy) -> Shard {
        let mut shard = shard();
        shard.limits.eviction = policy;
        shard.limits.max_memory = 1;
        shard.limits.max_memory_samples = 10;
        if matches!(policy, Policy::Frequency(_)) {
            shard.limits.access = AccessPolicy::Frequency;
        }
        for key in 0..100 {
            run(&mut shard, &format!("SET plain{key} 1"));
            run(
                &mut shard,
                &format!("SET volatile{key} 1 EX {}", 1000 + key),
            );
        }
        shard
    }

    fn evict_some(shard: &mut Shard, count: usize) -> Vec<String> {
        let mut gone = Vec::new();
        for _ in 0..count {
            let (db, key) = shard.choose_victim(NOW, |_| true).expect("there are keys");
            shard.evict(db, &key);
            gone.push(String::from_utf8_lossy(&key).into_owned());
        }
        gone
    }

    #[test]
    fn only_keys_that_expire_go_where_asked() {
        for policy in [
            Policy::Recency(Among::Volatile),
            Policy::Frequency(Among::Volatile),
            Policy::Random(Among::Volatile),
            Policy::SoonestExpiry,
        ] {
            let mut shard = filled(policy);
            let gone = evict_some(&mut shard, 100);
            assert!(
                gone.iter().all(|key| key.starts_with("volatile")),
                "{policy:?}"
            );
            assert!(shard.choose_victim(NOW, |_| true).is_none(), "{policy:?}");
            assert_eq!(run(&mut shard, "DBSIZE"), ":100");
            assert_eq!(shard.stats.evicted, 100);
        }
    }

    #[test]
    fn the_soonest_to_expire_goes_early() {
        let mut shard = filled(Policy::SoonestExpiry);
        let gone = evict_some(&mut shard, 20);
        let late = |key: &&String| key["volatile".len()..].parse::<u32>().unwrap_or(0) > 70;
        assert!(gone.iter().filter(late).count() <= 2, "{gone:?}");
    }

    #[test]
    fn what_was_used_lately_stays() {
        let mut shard = filled(Policy::Recency(Among::All));
        let later = UnixMillis(NOW.0 + 60_000);
        for key in 0..100 {
            let key = format!("plain{key}");
            let key = Key::new(key.as_bytes(), shard.seed());
            let access = access::fresh(&shard.limits, later);
            let database = shard.database_mut(DbIndex(0));
            database
                .get_mut(key)
                .expect("it is there")
                .set_access(access);
        }
        for _ in 0..60 {
            let (db, key) = shard
                .choose_victim(later, |_| true)
                .expect("there are keys");
            assert!(key.starts_with(b"volatile"), "{key:?}");
            shard.evict(db, &key);
        }
    }

    #[test]
    fn keys_that_may_not_go_stay() {
        let mut shard = filled(Policy::Random(Among::All));
        assert!(shard.choose_victim(NOW, |_| false).is_none());
    }
}
