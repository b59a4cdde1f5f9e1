//! Tells the supervisor of the process what it wants to know: systemd through its notification socket (the protocol of
//! sd_notify(3): datagrams of `NAME=value` lines), upstart by stopping itself until it is continued.

use crate::config::topic::general::Supervised;
use std::ffi::OsStr;
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};

/// Who watches the process.
#[derive(Debug, Clone)]
pub enum Supervisor {
    /// Nobody.
    Nobody,
    /// Upstart, with `expect stop`.
    Upstart,
    /// systemd, with `Type=notify`; the address to tell.
    Systemd(SocketAddr),
}

impl Supervisor {
    /// The supervisor that was asked for, if the environment shows it.
    pub fn detect(wanted: Supervised) -> Self {
        Self::from_environment(wanted, |name| std::env::var_os(name))
    }

    fn from_environment(
        wanted: Supervised,
        variable: impl Fn(&str) -> Option<std::ffi::OsString>,
    ) -> Self {
        let upstart = || variable("UPSTART_JOB").map(|_| Self::Upstart);
        let systemd = || Some(Self::Systemd(address(&variable("NOTIFY_SOCKET")?).ok()?));
        match wanted {
            Supervised::No => None,
            Supervised::Upstart => upstart(),
            Supervised::Systemd => systemd(),
            Supervised::Auto => upstart().or_else(systemd),
        }
        .unwrap_or(Self::Nobody)
    }

    /// The process runs and will load its data. Upstart takes this for ready and continues the process.
    pub fn starting(&self) {
        match self {
            Self::Nobody => {}
            Self::Upstart => {
                tracing::info!("supervised by upstart, will stop to signal readiness");
                // SAFETY: raising a signal touches no memory; SIGSTOP cannot be handled and ends with SIGCONT.
                unsafe { libc::raise(libc::SIGSTOP) };
            }
            Self::Systemd(_) => self.tell("STATUS=Darter is loading...\n"),
        }
    }

    /// Connections are accepted.
    pub fn ready(&self, is_replica: bool) {
        self.tell(if is_replica {
            "STATUS=Ready to accept connections in read-only mode. Waiting for the primary\nREADY=1\n"
        } else {
            "STATUS=Ready to accept connections\nREADY=1\n"
        });
    }

    /// A line about the state of the process.
    pub fn status(&self, text: &str) {
        self.tell(&format!("STATUS={}\n", text.replace('\n', " ")));
    }

    /// The process is about to end.
    pub fn stopping(&self) {
        self.tell("STOPPING=1\n");
    }

    fn tell(&self, state: &str) {
        let Self::Systemd(address) = self else { return };
        let sent = UnixDatagram::unbound()
            .and_then(|socket| socket.send_to_addr(state.as_bytes(), address));
        if let Err(error) = sent {
            tracing::warn!("systemd cannot be told: {error}");
        }
    }
}

/// A path, or a name in the abstract namespace with `@` in front.
fn address(socket: &OsStr) -> io::Result<SocketAddr> {
    match socket.as_bytes() {
        [b'@', name @ ..] => SocketAddr::from_abstract_name(name),
        _ => SocketAddr::from_pathname(socket),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn systemd_hears_of_every_step() {
        let path = std::env::temp_dir().join(format!("darter-notify-{}", std::process::id()));
        let systemd = UnixDatagram::bind(&path).expect("free");
        let named = |name: &str| (name == "NOTIFY_SOCKET").then(|| path.clone().into_os_string());
        let supervisor = Supervisor::from_environment(Supervised::Auto, named);
        supervisor.starting();
        supervisor.ready(false);
        supervisor.status("a\nb");
        supervisor.stopping();
        let mut heard = Vec::new();
        for _ in 0..4 {
            let mut bytes = [0; 200];
            let length = systemd.recv(&mut bytes).expect("told");
            heard.push(String::from_utf8_lossy(&bytes[..length]).into_owned());
        }
        std::fs::remove_file(&path).expect("there");
        assert!(heard[1].contains("READY=1\n"), "{heard:?}");
        assert_eq!(heard[2..], ["STATUS=a b\n", "STOPPING=1\n"]);
    }

    #[test]
    fn abstract_sockets_are_found() {
        let name = format!("darter-notify-{}", std::process::id());
        let address = SocketAddr::from_abstract_name(&name).expect("short");
        let systemd = UnixDatagram::bind_addr(&address).expect("free");
        Supervisor::from_environment(Supervised::Systemd, |_| Some(format!("@{name}").into()))
            .stopping();
        let mut bytes = [0; 20];
        assert_eq!(
            systemd.recv(&mut bytes).expect("told"),
            "STOPPING=1\n".len()
        );
    }

    #[test]
    fn nobody_is_found_where_nobody_is() {
        let detect = |wanted, upstart: bool| {
            Supervisor::from_environment(wanted, |name| {
                (upstart && name == "UPSTART_JOB").then(|| "x".into())
            })
        };
        assert!(matches!(detect(Supervised::No, true), Supervisor::Nobody));
        assert!(matches!(
            detect(Supervised::Systemd, true),
            Supervisor::Nobody
        ));
        assert!(matches!(
            detect(Supervised::Auto, false),
            Supervisor::Nobody
        ));
        assert!(matches!(
            detect(Supervised::Auto, true),
            Supervisor::Upstart
        ));
    }
}
