//! `# Memory`.

use super::ratio::part;
use super::{Report, Text};
use crate::config::value::Value;

pub(super) fn write(report: &Report, text: &mut Text) {
    let usage = &report.usage;
    text.bytes("used_memory", usage.used());
    text.bytes("used_memory_rss", usage.rss);
    text.bytes("used_memory_peak", usage.peak);
    text.line(
        "used_memory_peak_perc",
        format_args!("{:.2}%", usage.peak_percent()),
    );
    text.line("used_memory_overhead", usage.overhead());
    text.line("used_memory_startup", usage.start);
    text.line("used_memory_dataset", usage.dataset());
    text.line(
        "used_memory_dataset_perc",
        format_args!("{:.2}%", usage.dataset_percent()),
    );
    text.line("allocator_allocated", usage.figures.allocated);
    text.line("allocator_active", usage.figures.active);
    text.line("allocator_resident", usage.figures.resident);
    text.bytes("total_system_memory", usage.machine as usize);
    scripts(text);
    let memory = &report.settings.memory;
    text.bytes("maxmemory", memory.maxmemory as usize);
    text.line(
        "maxmemory_policy",
        String::from_utf8_lossy(&memory.maxmemory_policy.show()),
    );
    ratios(report, text);
    text.zeros(&[
        "mem_not_counted_for_evict",
        "mem_replication_backlog",
        "mem_total_replication_buffers",
    ]);
    text.line("mem_clients_slaves", 0);
    text.line("mem_clients_normal", usage.clients);
    text.zeros(&["mem_cluster_links", "mem_aof_buffer"]);
    text.line("mem_allocator", crate::runtime::allocator::name());
    text.line("active_defrag_running", 0);
    text.line("lazyfree_pending_objects", report.sum.retired);
    text.line("lazyfreed_objects", report.sum.shard.lazy_freed);
}

/// There are no scripts and functions, and nothing is kept for them.
fn scripts(text: &mut Text) {
    text.zeros(&["used_memory_lua", "used_memory_vm_eval"]);
    text.line("used_memory_lua_human", "0B");
    text.zeros(&[
        "used_memory_scripts_eval",
        "number_of_cached_scripts",
        "number_of_functions",
        "number_of_libraries",
        "used_memory_vm_functions",
    ]);
    text.bytes("used_memory_vm_total", 0);
    text.line("used_memory_functions", 0);
    text.bytes("used_memory_scripts", 0);
}

/// What lies between used memory and the process's: first within pages, then between pages, then beside the allocator.
fn ratios(report: &Report, text: &mut Text) {
    let usage = &report.usage;
    let figures = usage.figures;
    let stages = [
        ("allocator_frag", figures.active, figures.allocated),
        ("allocator_rss", figures.resident, figures.active),
        ("rss_overhead", usage.rss, figures.resident),
        ("mem_fragmentation", usage.rss, usage.used()),
    ];
    for (name, more, less) in stages {
        text.line(
            &format!("{name}_ratio"),
            format_args!("{:.2}", part(more, less)),
        );
        text.line(&format!("{name}_bytes"), more as i64 - less as i64);
    }
}
