//! `# Stats`: totals since the start or CONFIG RESETSTAT, of all cores together.
//!
//! The event loop's figures are sums over the cores: with two busy cores, a second holds two seconds of them.

use super::{Report, Text};

pub(super) fn write(report: &Report, text: &mut Text) {
    let (sum, counts) = (&report.sum, &report.sum.counts);
    let [commands, bytes_in, bytes_out, ..] = sum.rates;
    text.line("total_connections_received", counts.connections_received);
    text.line("total_commands_processed", counts.commands);
    text.line("instantaneous_ops_per_sec", commands);
    text.line("total_net_input_bytes", counts.bytes_received);
    text.line("total_net_output_bytes", counts.bytes_sent);
    text.zeros(&["total_net_repl_input_bytes", "total_net_repl_output_bytes"]);
    text.line(
        "instantaneous_input_kbps",
        format_args!("{:.2}", bytes_in as f64 / 1024.0),
    );
    text.line(
        "instantaneous_output_kbps",
        format_args!("{:.2}", bytes_out as f64 / 1024.0),
    );
    text.line("instantaneous_input_repl_kbps", "0.00");
    text.line("instantaneous_output_repl_kbps", "0.00");
    text.line("rejected_connections", counts.rejected_connections);
    text.zeros(&["sync_full", "sync_partial_ok", "sync_partial_err"]);
    text.line("expired_keys", sum.shard.expired);
    text.line("expired_subkeys", sum.shard.expired_fields);
    // Expiry knows what is due and when, so nothing stale is left for a guess.
    text.line("expired_stale_perc", "0.00");
    text.line(
        "expired_time_cap_reached_count",
        sum.shard.expire_budget_reached,
    );
    text.zeros(&["expire_cycle_cpu_milliseconds"]);
    text.line("evicted_keys", sum.shard.evicted);
    text.line("evicted_clients", counts.evicted_clients);
    text.zeros(&[
        "total_eviction_exceeded_time",
        "current_eviction_exceeded_time",
    ]);
    text.line("keyspace_hits", sum.shard.hits);
    text.line("keyspace_misses", sum.shard.misses);
    let names = ["pubsub_channels", "pubsub_patterns", "pubsubshard_channels"];
    for (name, subscribed) in names.into_iter().zip(&sum.subscribed) {
        text.line(name, subscribed.len());
    }
    text.zeros(&[
        "latest_fork_usec",
        "total_forks",
        "migrate_cached_sockets",
        "slave_expires_tracked_keys",
    ]);
    text.zeros(&[
        "active_defrag_hits",
        "active_defrag_misses",
        "active_defrag_key_hits",
        "active_defrag_key_misses",
    ]);
    text.zeros(&["total_active_defrag_time", "current_active_defrag_time"]);
    let names = [
        "tracking_total_keys",
        "tracking_total_items",
        "tracking_total_prefixes",
    ];
    for (name, count) in names.into_iter().zip(sum.tracked) {
        text.line(name, count);
    }
    text.line("unexpected_error_replies", 0);
    text.line("total_error_replies", counts.error_replies);
    text.line("dump_payload_sanitizations", 0);
    text.line("total_reads_processed", counts.reads);
    text.line("total_writes_processed", counts.writes);
    text.zeros(&[
        "io_threaded_reads_processed",
        "io_threaded_writes_processed",
    ]);
    text.zeros(&["reply_buffer_shrinks", "reply_buffer_expands"]);
    text.line(
        "client_query_buffer_limit_disconnections",
        counts.query_buffer_limit_disconnections,
    );
    text.line(
        "client_output_buffer_limit_disconnections",
        counts.output_buffer_limit_disconnections,
    );
    event_loop(report, text);
    let denials = &counts.denials;
    text.line("acl_access_denied_auth", denials.logins);
    text.line("acl_access_denied_cmd", denials.commands);
    text.line("acl_access_denied_key", denials.keys);
    text.line("acl_access_denied_channel", denials.channels);
}

/// A cycle is a tick of a core. Durations are in microseconds.
fn event_loop(report: &Report, text: &mut Text) {
    let micros = |units: u64| (units as f64 * report.process.rate.nanos_per_unit() / 1000.0) as u64;
    let [_, _, _, cycles, busy] = report.sum.rates;
    text.line("eventloop_cycles", report.sum.counts.ticks);
    text.line(
        "eventloop_duration_sum",
        micros(report.sum.counts.tick_time),
    );
    text.line(
        "eventloop_duration_cmd_sum",
        micros(report.sum.command_time),
    );
    text.line("instantaneous_eventloop_cycles_per_sec", cycles);
    text.line(
        "instantaneous_eventloop_duration_usec",
        micros(busy).checked_div(cycles).unwrap_or(0),
    );
}
