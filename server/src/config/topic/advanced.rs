//! Encodings of small values, and the pace of work in the background.

use super::{NATURAL, SIZE, WIDE_NATURAL};
use crate::config::value::Kind;

topic! {
    /// Encodings of small values, and the pace of work in the background.
    pub struct Advanced in advanced {
        /// Fields of a hash that is kept compact.
        hash_max_listpack_entries: u64 = 512, "hash-max-listpack-entries" / "hash-max-ziplist-entries", WIDE_NATURAL;
        /// Bytes of a field or value in a hash that is kept compact.
        hash_max_listpack_value: u64 = 64, "hash-max-listpack-value" / "hash-max-ziplist-value", SIZE;
        /// Elements of a list's node, or its bytes where negative: -1 is 4 KiB, -5 is 64 KiB.
        list_max_listpack_size: i32 = -2, "list-max-listpack-size" / "list-max-ziplist-size",
            Kind::Integer(i32::MIN as i128, i32::MAX as i128);
        /// Nodes at both ends of a list that are not compressed; 0 compresses none.
        list_compress_depth: u32 = 0, "list-compress-depth", NATURAL;
        /// Members of a set of integers that is kept compact.
        set_max_intset_entries: u64 = 512, "set-max-intset-entries", WIDE_NATURAL;
        /// Members of another set that is kept compact.
        set_max_listpack_entries: u64 = 128, "set-max-listpack-entries", WIDE_NATURAL;
        /// Bytes of a member in such a set.
        set_max_listpack_value: u64 = 64, "set-max-listpack-value", WIDE_NATURAL;
        /// Members of a sorted set that is kept compact.
        zset_max_listpack_entries: u64 = 128, "zset-max-listpack-entries" / "zset-max-ziplist-entries", WIDE_NATURAL;
        /// Bytes of a member in such a sorted set.
        zset_max_listpack_value: u64 = 64, "zset-max-listpack-value" / "zset-max-ziplist-value", SIZE;
        /// Bytes of a HyperLogLog in its sparse form.
        hll_sparse_max_bytes: u64 = 3000, "hll-sparse-max-bytes", SIZE;
        /// Bytes of a stream's node.
        stream_node_max_bytes: u64 = 4096, "stream-node-max-bytes", SIZE;
        /// Entries of a stream's node.
        stream_node_max_entries: i64 = 100, "stream-node-max-entries", WIDE_NATURAL;
        /// Spends idle time on tables that grow or shrink.
        activerehashing: bool = true, "activerehashing", Kind::Switch, ignored "tables grow in steps as they are used";
        /// Times a second that work in the background runs, from 1 to 500.
        hz: u32 = 10, "hz", NATURAL;
        /// Runs it more often with many clients.
        dynamic_hz: bool = true, "dynamic-hz", Kind::Switch;
        /// How much time keys that expire may take, from 1 to 10.
        active_expire_effort: u8 = 1, "active-expire-effort", Kind::Integer(1, 10);
        /// Lets the allocator return memory in the background.
        jemalloc_bg_thread: bool = true, "jemalloc-bg-thread", Kind::Switch,
            ignored "the allocator returns memory on the shards' own time";
    }
}
