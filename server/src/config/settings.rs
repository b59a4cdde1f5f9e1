//! The values of all parameters, by topic. Cores hold it in an `Arc` and read plain fields; CONFIG SET makes a new one.

use super::parameter::Parameter;
use super::topic::*;

macro_rules! settings {
    ($( $(#[doc = $doc:literal])+ $slot:ident : $Topic:ty ),* $(,)?) => {
        /// Every parameter's value; `Default` is what Redis 7.2 starts with and no file.
        #[derive(Debug, Clone, Default, PartialEq)]
        pub struct Settings { $( $(#[doc = $doc])+ pub $slot: $Topic ),* }

        /// The rows of every topic, in the order of this struct.
        pub(super) const TOPICS: &[&[Parameter]] = &[$( <$Topic>::ROWS ),*];
    };
}

settings! {
    /// Addresses, ports and connections.
    network: network::Network,
    /// Encrypted connections.
    tls: tls::Tls,
    /// The process: files, logs, supervision.
    general: general::General,
    /// Snapshots.
    snapshot: snapshot::Snapshot,
    /// The append-only file.
    append_only: append_only::AppendOnly,
    /// Primary and replicas.
    replication: replication::Replication,
    /// Passwords, users and dangerous commands.
    security: security::Security,
    /// Limits of memory and clients, eviction.
    memory: memory::Memory,
    /// Freeing in the background.
    lazy_free: lazy_free::LazyFree,
    /// Shards and threads.
    threads: threads::Threads,
    /// Redis Cluster.
    cluster: cluster::Cluster,
    /// Scripts and functions.
    scripting: scripting::Scripting,
    /// Slow log and latency figures.
    slow_log: slow_log::SlowLog,
    /// Notifications to clients.
    events: events::Events,
    /// Encodings of small values and the work in the background.
    advanced: advanced::Advanced,
    /// Defragmentation, which this server leaves to its allocator.
    defrag: defrag::Defrag,
    /// Hooks of the test suites.
    testing: testing::Testing,
}

/// The least bytes of the replication backlog.
const LEAST_BACKLOG: u64 = 16 << 10;

impl Settings {
    /// Moves values that are taken but make no sense to the nearest that do, as Redis does without a word.
    pub(super) fn settle(&mut self) {
        self.advanced.hz = self.advanced.hz.clamp(1, 500);
        self.replication.backlog_size = self.replication.backlog_size.max(LEAST_BACKLOG);
    }
}
