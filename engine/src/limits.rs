//! The parameters that commands themselves look at. The server copies them to every shard whenever one changes.

use crate::effect::notice::EventMask;
use crate::shard::eviction::Policy;

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
    /// From `notify-keyspace-events`: what is to be told about keys.
    pub notify: EventMask,
    /// `maxmemory`, bytes; 0 for no limit.
    pub max_memory: u64,
    /// `maxmemory-policy`.
    pub eviction: Policy,
    /// `maxmemory-samples`.
    pub max_memory_samples: u32,
    /// `list-max-listpack-size`: elements of a list's node where positive, else its bytes: -1 is 4 KiB, -5 is 64 KiB.
    pub list_max_listpack_size: i32,
    /// DEBUG QUICKLIST-PACKED-THRESHOLD: list elements of so many bytes get a node of their own; 0 for those beyond
    /// `list_max_listpack_size`. Stays when the configuration changes.
    pub list_packed_threshold: u32,
    /// `list-compress-depth`.
    pub list_compress_depth: u32,
    /// `hash-max-listpack-entries`.
    pub hash_max_listpack_entries: u64,
    /// `hash-max-listpack-value`, bytes.
    pub hash_max_listpack_value: u64,
    /// `set-max-intset-entries`.
    pub set_max_intset_entries: u64,
    /// `set-max-listpack-entries`.
    pub set_max_listpack_entries: u64,
    /// `set-max-listpack-value`, bytes.
    pub set_max_listpack_value: u64,
    /// `zset-max-listpack-entries`.
    pub zset_max_listpack_entries: u64,
    /// `zset-max-listpack-value`, bytes.
    pub zset_max_listpack_value: u64,
    /// `hll-sparse-max-bytes`.
    pub hll_sparse_max_bytes: u64,
    /// `stream-node-max-bytes`; 0 for no limit.
    pub stream_node_max_bytes: u64,
    /// `stream-node-max-entries`; 0 for no limit.
    pub stream_node_max_entries: i64,
    /// `rdb-version`: the version of the snapshot format that DUMP writes where a value needs no later one.
    pub rdb_version: u16,
    /// `rdbcompression`: whether long strings in that format are compressed.
    pub rdb_compression: bool,
    /// DEBUG SET-SKIP-CHECKSUM-VALIDATION: RESTORE takes payloads whatever their checksum. Stays when the configuration
    /// changes.
    pub skips_checksums: bool,
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
            notify: EventMask::default(),
            max_memory: 0,
            eviction: Policy::Never,
            max_memory_samples: 5,
            list_max_listpack_size: -2,
            list_packed_threshold: 0,
            list_compress_depth: 0,
            hash_max_listpack_entries: 512,
            hash_max_listpack_value: 64,
            set_max_intset_entries: 512,
            set_max_listpack_entries: 128,
            set_max_listpack_value: 64,
            zset_max_listpack_entries: 128,
            zset_max_listpack_value: 64,
            hll_sparse_max_bytes: 3000,
            stream_node_max_bytes: 4096,
            stream_node_max_entries: 100,
            rdb_version: 10,
            rdb_compression: true,
            skips_checksums: false,
        }
    }
}
