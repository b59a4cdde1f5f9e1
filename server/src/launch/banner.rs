//! What the log says while a server starts. The texts are those that scripts and test suites for Redis wait for.

use super::logging;
use crate::config::Settings;
use crate::config::load::Loaded;
use std::io::IsTerminal;

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// How connections reach the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listener {
    /// Plain TCP.
    Tcp,
    /// A Unix socket.
    Unix,
    /// Encrypted TCP.
    Tls,
}

/// The process exists and has read its configuration.
pub fn announce(loaded: &Loaded, configured: bool) {
    tracing::info!("oO0OoO0OoO0Oo Darter is starting oO0OoO0OoO0Oo");
    let (bits, pid) = (usize::BITS, std::process::id());
    tracing::info!(
        "Darter version={VERSION}, compatible with Redis 7.2, bits={bits}, pid={pid}, just started"
    );
    if configured {
        tracing::info!("Configuration loaded");
    } else {
        tracing::warn!("Warning: no config file specified, using the default config.");
    }
    for note in &loaded.notes {
        tracing::warn!("{note}");
    }
}

/// Shows the logo, or one line in its place where nobody looks at it.
pub fn show_logo(settings: &Settings, shards: usize, is_sentinel: bool) {
    let mode = match (is_sentinel, settings.cluster.enabled) {
        (true, _) => "sentinel",
        (false, true) => "cluster",
        (false, false) => "standalone",
    };
    let port = match settings.network.port {
        0 => settings.tls.port,
        port => port,
    };
    let watched = settings.general.logfile.is_empty() && std::io::stdout().is_terminal();
    if settings.general.always_show_logo || watched {
        logging::raw(&logo(mode, port, shards, std::process::id()));
    } else {
        tracing::info!("Running mode={mode}, port={port}.");
    }
}

fn logo(mode: &str, port: u16, shards: usize, pid: u32) -> String {
    format!(
        r"
      __      __
   __/  \    /  \__      Darter {VERSION} ({} bit), compatible with Redis 7.2
  (__    \  /    __)
     \____\/____/        Running in {mode} mode
  ========()=======>>    Port: {port}
      ____/\____         Shards: {shards}
     (__ /  \ __)        PID: {pid}

",
        usize::BITS
    )
}

/// Everything is in place but the data, which is loaded next.
pub fn server_initialized() {
    tracing::info!("Server initialized");
}

/// Connections are accepted.
pub fn ready(listener: Listener) {
    let name = match listener {
        Listener::Tcp => "tcp",
        Listener::Unix => "unix",
        Listener::Tls => "tls",
    };
    tracing::info!("Ready to accept connections {name}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_logo_tells_the_process_id_behind_a_blank() {
        let logo = logo("cluster", 7000, 4, 4711);
        assert!(logo.contains(" PID: 4711\n"), "{logo}");
        assert!(
            logo.contains("cluster mode")
                && logo.contains("Port: 7000")
                && logo.contains("Shards: 4"),
            "{logo}"
        );
        assert!(logo.ends_with("\n\n"));
    }
}
