//! The sockets the server listens on, opened before any core runs so that a taken port ends the start, not a core.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::Arc;

use crate::config::Settings;
use crate::runtime::net::ListenerKind;
use crate::runtime::net::socket::{open_own_tcp, open_tcp, open_unix};

/// A listening socket and what comes in by it.
pub type Listening = (OwnedFd, ListenerKind);

/// Why the server can't listen, for the operator.
#[derive(Debug)]
pub struct CannotListen(pub String);

/// Opens everything `settings` ask for. One list per core.
///
/// # Errors
/// A port that is taken, an address that this machine does not have, a path that can't be made.
pub fn open(settings: &Settings, cores: u16) -> Result<Vec<Vec<Listening>>, CannotListen> {
    let mut lists: Vec<Vec<Listening>> = std::iter::repeat_with(Vec::new)
        .take(cores as usize)
        .collect();
    let network = &settings.network;
    if network.port > 0 {
        open_addresses(settings, cores, Port::New, &mut lists)?;
    }
    if let Some(path) = network.unixsocket.as_ref().filter(|path| !path.is_empty()) {
        let path: Arc<Path> = path.as_path().into();
        let mode = (network.unixsocketperm.0 != 0).then_some(network.unixsocketperm.0);
        let socket = open_unix(&path, mode, network.tcp_backlog).map_err(|error| {
            CannotListen(format!(
                "Failed opening Unix socket: bind: {error} ({})",
                path.display()
            ))
        })?;
        lists[0].push((socket, ListenerKind::Unix(path)));
    }
    Ok(lists)
}

/// Whose a port is before it is opened.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Port {
    /// Anybody's: it must be free.
    New,
    /// This process listens there already, on some address.
    Own,
}

/// Opens the TCP sockets that `settings` ask for, beside those that are open. One list per core.
///
/// # Errors
/// As [`open`]; none of the sockets stays open then.
pub fn reopen(
    settings: &Settings,
    cores: u16,
    is_own_port: bool,
) -> Result<Vec<Vec<Listening>>, CannotListen> {
    let mut lists: Vec<Vec<Listening>> = std::iter::repeat_with(Vec::new)
        .take(cores as usize)
        .collect();
    if settings.network.port > 0 {
        let port = if is_own_port { Port::Own } else { Port::New };
        open_addresses(settings, cores, port, &mut lists)?;
    }
    Ok(lists)
}

/// Opens the TCP addresses of `bind` with the port of `settings`.
///
/// # Errors
/// As [`open`]; none of the sockets stays open then.
fn open_addresses(
    settings: &Settings,
    cores: u16,
    port: Port,
    lists: &mut [Vec<Listening>],
) -> Result<(), CannotListen> {
    let open_tcp = if port == Port::Own {
        open_own_tcp
    } else {
        open_tcp
    };
    let network = &settings.network;
    let mut opened = 0;
    for text in &network.bind.0 {
        let text = String::from_utf8_lossy(text.as_bytes()).into_owned();
        let (optional, name) = match text.strip_prefix('-') {
            Some(name) => (true, name),
            None => (false, text.as_str()),
        };
        let outcome = address(name, network.port)
            .and_then(|at| open_tcp(at, cores as usize, network.tcp_backlog));
        match outcome {
            Ok(sockets) => {
                opened += 1;
                for (list, socket) in lists.iter_mut().zip(sockets) {
                    list.push((socket, ListenerKind::Tcp));
                }
            }
            Err(error) if optional && is_missing(&error) => {}
            Err(error) => {
                tracing::warn!(
                    "Warning: Could not create server TCP listening socket {name}:{}: {error}",
                    network.port
                );
                return Err(explain(&error, name, network.port));
            }
        }
    }
    if opened == 0 && !network.bind.0.is_empty() {
        return Err(CannotListen(format!(
            "Failed listening on port {} (tcp), aborting.",
            network.port
        )));
    }
    Ok(())
}

fn address(name: &str, port: u16) -> io::Result<SocketAddr> {
    let ip = match name {
        "*" => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        "::*" => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        name => match name.parse() {
            Ok(ip) => ip,
            Err(_) => {
                let mut found = std::net::ToSocketAddrs::to_socket_addrs(&(name, port))?;
                found
                    .next()
                    .map(|at| at.ip())
                    .ok_or(io::ErrorKind::AddrNotAvailable)?
            }
        },
    };
    Ok(SocketAddr::new(ip, port))
}

/// The machine does not have the address, or not this kind of address.
fn is_missing(error: &io::Error) -> bool {
    matches!(
        error.raw_os_error(),
        Some(libc::EADDRNOTAVAIL | libc::EAFNOSUPPORT | libc::ENOPROTOOPT | libc::EPROTONOSUPPORT)
    )
}

fn explain(error: &io::Error, name: &str, port: u16) -> CannotListen {
    let advice = match error.raw_os_error() {
        Some(libc::EADDRINUSE) => {
            "another program has the port: stop it, or choose another with --port"
        }
        Some(libc::EADDRNOTAVAIL) => "this machine does not have the address: correct bind",
        Some(libc::EACCES) => {
            "ports below 1024 need root or CAP_NET_BIND_SERVICE: choose another with --port"
        }
        _ => "correct bind or port",
    };
    CannotListen(format!(
        "Failed listening on port {port} (tcp), aborting. {name}:{port}: {error}; {advice}."
    ))
}
