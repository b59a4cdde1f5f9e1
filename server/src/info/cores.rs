//! `# Cores`: the same figures core by core, to see whether work is spread evenly. Not a section of Redis.

use super::{Report, Text};

pub(super) fn write(report: &Report, text: &mut Text) {
    for (number, core) in report.portions.iter().enumerate() {
        text.line(
            &format!("core{number}"),
            format_args!(
                "keys={},clients={},commands={},ticks={},cpu_usec={}",
                core.keys(),
                core.clients,
                core.counts.commands,
                core.counts.ticks,
                core.cpu.total().as_micros()
            ),
        );
    }
}
