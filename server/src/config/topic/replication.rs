//! Primary and replicas.

use super::network::is_host;
use super::{NATURAL, PORT, POSITIVE, WIDE_NATURAL};
use crate::config::value::{Kind, Reason, Text, Value, ValueLine, choice};

choice! {
    /// How a replica takes a data set that comes over the wire.
    pub enum DisklessLoad {
        /// Through a file.
        Disabled = "disabled",
        /// At once, if it is empty itself.
        OnEmptyDb = "on-empty-db",
        /// Beside its own, which it serves until then.
        Swapdb = "swapdb",
    }
}

choice! {
    /// What happens when a replica or the append-only file gets a command that fails.
    pub enum PropagationError {
        /// Nothing.
        Ignore = "ignore",
        /// The process ends.
        Panic = "panic",
        /// The process ends if it is a replica.
        PanicOnReplicas = "panic-on-replicas",
    }
}

topic! {
    /// Primary and replicas.
    pub struct Replication in replication {
        /// The primary that this server follows.
        replicaof: Option<Primary> = None, "replicaof" / "slaveof", Kind::Special("host port"), [IMMUTABLE | MULTI];
        /// Password at the primary.
        masterauth: Option<Text> = None, "masterauth", Kind::Text, [SECRET];
        /// User at the primary.
        masteruser: Option<Text> = None, "masteruser", Kind::Text, [SECRET];
        /// Answers with old data while the primary is away.
        serve_stale_data: bool = true, "replica-serve-stale-data" / "slave-serve-stale-data", Kind::Switch;
        /// Refuses writes on a replica.
        read_only: bool = true, "replica-read-only" / "slave-read-only", Kind::Switch;
        /// Sends snapshots to replicas without writing them to disk.
        diskless_sync: bool = true, "repl-diskless-sync", Kind::Switch;
        /// Seconds to wait for more replicas before such a snapshot starts.
        diskless_sync_delay: u32 = 5, "repl-diskless-sync-delay", NATURAL;
        /// So many waiting replicas start it at once; 0 is no number.
        diskless_sync_max_replicas: u32 = 0, "repl-diskless-sync-max-replicas", NATURAL;
        /// How a replica takes a data set that comes over the wire.
        diskless_load: DisklessLoad = DisklessLoad::Disabled, "repl-diskless-load",
            Kind::Choice(DisklessLoad::WORDS), [NOT_LOADING];
        /// Seconds between the primary's pings.
        ping_replica_period: u32 = 10, "repl-ping-replica-period" / "repl-ping-slave-period", POSITIVE;
        /// Seconds of silence after which the other side counts as gone.
        timeout: u32 = 60, "repl-timeout", POSITIVE;
        /// Gathers small packets to replicas.
        disable_tcp_nodelay: bool = false, "repl-disable-tcp-nodelay", Kind::Switch;
        /// Bytes of the stream kept for replicas that come back.
        backlog_size: u64 = 1 << 20, "repl-backlog-size", Kind::Memory(1, i64::MAX as i128);
        /// Seconds for which they are kept without any replica; 0 is for ever.
        backlog_ttl: i64 = 3600, "repl-backlog-ttl", WIDE_NATURAL;
        /// Rank among replicas at a failover, lower first; 0 never becomes primary.
        priority: u32 = 100, "replica-priority" / "slave-priority", NATURAL;
        /// Whether Sentinel tells others of this replica.
        announced: bool = true, "replica-announced", Kind::Switch;
        /// Address that the primary and Sentinel are told.
        announce_ip: Option<Text> = None, "replica-announce-ip" / "slave-announce-ip", Kind::Text;
        /// Port that the primary and Sentinel are told; 0 is the port listened on.
        announce_port: u16 = 0, "replica-announce-port" / "slave-announce-port", PORT;
        /// Replicas that must be good for a write; 0 asks for none.
        min_replicas_to_write: u32 = 0, "min-replicas-to-write" / "min-slaves-to-write", NATURAL;
        /// Seconds since its last word for which a replica is good.
        min_replicas_max_lag: u32 = 10, "min-replicas-max-lag" / "min-slaves-max-lag", NATURAL;
        /// Leaves eviction to the primary.
        ignore_maxmemory: bool = true, "replica-ignore-maxmemory" / "slave-ignore-maxmemory", Kind::Switch;
        /// Goes on when a replica cannot write its append-only file.
        ignore_disk_write_errors: bool = false, "replica-ignore-disk-write-errors", Kind::Switch;
        /// What happens when a replica or the append-only file gets a command that fails.
        propagation_error_behavior: PropagationError = PropagationError::Ignore, "propagation-error-behavior",
            Kind::Choice(PropagationError::WORDS);
    }
}

/// The server that a replica follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Primary {
    /// Name or address.
    pub host: Text,
    /// TCP port.
    pub port: u16,
}

impl Value for Option<Primary> {
    /// `host port`, or `no one`.
    fn assign(&mut self, words: &[&[u8]], _kind: &Kind) -> Result<(), Reason> {
        let [host, port] = words else {
            return Err("wrong number of arguments".into());
        };
        if host.eq_ignore_ascii_case(b"no") && port.eq_ignore_ascii_case(b"one") {
            *self = None;
            return Ok(());
        }
        if host.is_empty() || !is_host(host) {
            return Err("Invalid master host".into());
        }
        let port = std::str::from_utf8(port)
            .ok()
            .and_then(|port| port.parse().ok())
            .ok_or("Invalid master port")?;
        *self = Some(Primary {
            host: Text::from(*host),
            port,
        });
        Ok(())
    }

    fn show(&self) -> Vec<u8> {
        let Some(primary) = self else {
            return Vec::new();
        };
        [primary.host.as_bytes(), primary.port.to_string().as_bytes()].join(&b' ')
    }

    fn lines(&self, _default: &Self, _kind: &Kind) -> Vec<ValueLine> {
        self.iter()
            .map(|_| ValueLine {
                text: self.show(),
                needed: true,
            })
            .collect()
    }
}
