//! What all cores of the process share: facts that don't change, and the few numbers that must be common.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::time::Instant;

use engine::keyspace::key::HashSeed;
use engine::order::ShardId;
use engine::random::Random;
use engine::time::UnixMillis;
use persistence::disk::{Disk, RealDisk};

use super::budget::Budget;
use super::clock::Rate;
use super::weights::Weights;
use crate::acl::log::AclLog;
use crate::acl::published::Published;
use crate::acl::users::Users;
use crate::append_only::state::AppendOnlyState;
use crate::config::Settings;
use crate::config::load::Source;
use crate::driver::WakeCore;
use crate::persistence::loading::Loading;
use crate::persistence::saves::Saves;
use crate::pubsub::interest::Interest;
use crate::scripting::busy::Busy;
use crate::scripting::cache::ScriptCache;
use crate::scripting::library::Libraries;
use crate::seeing::latency::Latency;
use crate::seeing::monitor::Monitors;
use crate::seeing::slow_log::SlowLog;
use crate::tracking::reach::Reach;

/// See the top of the file.
pub struct Process {
    /// How many cores there are.
    pub cores: u16,
    /// When it started.
    pub started: Instant,
    /// 40 random hexadecimal digits, new at every start.
    pub run_id: String,
    /// Seed of the key hashes of all shards.
    pub seed: HashSeed,
    /// Where the configuration came from.
    pub source: Source,
    /// The absolute path of the running program.
    pub executable: String,
    /// How long the unit of the meters' clock is.
    pub rate: Rate,
    /// What it took of memory at its start and at most.
    pub memory: MemoryMarks,
    /// The history of data that this process continues.
    pub replication_ids: Mutex<ReplicationIds>,
    /// Where somebody listens to what is published.
    pub interest: Interest,
    /// Where somebody wants to hear of changed keys.
    pub reach: Reach,
    /// The memory of all cores.
    pub budget: Budget,
    /// What clients weigh.
    pub weights: Weights,
    /// Where somebody monitors what commands run.
    pub monitors: Monitors,
    users: OnceLock<Published>,
    acl_log: Mutex<AclLog>,
    /// Where files are.
    pub disk: Arc<dyn Disk>,
    /// Snapshots.
    pub saves: Saves,
    /// The append-only file.
    pub append_only: AppendOnlyState,
    /// Data that comes from files.
    pub loading: Loading,
    waker: OnceLock<WakeCore>,
    /// The scripts that clients have loaded or run.
    pub scripts: ScriptCache,
    /// The libraries of functions.
    pub libraries: Libraries,
    /// The scripts that keep others waiting.
    pub busy: Busy,
    slow_log: Mutex<SlowLog>,
    latency: Mutex<Latency>,
    next_client: AtomicU64,
    clients: AtomicUsize,
    /// A signal asked the process to end and core 0 has not obeyed yet.
    end_requested: AtomicBool,
    shutdown: AtomicBool,
}

impl Process {
    /// The process, before any core runs.
    pub fn new(cores: u16, seed: HashSeed, run_id: String, source: Source) -> Self {
        let executable = std::env::current_exe()
            .map(|path| path.display().to_string())
            .unwrap_or_default();
        Process {
            cores,
            started: Instant::now(),
            rate: Rate::begin(),
            memory: MemoryMarks::default(),
            replication_ids: Mutex::new(ReplicationIds::after(&run_id)),
            run_id,
            seed,
            source,
            executable,
            interest: Interest::new(cores),
            reach: Reach::new(cores),
            budget: Budget::new(cores),
            weights: Weights::new(cores),
            monitors: Monitors::new(cores),
            users: OnceLock::new(),
            acl_log: Mutex::default(),
            disk: Arc::new(RealDisk),
            saves: Saves::new(cores),
            append_only: AppendOnlyState::default(),
            loading: Loading::new(cores),
            waker: OnceLock::new(),
            scripts: ScriptCache::default(),
            libraries: Libraries::default(),
            busy: Busy::new(cores),
            slow_log: Mutex::default(),
            latency: Mutex::default(),
            next_client: AtomicU64::new(1),
            clients: AtomicUsize::new(0),
            end_requested: AtomicBool::new(false),
            shutdown: AtomicBool::new(false),
        }
    }

    /// A number for a new client: they count from 1 in the order of their arrival at any core.
    pub fn next_client_id(&self) -> u64 {
        self.next_client.fetch_add(1, Ordering::Relaxed)
    }

    /// These are the users, to be said before any core runs; unless they follow from `requirepass` alone.
    pub fn begin_with(&self, users: Users) {
        // Deliberately nothing happens to users that are in use.
        let _ = self.users.set(Published::new(users));
    }

