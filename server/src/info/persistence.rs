//! `# Persistence`.

use std::time::Duration;

use super::{Report, Text};
use crate::persistence::job::Purpose;
use crate::persistence::loading::Loading;
use crate::persistence::saves::Running;

pub(super) fn write(report: &Report, text: &mut Text) {
    let loading = &report.process.loading;
    text.switch("loading", loading.is_under_way());
    text.zeros(&[
        "async_loading",
        "current_cow_peak",
        "current_cow_size",
        "current_cow_size_age",
    ]);
    text.line("current_fork_perc", "0.00");
    write_saves(report, text);
    text.zeros(&["rdb_last_cow_size"]);
    let summary = loading.summary();
    text.line("rdb_last_load_keys_expired", summary.expired);
    text.line("rdb_last_load_keys_loaded", summary.kept);
    write_log(text);
    write_loading(loading, text);
}

fn write_saves(report: &Report, text: &mut Text) {
    let saves = &report.process.saves;
    let (running, last) = (saves.running(), saves.last());
    let keys = |running: &Running| (running.transfer.keys(), running.keys);
    let (done, all) = running.as_ref().map_or((0, 0), keys);
    text.line("current_save_keys_processed", done);
    text.line("current_save_keys_total", all);
    let changes = report.sum.changes.saturating_sub(last.changes);
    text.line("rdb_changes_since_last_save", changes);
    let dump = running.filter(|running| running.purpose == Purpose::Background);
    text.switch("rdb_bgsave_in_progress", dump.is_some());
    text.line("rdb_last_save_time", report.process.last_save(report.now));
    text.line(
        "rdb_last_bgsave_status",
        if last.has_failed { "err" } else { "ok" },
    );
    let seconds = |time: Duration| time.as_secs() as i64;
    text.line("rdb_last_bgsave_time_sec", last.took.map_or(-1, seconds));
    let since = dump.map_or(-1, |running| seconds(running.since.elapsed()));
    text.line("rdb_current_bgsave_time_sec", since);
    text.line("rdb_saves", last.count);
}

/// Only shown while something is loaded.
fn write_loading(loading: &Loading, text: &mut Text) {
    let Some(began) = loading.began() else {
        return;
    };
    let (read, elapsed) = (loading.progress(), began.since.elapsed().as_secs());
    let percent = read as f64 * 100.0 / began.size.max(1) as f64;
    let eta = match read {
        0 => 1,
        read => elapsed * began.size.saturating_sub(read) / read,
    };
    text.line("loading_start_time", began.at);
    text.line("loading_total_bytes", began.size);
    text.line("loading_rdb_used_mem", 0);
    text.line("loading_loaded_bytes", read);
    text.line("loading_loaded_perc", format_args!("{percent:.2}"));
    text.line("loading_eta_seconds", eta);
}

/// There is no append-only file yet: its state is that of a server which never had one.
fn write_log(text: &mut Text) {
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
