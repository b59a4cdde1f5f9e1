//! What a shard counts about its data. The server adds the shards up for INFO.

/// Counters since start or CONFIG RESETSTAT.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ShardStats {
    /// Reads that found their key.
    pub hits: u64,
    /// Reads that did not.
    pub misses: u64,
    /// Keys that expired.
    pub expired: u64,
    /// Keys that went for want of memory.
    pub evicted: u64,
    /// Fields of hashes that expired.
    pub expired_fields: u64,
    /// Times active expiry stopped because its budget was used up.
    pub expire_budget_reached: u64,
    /// Objects freed piece by piece.
    pub lazy_freed: u64,
}
