//! Freeing in the background.

use crate::config::value::Kind;

topic! {
    /// Freeing in the background.
    pub struct LazyFree in lazy_free {
        /// Keys that are evicted.
        eviction: bool = false, "lazyfree-lazy-eviction", Kind::Switch;
        /// Keys that expire.
        expire: bool = false, "lazyfree-lazy-expire", Kind::Switch;
        /// Keys that commands delete on the side.
        server_del: bool = false, "lazyfree-lazy-server-del", Kind::Switch;
        /// DEL frees as UNLINK does.
        user_del: bool = false, "lazyfree-lazy-user-del", Kind::Switch;
        /// FLUSHALL, FLUSHDB and SCRIPT FLUSH free as with ASYNC.
        user_flush: bool = false, "lazyfree-lazy-user-flush", Kind::Switch;
        /// The old data of a replica that gets a new copy.
        replica_flush: bool = false, "replica-lazy-flush" / "slave-lazy-flush", Kind::Switch;
    }
}
