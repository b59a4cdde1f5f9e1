//! Where a connection comes from and where it arrived.

use std::net::SocketAddr;
use std::os::fd::AsFd;
use std::path::Path;
use std::sync::Arc;

/// One end of a connection. Displayed as `ip:port`, `[ip6]:port` or, for a unix socket, `path:0`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PeerAddr {
    /// An address of IPv4 or IPv6.
    Inet(SocketAddr),
    /// A unix socket; both ends are called by the path of the listening one, for clients have none.
    Unix(Arc<Path>),
}

impl PeerAddr {
    /// The other end of a connected socket.
    ///
    /// # Errors
    /// The peer may be gone already (`ENOTCONN`).
    pub fn of_peer(fd: impl AsFd) -> std::io::Result<Self> {
        let any = rustix::net::getpeername(fd)?.ok_or(rustix::io::Errno::NOTCONN)?;
        Ok(Self::from_any(any))
    }

    /// The own end of a socket.
    ///
    /// # Errors
    /// Only for a descriptor that is no socket.
    pub fn of_local(fd: impl AsFd) -> std::io::Result<Self> {
        Ok(Self::from_any(rustix::net::getsockname(fd)?))
    }

    /// Whether the other end is on this machine.
    pub fn is_local(&self) -> bool {
        match self {
            PeerAddr::Inet(addr) => addr.ip().to_canonical().is_loopback(),
            PeerAddr::Unix(_) => true,
        }
    }

    fn from_any(any: rustix::net::SocketAddrAny) -> Self {
        match SocketAddr::try_from(any.clone()) {
            Ok(addr) => PeerAddr::Inet(addr),
            Err(_) => PeerAddr::Unix(unix_path(any)),
        }
    }
}

fn unix_path(any: rustix::net::SocketAddrAny) -> Arc<Path> {
    use std::os::unix::ffi::OsStrExt;
    let addr = rustix::net::SocketAddrUnix::try_from(any).ok();
    let bytes = addr
        .as_ref()
        .and_then(|addr| addr.path_bytes())
        .unwrap_or_default();
    Arc::from(Path::new(std::ffi::OsStr::from_bytes(bytes)))
}

impl std::fmt::Display for PeerAddr {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            PeerAddr::Inet(addr) => addr.fmt(f),
            PeerAddr::Unix(path) => write!(f, "{}:0", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_read_as_clients_know_them() {
        let four = PeerAddr::Inet(([127, 0, 0, 1], 6379).into());
        let six = PeerAddr::Inet((std::net::Ipv6Addr::LOCALHOST, 6379).into());
        let unix = PeerAddr::Unix(Arc::from(Path::new("/tmp/s.sock")));
        assert_eq!(four.to_string(), "127.0.0.1:6379");
        assert_eq!(six.to_string(), "[::1]:6379");
        assert_eq!(unix.to_string(), "/tmp/s.sock:0");
    }

    #[test]
    fn both_ends_of_a_socket_are_named() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        let client = std::net::TcpStream::connect(addr).unwrap();
        assert_eq!(PeerAddr::of_peer(&client).unwrap(), PeerAddr::Inet(addr));
        assert_eq!(
            PeerAddr::of_local(&client).unwrap(),
            PeerAddr::Inet(client.local_addr().unwrap())
        );
        assert!(PeerAddr::of_peer(&listener).is_err());
    }
}
