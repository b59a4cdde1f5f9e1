//! Opening listening sockets, and the options of sockets.

use rustix::net::{AddressFamily, SocketFlags, SocketType, sockopt};
use std::net::SocketAddr;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::time::Duration;

/// Opens `shards` sockets that listen on the same address, one for each core; the kernel spreads connections over them
/// (SO_REUSEPORT). Port 0 picks one port for all of them. An IPv6 address stands for IPv6 only.
///
/// # Errors
/// `EADDRINUSE` also when another program listens there with SO_REUSEPORT itself: the port is tried without it first.
/// `EADDRNOTAVAIL` for an address this machine does not have.
pub fn open_tcp(addr: SocketAddr, shards: usize, backlog: u32) -> std::io::Result<Vec<OwnedFd>> {
    bind_tcp(addr, false)?;
    open_own_tcp(addr, shards, backlog)
}

/// The same where this process may listen already, as when it adds an address to its port: nobody asks whether the port is
/// free.
///
/// # Errors
/// `EADDRINUSE` when another program listens there without SO_REUSEPORT; else as [`open_tcp`].
pub fn open_own_tcp(
    addr: SocketAddr,
    shards: usize,
    backlog: u32,
) -> std::io::Result<Vec<OwnedFd>> {
    let mut addr = addr;
    let mut sockets = Vec::with_capacity(shards);
    for _ in 0..shards {
        let socket = bind_tcp(addr, true)?;
        if addr.port() == 0 {
            addr.set_port(SocketAddr::try_from(rustix::net::getsockname(&socket)?)?.port());
        }
        rustix::net::listen(&socket, backlog.min(i32::MAX as u32) as i32)?;
        sockets.push(socket);
    }
    Ok(sockets)
}

fn bind_tcp(addr: SocketAddr, shared: bool) -> std::io::Result<OwnedFd> {
    let family = if addr.is_ipv4() {
        AddressFamily::INET
    } else {
        AddressFamily::INET6
    };
    let socket = rustix::net::socket_with(family, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
    sockopt::set_socket_reuseaddr(&socket, true)?;
    if addr.is_ipv6() {
        sockopt::set_ipv6_v6only(&socket, true)?;
    }
    if shared {
        sockopt::set_socket_reuseport(&socket, true)?;
    }
    rustix::net::bind(&socket, &addr)?;
    Ok(socket)
}

/// Opens a unix socket that listens at `path`, in the place of whatever file is there; `mode` are its permission bits,
/// those of the umask if None.
///
/// # Errors
/// `ENAMETOOLONG` from 108 bytes on, and what the directory refuses.
pub fn open_unix(path: &Path, mode: Option<u32>, backlog: u32) -> std::io::Result<OwnedFd> {
    use std::os::unix::fs::PermissionsExt;
    // Nothing there is the usual case; anything else shows itself in the bind.
    let _ = std::fs::remove_file(path);
    let socket = rustix::net::socket_with(
        AddressFamily::UNIX,
        SocketType::STREAM,
        SocketFlags::CLOEXEC,
        None,
    )?;
    rustix::net::bind(&socket, &rustix::net::SocketAddrUnix::new(path)?)?;
    rustix::net::listen(&socket, backlog.min(i32::MAX as u32) as i32)?;
    if let Some(mode) = mode {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))?;
    }
    Ok(socket)
}

/// Turns keepalive probes of a TCP socket on: the first after `idle` (whole seconds, at least one), three in all at a third
/// of that distance. None turns them off.
///
/// # Errors
/// When it is not a TCP socket.
pub fn set_keepalive(fd: impl AsFd, idle: Option<Duration>) -> std::io::Result<()> {
    let fd = fd.as_fd();
    sockopt::set_socket_keepalive(fd, idle.is_some())?;
    if let Some(idle) = idle {
        let seconds = idle.as_secs().clamp(1, 32767);
        sockopt::set_tcp_keepidle(fd, Duration::from_secs(seconds))?;
        sockopt::set_tcp_keepintvl(fd, Duration::from_secs((seconds / 3).max(1)))?;
        sockopt::set_tcp_keepcnt(fd, 3)?;
    }
    Ok(())
}

/// No delay and keepalive; without effect on other sockets than TCP.
pub(super) fn tune(fd: &OwnedFd, keepalive: Option<Duration>) {
    if sockopt::set_tcp_nodelay(fd, true).is_ok() {
        let _ = set_keepalive(fd, keepalive);
    }
}

/// The ring waits on its own; with O_NONBLOCK it would hand `EAGAIN` to us instead.
pub(super) fn make_blocking(fd: &OwnedFd) {
    if let Ok(flags) = rustix::fs::fcntl_getfl(fd) {
        let _ = rustix::fs::fcntl_setfl(fd, flags - rustix::fs::OFlags::NONBLOCK);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn cores_share_a_port_and_strangers_do_not() {
        let sockets = open_tcp(([127, 0, 0, 1], 0).into(), 3, 16).unwrap();
        let ports: Vec<u16> = sockets
            .iter()
            .map(|fd| {
                SocketAddr::try_from(rustix::net::getsockname(fd).unwrap())
                    .unwrap()
                    .port()
            })
            .collect();
        assert!(ports[0] != 0 && ports.iter().all(|port| *port == ports[0]));
        let taken = open_tcp(([127, 0, 0, 1], ports[0]).into(), 1, 16).unwrap_err();
        assert_eq!(taken.kind(), std::io::ErrorKind::AddrInUse);
        drop(sockets);
        open_tcp(([127, 0, 0, 1], ports[0]).into(), 1, 16).unwrap();
    }

    #[test]
    fn a_unix_socket_replaces_a_leftover_and_has_its_mode() {
        let path = std::env::temp_dir().join(format!("darter-socket-{}", std::process::id()));
        drop(open_unix(&path, None, 16).unwrap());
        let _socket = open_unix(&path, Some(0o700), 16).unwrap();
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        std::fs::remove_file(&path).unwrap();
        assert_eq!(mode & 0o777, 0o700);
        assert!(open_unix(Path::new(&"x".repeat(200)), None, 16).is_err());
    }

    #[test]
    fn keepalive_is_set_and_unset() {
        let socket = bind_tcp(([127, 0, 0, 1], 0).into(), false).unwrap();
        set_keepalive(&socket, Some(Duration::from_secs(300))).unwrap();
        assert!(sockopt::socket_keepalive(&socket).unwrap());
        assert_eq!(
            sockopt::tcp_keepintvl(&socket).unwrap(),
            Duration::from_secs(100)
        );
        set_keepalive(&socket, None).unwrap();
        assert!(!sockopt::socket_keepalive(&socket).unwrap());
    }
}
