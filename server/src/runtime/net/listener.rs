//! A listening socket and what it does when the process is out of descriptors.

use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a listener leaves waiting peers alone after an accept that failed for lack of something.
const REST: Duration = Duration::from_millis(100);

/// What kind of socket listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListenerKind {
    /// TCP over IPv4 or IPv6.
    Tcp,
    /// A unix socket at this path. One core listens on it, for there is no sharing among listeners.
    Unix(Arc<Path>),
}

pub(super) struct Listener {
    pub(super) fd: OwnedFd,
    pub(super) kind: ListenerKind,
    pub(super) stage: Stage,
    /// Whether the present shortage has been reported.
    warned: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// The kernel accepts for us.
    Armed,
    /// The kernel does not, until then.
    Resting(Instant),
    /// Cancelled, not yet confirmed.
    Leaving,
}

impl Listener {
    pub(super) fn new(fd: OwnedFd, kind: ListenerKind) -> Self {
        Listener {
            fd,
            kind,
            stage: Stage::Armed,
            warned: false,
        }
    }

    /// A peer was accepted: a shortage is over.
    pub(super) fn succeeded(&mut self) {
        self.warned = false;
    }

    /// An accept failed with `errno`. Returns whether this is worth a message.
    pub(super) fn failed(&mut self, errno: i32) -> bool {
        if self.stage != Stage::Armed || is_about_the_peer(errno) {
            return false;
        }
        self.stage = Stage::Resting(Instant::now() + REST);
        !std::mem::replace(&mut self.warned, true)
    }
}

/// Failures of one peer or of nobody: the next accept may well succeed.
fn is_about_the_peer(errno: i32) -> bool {
    const ERRORS: [i32; 7] = [
        libc::ECONNABORTED,
        libc::EINTR,
        libc::EAGAIN,
        libc::ECANCELED,
        libc::EPROTO,
        libc::EPERM,
        libc::ETIMEDOUT,
    ];
    ERRORS.contains(&errno)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shortage_is_reported_once_and_rested_out() {
        let fd = rustix::event::eventfd(0, rustix::event::EventfdFlags::empty()).unwrap();
        let mut listener = Listener::new(fd, ListenerKind::Tcp);
        assert!(!listener.failed(libc::ECONNABORTED));
        assert_eq!(listener.stage, Stage::Armed);
        assert!(listener.failed(libc::EMFILE));
        assert!(matches!(listener.stage, Stage::Resting(_)));
        listener.stage = Stage::Armed;
        assert!(!listener.failed(libc::EMFILE));
        listener.stage = Stage::Armed;
        listener.succeeded();
        assert!(listener.failed(libc::ENFILE));
    }
}
