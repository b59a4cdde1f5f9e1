//! Shards and threads.

use crate::config::value::{Kind, Text};

topic! {
    /// Shards and threads.
    pub struct Threads in threads {
        /// Shards, each with a thread of its own; 0 is one per available core. Not a parameter of Redis.
        shards: u16 = 0, "shards", Kind::Integer(0, 1024), [IMMUTABLE | OWN];
        /// Threads that read and write sockets.
        io_threads: u8 = 1, "io-threads", Kind::Integer(1, 128), [IMMUTABLE],
            ignored "every shard serves its own sockets; see shards";
        /// Lets these threads read as well.
        io_threads_do_reads: bool = false, "io-threads-do-reads", Kind::Switch, [IMMUTABLE],
            ignored "every shard serves its own sockets; see shards";
        /// Processors of the server.
        server_cpulist: Option<Text> = None, "server_cpulist", Kind::Text, [IMMUTABLE],
            ignored "shards are placed on the processors that the process may use";
        /// Processors of background work.
        bio_cpulist: Option<Text> = None, "bio_cpulist", Kind::Text, [IMMUTABLE],
            ignored "shards are placed on the processors that the process may use";
        /// Processors of rewrites of the append-only file.
        aof_rewrite_cpulist: Option<Text> = None, "aof_rewrite_cpulist", Kind::Text, [IMMUTABLE],
            ignored "rewrites run on the shards";
        /// Processors of snapshots.
        bgsave_cpulist: Option<Text> = None, "bgsave_cpulist", Kind::Text, [IMMUTABLE],
            ignored "snapshots run on the shards";
    }
}
