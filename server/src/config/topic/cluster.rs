//! Redis Cluster.

use super::{NATURAL, PORT, WIDE_NATURAL};
use crate::config::value::{Kind, Reason, Text, choice};

/// Bytes of a host name with the zero that ends it in the cluster bus.
const HOSTNAME_ROOM: usize = 256;

choice! {
    /// How a node is named in redirections.
    pub enum EndpointType {
        /// By address.
        Ip = "ip",
        /// By name.
        Hostname = "hostname",
        /// Not at all: the client takes the address it knows.
        Unknown = "unknown-endpoint",
    }
}

topic! {
    /// Redis Cluster.
    pub struct Cluster in cluster {
        /// Makes the server a node of a cluster.
        enabled: bool = false, "cluster-enabled", Kind::Switch, [IMMUTABLE];
        /// File that keeps what the node knows of the cluster.
        config_file: Text = "nodes.conf".into(), "cluster-config-file", Kind::Text, [IMMUTABLE];
        /// Milliseconds of silence after which a node counts as failing.
        node_timeout: i64 = 15_000, "cluster-node-timeout", WIDE_NATURAL;
        /// Port of the cluster bus; 0 is 10000 above the client port.
        port: u16 = 0, "cluster-port", PORT, [IMMUTABLE];
        /// How old a replica's data may be for a failover, in node timeouts; 0 is any age.
        replica_validity_factor: u32 = 10, "cluster-replica-validity-factor" / "cluster-slave-validity-factor", NATURAL;
        /// Replicas that a primary keeps before one moves to another primary.
        migration_barrier: u32 = 1, "cluster-migration-barrier", NATURAL;
        /// Lets replicas move to primaries without one.
        allow_replica_migration: bool = true, "cluster-allow-replica-migration", Kind::Switch;
        /// Serves nothing while slots have no owner.
        require_full_coverage: bool = true, "cluster-require-full-coverage", Kind::Switch;
        /// Keeps a replica from taking over by itself.
        replica_no_failover: bool = false, "cluster-replica-no-failover" / "cluster-slave-no-failover", Kind::Switch;
        /// Answers reads while the cluster is down.
        allow_reads_when_down: bool = false, "cluster-allow-reads-when-down", Kind::Switch;
        /// Serves sharded channels while the cluster is down.
        allow_pubsubshard_when_down: bool = true, "cluster-allow-pubsubshard-when-down", Kind::Switch;
        /// Bytes that may wait on a link of the bus; 0 is no limit.
        link_sendbuf_limit: u64 = 0, "cluster-link-sendbuf-limit", Kind::Memory(0, u64::MAX as i128);
        /// How a node is named in redirections.
        preferred_endpoint_type: EndpointType = EndpointType::Ip, "cluster-preferred-endpoint-type",
            Kind::Choice(EndpointType::WORDS);
        /// Address that other nodes are told.
        announce_ip: Option<Text> = None, "cluster-announce-ip", Kind::Text;
        /// Host name that other nodes are told.
        announce_hostname: Option<Text> = None, "cluster-announce-hostname", Kind::Checked(hostname);
        /// Name for people that other nodes are told.
        announce_human_nodename: Option<Text> = None, "cluster-announce-human-nodename", Kind::Checked(nodename);
        /// Client port that other nodes are told; 0 is the port listened on.
        announce_port: u16 = 0, "cluster-announce-port", PORT;
        /// Encrypted client port that other nodes are told; 0 is the port listened on.
        announce_tls_port: u16 = 0, "cluster-announce-tls-port", PORT;
        /// Bus port that other nodes are told; 0 is the port listened on.
        announce_bus_port: u16 = 0, "cluster-announce-bus-port", PORT;
        /// Milliseconds between pings of the bus; 0 is the usual pace.
        ping_interval: i64 = 0, "cluster-ping-interval", WIDE_NATURAL, [HIDDEN];
    }
}

fn hostname(name: &[u8]) -> Result<(), Reason> {
    if name.len() >= HOSTNAME_ROOM {
        return Err(format!("Hostnames must be less than {HOSTNAME_ROOM} characters").into());
    }
    if name
        .iter()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(byte))
    {
        return Ok(());
    }
    Err("Hostnames may only contain alphanumeric characters, hyphens or dots".into())
}

/// Names travel in nodes.conf, so what separates its fields cannot be in them.
fn nodename(name: &[u8]) -> Result<(), Reason> {
    let unsafe_in_file =
        |byte: &u8| b"!#$%&()*+:;<>?@[]^{|}~ ".contains(byte) || byte.is_ascii_control();
    if name.iter().any(unsafe_in_file) {
        return Err("Announced human node name contained invalid character".into());
    }
    Ok(())
}
