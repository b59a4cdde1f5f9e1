//! `# Clients`.

use super::{Report, Text};

pub(super) fn write(report: &Report, text: &mut Text) {
    text.line("connected_clients", report.process.clients());
    text.line("cluster_connections", 0);
    text.line("maxclients", report.settings.network.maxclients);
    text.line("client_recent_max_input_buffer", report.sum.largest_input);
    text.line("client_recent_max_output_buffer", report.sum.largest_output);
    text.line("blocked_clients", report.sum.blocked);
    text.line("tracking_clients", report.process.reach.clients());
    text.line("clients_in_timeout_table", report.sum.deadlines);
    text.line("total_blocking_keys", report.sum.waited_keys.0);
    text.line("total_blocking_keys_on_nokey", report.sum.waited_keys.1);
}
