//! `# Commandstats`, `# Errorstats` and `# Latencystats`.
//!
//! A command that runs on several shards counts as one call with the time of all its parts. Commands are not timed
//! while `latency-tracking` is off.

use engine::command::flags::Flags;
use engine::command::table::{CommandId, table};

use super::portion::CommandPortion;
use super::{Report, Text};
use crate::config::topic::slow_log::short;

pub(super) fn write_counts(report: &Report, text: &mut Text) {
    let nanos = report.process.rate.nanos_per_unit();
    for (id, portion) in used(report) {
        let count = portion.count;
        let micros = portion.time.total as f64 * nanos / 1000.0;
        let mean = if count.calls > 0 {
            micros / count.calls as f64
        } else {
            0.0
        };
        text.line(
            &format!("cmdstat_{}", table().full_name(id)),
            format_args!(
                "calls={},usec={},usec_per_call={mean:.2},rejected_calls={},failed_calls={}",
                count.calls, micros as u64, count.rejected, count.failed
            ),
        );
    }
}

pub(super) fn write_errors(report: &Report, text: &mut Text) {
    for (code, count) in &report.sum.errors {
        text.line(&format!("errorstat_{code}"), format_args!("count={count}"));
    }
}

pub(super) fn write_latencies(report: &Report, text: &mut Text) {
    if !report.settings.slow_log.latency_tracking {
        return;
    }
    let nanos = report.process.rate.nanos_per_unit();
    let percentiles = &report.settings.slow_log.latency_tracking_info_percentiles.0;
    for (id, portion) in used(report) {
        let Some(spread) = &portion.time.spread else {
            continue;
        };
        let values = percentiles.iter().map(|percent| {
            let micros = spread.percentile(*percent) as f64 * nanos / 1000.0;
            format!("p{}={micros:.3}", short(*percent))
        });
        let values: Vec<String> = values.collect();
        text.line(
            &format!("latency_percentiles_usec_{}", table().full_name(id)),
            values.join(","),
        );
    }
}

/// The commands that were called or refused. What is kept out of lists counts for its container.
pub(super) fn used(report: &Report) -> Vec<(CommandId, CommandPortion)> {
    let mut shown: Vec<(CommandId, CommandPortion)> = Vec::new();
    for (id, portion) in table().ids().zip(&report.sum.commands) {
        match (
            table().row(id).flags.contains(Flags::UNLISTED),
            shown.last_mut(),
        ) {
            // Containers stand before their subcommands.
            (true, Some((_, container))) => container.add(portion),
            _ => shown.push((id, portion.clone())),
        }
    }
    shown.retain(|(_, portion)| portion.is_used());
    shown
}
