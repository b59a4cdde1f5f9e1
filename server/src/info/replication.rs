//! `# Replication`.

use super::{Report, Text};

/// A primary without replicas, whose log is not kept for any.
pub(super) fn write(report: &Report, text: &mut Text) {
    text.line("role", "master");
    text.line("connected_slaves", 0);
    text.line("master_failover_state", "no-failover");
    let ids = report
        .process
        .replication_ids
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    text.line("master_replid", &ids.current);
    text.line("master_replid2", &ids.former);
    text.line("master_repl_offset", 0);
    text.line("second_repl_offset", -1);
    text.line("repl_backlog_active", 0);
    text.line(
        "repl_backlog_size",
        report.settings.replication.backlog_size,
    );
    text.zeros(&["repl_backlog_first_byte_offset", "repl_backlog_histlen"]);
}
