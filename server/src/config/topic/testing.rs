//! Hooks of the test suites: hidden from patterns and from help.

use super::NATURAL;
use crate::config::value::{Kind, Text};

topic! {
    /// Hooks of the test suites.
    pub struct Testing in testing {
        /// Microseconds to wait after each key that is saved; negative waits once in so many keys.
        rdb_key_save_delay: i32 = 0, "rdb-key-save-delay", Kind::Integer(i32::MIN as i128, i32::MAX as i128), [HIDDEN];
        /// Microseconds to wait after each key that is loaded; negative waits once in so many keys.
        key_load_delay: i32 = 0, "key-load-delay", Kind::Integer(i32::MIN as i128, i32::MAX as i128), [HIDDEN];
        /// Bytes that are loaded between two looks at clients.
        loading_process_events_interval_bytes: u32 = 2 << 20, "loading-process-events-interval-bytes",
            Kind::Integer(1024, i32::MAX as i128), [HIDDEN];
        /// Keeps append-only files that are no longer needed.
        aof_disable_auto_gc: bool = false, "aof-disable-auto-gc", Kind::Switch, [HIDDEN];
        /// Milliseconds after which a stuck process reports itself.
        watchdog_period: u32 = 0, "watchdog-period", NATURAL, [HIDDEN], ignored "there is no watchdog";
        /// Ends with exit instead of abort after a failed assertion.
        use_exit_on_panic: bool = false, "use-exit-on-panic", Kind::Switch, [HIDDEN], ignored "a failed assertion aborts";
        /// File of requests and replies.
        req_res_logfile: Option<Text> = None, "req-res-logfile", Kind::Text, [HIDDEN | IMMUTABLE],
            ignored "requests and replies are not written to a file";
        /// Protocol of new connections.
        client_default_resp: u8 = 2, "client-default-resp", Kind::Integer(2, 3), [HIDDEN | IMMUTABLE];
    }
}
