//! `# Persistence`.

use super::{Report, Text};

/// Nothing is written to files yet, and nothing is loaded: the state of each is that of a server which never tried.
pub(super) fn write(report: &Report, text: &mut Text) {
    text.zeros(&[
        "loading",
        "async_loading",
        "current_cow_peak",
        "current_cow_size",
        "current_cow_size_age",
    ]);
    text.line("current_fork_perc", "0.00");
    text.zeros(&["current_save_keys_processed", "current_save_keys_total"]);
    text.line("rdb_changes_since_last_save", report.sum.changes);
    text.line("rdb_bgsave_in_progress", 0);
    let uptime = report.process.started.elapsed().as_secs() as i64;
    // As with Redis, the start counts as a save.
    text.line("rdb_last_save_time", report.now.seconds() - uptime);
    text.line("rdb_last_bgsave_status", "ok");
    text.line("rdb_last_bgsave_time_sec", -1);
    text.line("rdb_current_bgsave_time_sec", -1);
    text.zeros(&[
        "rdb_saves",
        "rdb_last_cow_size",
        "rdb_last_load_keys_expired",
        "rdb_last_load_keys_loaded",
    ]);
    text.zeros(&[
        "aof_enabled",
        "aof_rewrite_in_progress",
        "aof_rewrite_scheduled",
    ]);
    text.line("aof_last_rewrite_time_sec", -1);
    text.line("aof_current_rewrite_time_sec", -1);
    text.line("aof_last_bgrewrite_status", "ok");
    text.zeros(&["aof_rewrites", "aof_rewrites_consecutive_failures"]);
    text.line("aof_last_write_status", "ok");
    text.zeros(&[
        "aof_last_cow_size",
        "module_fork_in_progress",
        "module_fork_last_cow_size",
    ]);
}
