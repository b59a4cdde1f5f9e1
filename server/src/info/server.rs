//! `# Server`.

use super::{Report, Text};
use crate::config::value::Text as Word;
use crate::core::clock;
use crate::identity;
use crate::launch::supervised::Supervisor;
use std::time::{SystemTime, UNIX_EPOCH};

pub(super) fn write(report: &Report, text: &mut Text) {
    let (process, settings) = (&report.process, &report.settings);
    text.line("redis_version", identity::REDIS_VERSION);
    text.line("redis_git_sha1", "00000000");
    text.line("redis_git_dirty", 0);
    text.line("redis_build_id", identity::VERSION);
    text.line(
        "redis_mode",
        if settings.cluster.enabled {
            "cluster"
        } else {
            "standalone"
        },
    );
    text.line("os", system());
    text.line("arch_bits", usize::BITS);
    text.line("monotonic_clock", clock::name(&process.rate));
    text.line("multiplexing_api", "io_uring");
    text.line("atomicvar_api", "rust-core");
    text.line("gcc_version", "0.0.0");
    text.line("process_id", std::process::id());
    text.line("process_supervised", supervisor(report));
    text.line("run_id", &process.run_id);
    text.line("tcp_port", settings.network.port);
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    text.line("server_time_usec", since.as_micros());
    let uptime = process.started.elapsed().as_secs();
    text.line("uptime_in_seconds", uptime);
    text.line("uptime_in_days", uptime / 86_400);
    text.line("hz", settings.advanced.hz);
    text.line("configured_hz", settings.advanced.hz);
    text.line("lru_clock", since.as_secs() & 0xff_ffff);
    text.line("executable", &process.executable);
    let path = process.source.path();
    text.line(
        "config_file",
        path.map(|path| path.display().to_string())
            .unwrap_or_default(),
    );
    // Every core reads and writes its own sockets, which is not what this line is about.
    text.line("io_threads_active", 0);
    listeners(report, text);
    text.line("darter_version", identity::VERSION);
    text.line("darter_cores", process.cores);
}

/// The kernel's name, release and machine.
fn system() -> String {
    let name = rustix::system::uname();
    let parts = [name.sysname(), name.release(), name.machine()];
    parts
        .map(|part| part.to_string_lossy().into_owned())
        .join(" ")
}

fn supervisor(report: &Report) -> &'static str {
    match Supervisor::detect(report.settings.general.supervised) {
        Supervisor::Nobody => "no",
        Supervisor::Upstart => "upstart",
        Supervisor::Systemd(_) => "systemd",
    }
}

/// Where clients can connect: `name=tcp,bind=..,port=..`.
fn listeners(report: &Report, text: &mut Text) {
    let network = &report.settings.network;
    let mut lines = Vec::new();
    if network.port > 0 {
        let addresses: Vec<String> = network
            .bind
            .0
            .iter()
            .map(|address: &Word| format!("bind={address}"))
            .collect();
        lines.push(format!(
            "name=tcp,{},port={}",
            addresses.join(","),
            network.port
        ));
    }
    if let Some(path) = &network.unixsocket {
        lines.push(format!("name=unix,bind={path}"));
    }
    for (index, line) in lines.into_iter().enumerate() {
        text.line(&format!("listener{index}"), line);
    }
}