    /// Where changes of the users are made.
    pub fn users(&self, settings: &Settings) -> &Published {
        let first = || Published::new(Users::new(settings.password()));
        self.users.get_or_init(first)
    }

    /// What SLOWLOG shows. To be held for a moment only.
    pub fn slow_log(&self) -> MutexGuard<'_, SlowLog> {
        self.slow_log
            .lock()
            .unwrap_or_else(|broken| broken.into_inner())
    }

    /// What ACL LOG shows. To be held for a moment only.
    pub fn acl_log(&self) -> MutexGuard<'_, AclLog> {
        self.acl_log
            .lock()
            .unwrap_or_else(|broken| broken.into_inner())
    }

    /// What LATENCY shows. To be held for a moment only.
    pub fn latency(&self) -> MutexGuard<'_, Latency> {
        self.latency
            .lock()
            .unwrap_or_else(|broken| broken.into_inner())
    }

    /// Clients connected to any core.
    pub fn clients(&self) -> usize {
        self.clients.load(Ordering::Relaxed)
    }

    /// Counts a client that came, unless there are `most` already. Returns whether it was counted.
    pub fn admit_client(&self, most: usize) -> bool {
        let step = |count: usize| (count < most).then_some(count + 1);
        self.clients
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, step)
            .is_ok()
    }

    /// Counts a client that went.
    pub fn client_gone(&self) {
        self.clients.fetch_sub(1, Ordering::Relaxed);
    }

    /// Asks core 0 to end the process, which it does when it next looks after its own affairs.
    pub fn request_end(&self) {
        self.end_requested.store(true, Ordering::Release);
    }

    /// Takes such a request back, or obeys it. Returns whether there was one.
    pub fn take_end_request(&self) -> bool {
        self.end_requested.load(Ordering::Relaxed)
            && self.end_requested.swap(false, Ordering::AcqRel)
    }

    /// Asks every core to stop at its next tick.
    pub fn shut_down(&self) {
        self.shutdown.store(true, Ordering::Release);
        self.loading.stop();
        self.append_only.replay.give_up();
        self.append_only.note_started();
    }

    /// Whether the process is about to end.
    pub fn is_shutting_down(&self) -> bool {
        self.shutdown.load(Ordering::Acquire)
    }

    /// From now on cores can be woken by `waker`.
    pub fn set_waker(&self, waker: WakeCore) {
        let _ = self.waker.set(waker);
    }

    /// Wakes a core for something that no other core sent.
    pub fn wake(&self, core: ShardId) {
        if let Some(wake) = self.waker.get() {
            wake(core);
        }
    }

    /// When the last good snapshot was written, in seconds since 1970. As with Redis, the start counts as one.
    pub fn last_save(&self, now: UnixMillis) -> i64 {
        match self.saves.last().saved {
            Some(at) => at.seconds(),
            None => now.seconds() - self.started.elapsed().as_secs() as i64,
        }
    }

    /// Every core.
    pub fn all_cores(&self) -> impl Iterator<Item = ShardId> + use<> {
        ShardId::first(self.cores)
    }
}

/// Marks of used memory, in bytes.
#[derive(Debug, Default)]
pub struct MemoryMarks {
    start: AtomicUsize,
    peak: AtomicUsize,
}

impl MemoryMarks {
    /// The start is over and took so much.
    pub fn started(&self, used: usize) {
        self.start.store(used, Ordering::Relaxed);
        self.saw(used);
    }

    /// So much is used now.
    pub fn saw(&self, used: usize) {
        self.peak.fetch_max(used, Ordering::Relaxed);
    }

    /// The peak is what is used now.
    pub fn reset_peak(&self, used: usize) {
        self.peak.store(used, Ordering::Relaxed);
    }

    /// After the start, and at most.
    pub fn start_and_peak(&self) -> (usize, usize) {
        (
            self.start.load(Ordering::Relaxed),
            self.peak.load(Ordering::Relaxed),
        )
    }
}

/// Names of histories of data, 40 hexadecimal digits each.
#[derive(Debug)]
pub struct ReplicationIds {
    /// The present one.
    pub current: String,
    /// The one before the last failover; zeros for none.
    pub former: String,
    random: Random,
}

impl ReplicationIds {
    fn after(run_id: &str) -> Self {
        let digits = run_id
            .get(..16)
            .and_then(|digits| u64::from_str_radix(digits, 16).ok());
        let mut ids = ReplicationIds {
            current: String::new(),
            former: "0".repeat(40),
            random: Random::new(digits.unwrap_or(1)),
        };
        ids.change();
        ids
    }

    /// Another history begins.
    pub fn change(&mut self) {
        let digits = (0..3)
            .map(|_| format!("{:016x}", self.random.next_u64()))
            .collect::<String>();
        self.current = digits[..40].to_owned();
    }
}
