//! `# Persistence`.

use std::time::Duration;

use super::{Report, Text};
use crate::append_only::state::Phase;
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
    write_log(report, text);
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

fn write_log(report: &Report, text: &mut Text) {
    let log = report.process.append_only.report().clone();
    let seconds = |time: Duration| time.as_secs() as i64;
    let status = |has_failed| if has_failed { "err" } else { "ok" };
    text.switch("aof_enabled", log.phase != Phase::Off);
    text.switch("aof_rewrite_in_progress", log.rewriting.is_some());
    text.switch("aof_rewrite_scheduled", log.is_scheduled);
    let took = log.last_rewrite.map_or(-1, seconds);
    text.line("aof_last_rewrite_time_sec", took);
    let since = log.rewriting.map_or(-1, |since| seconds(since.elapsed()));
    text.line("aof_current_rewrite_time_sec", since);
    text.line("aof_last_bgrewrite_status", status(log.rewrite_failed));
    text.line("aof_rewrites", log.rewrites);
    text.line("aof_rewrites_consecutive_failures", log.failures);
    text.line("aof_last_write_status", status(log.error.is_some()));
    text.zeros(&[
        "aof_last_cow_size",
        "module_fork_in_progress",
        "module_fork_last_cow_size",
    ]);
    if log.phase != Phase::Off {
        text.line("aof_current_size", log.size);
        text.line("aof_base_size", log.base_size);
        text.switch("aof_pending_rewrite", log.is_scheduled);
        text.line("aof_buffer_length", log.buffered);
        text.zeros(&["aof_pending_bio_fsync"]);
        text.line("aof_delayed_fsync", log.delayed_syncs);
    }
}
