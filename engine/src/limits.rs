//! The parameters that commands themselves look at. The server copies them to every shard whenever one changes.

/// What the 24 access bits of an entry mean, chosen by `maxmemory-policy`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum AccessPolicy {
    /// The second of the last access.
    #[default]
    Recency,
    /// A logarithmic counter that decays by the minute.
    Frequency,
}

/// See Redis's parameters of the same names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// `databases`: how many there are.
    pub databases: u32,
    /// `proto-max-bulk-len`: the longest string, in bytes.
    pub max_bulk: u64,
    /// From `maxmemory-policy`.
    pub access: AccessPolicy,
    /// `lfu-log-factor`.
    pub lfu_log_factor: u32,
    /// `lfu-decay-time`, minutes; 0 for no decay.
    pub lfu_decay_minutes: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { databases: 16, max_bulk: 512 << 20, access: AccessPolicy::Recency, lfu_log_factor: 10, lfu_decay_minutes: 1 }
    }
}
