//! Addresses, ports and connections.

use super::{NATURAL, PORT};
use crate::config::value::{FileMode, Kind, Reason, Text, Value, ValueLine};

/// The most addresses `bind` takes.
const MOST_ADDRESSES: usize = 16;

topic! {
    /// Addresses, ports and connections.
    pub struct Network in network {
        /// Addresses to listen on; `*` and `::*` are all of IPv4 and IPv6, a leading `-` allows the address to be missing.
        bind: Addresses = Addresses::default(), "bind", Kind::Special("address .."), [MULTI];
        /// Address that outgoing connections to the primary and to cluster nodes start from.
        bind_source_addr: Option<Text> = None, "bind-source-addr", Kind::Text;
        /// TCP port; 0 listens on none.
        port: u16 = 6379, "port", PORT;
        /// Refuses other hosts while the default user has no password and bind is not given.
        protected_mode: bool = true, "protected-mode", Kind::Switch;
        /// Connections the kernel queues before they are accepted.
        tcp_backlog: u32 = 511, "tcp-backlog", NATURAL, [IMMUTABLE];
        /// Seconds between TCP keepalive probes; 0 sends none.
        tcp_keepalive: u32 = 300, "tcp-keepalive", NATURAL;
        /// Seconds of silence after which a client is closed; 0 never closes.
        timeout: u32 = 0, "timeout", NATURAL;
        /// Path of a Unix socket to listen on.
        unixsocket: Option<Text> = None, "unixsocket", Kind::Text, [IMMUTABLE];
        /// Permission bits of the Unix socket; 0 leaves them to the umask.
        unixsocketperm: FileMode = FileMode(0), "unixsocketperm", Kind::FileMode, [IMMUTABLE];
        /// Mark that listening sockets carry for packet filters.
        socket_mark_id: u32 = 0, "socket-mark-id", Kind::Integer(0, u32::MAX as i128), [IMMUTABLE];
        /// Most clients at one time.
        maxclients: u32 = 10_000, "maxclients", Kind::Integer(1, u32::MAX as i128);
    }
}

/// The addresses of `bind`, in the order given. None at all means no TCP listener.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addresses(pub Vec<Text>);

/// Whether the bytes can be a name or an address: nothing in them that would need quotes in a file.
pub(super) fn is_host(word: &[u8]) -> bool {
    !word.iter().any(|byte| {
        byte.is_ascii_whitespace() || byte.is_ascii_control() || b"\"'\\".contains(byte)
    })
}

impl Default for Addresses {
    fn default() -> Self {
        Self(vec!["*".into(), "-::*".into()])
    }
}

impl Value for Addresses {
    fn assign(&mut self, words: &[&[u8]], _kind: &Kind) -> Result<(), Reason> {
        if words.len() > MOST_ADDRESSES {
            return Err("Too many bind addresses specified.".into());
        }
        if !words.iter().all(|word| is_host(word)) {
            return Err("Failed to bind to specified addresses.".into());
        }
        // An empty word is no address: one alone is how none at all are written, others come from doubled blanks.
        self.0 = words
            .iter()
            .filter(|word| !word.is_empty())
            .map(|word| Text::from(*word))
            .collect();
        Ok(())
    }

    fn show(&self) -> Vec<u8> {
        self.0
            .iter()
            .map(Text::as_bytes)
            .collect::<Vec<_>>()
            .join(&b' ')
    }

    fn lines(&self, default: &Self, _kind: &Kind) -> Vec<ValueLine> {
        if self == default {
            return Vec::new();
        }
        let text = if self.0.is_empty() {
            b"\"\"".to_vec()
        } else {
            self.show()
        };
        vec![ValueLine { text, needed: true }]
    }
}
