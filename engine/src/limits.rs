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
    /// `lazyfree-lazy-expire`: an expiry in the past is logged as UNLINK, not as DEL.
    pub lazy_expire: bool,
    /// `lazyfree-lazy-user-flush`: FLUSHALL and FLUSHDB without a mode give memory back later.
    pub lazy_user_flush: bool,
    /// From `maxmemory` and `maxmemory-policy`: whether small integers would be shared, as OBJECT REFCOUNT shows it.
    /// False when there is a limit whose policy looks at each key's use.
    pub shared_integers: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            databases: 16,
            max_bulk: 512 << 20,
            access: AccessPolicy::Recency,
            lfu_log_factor: 10,
            lfu_decay_minutes: 1,
            lazy_expire: false,
            lazy_user_flush: false,
            shared_integers: true,
        }
    }
}
