//! A connection between its birth and the moment the kernel has given everything back.

use super::CloseReason;
use super::outbox::Outbox;
use super::receive::Receive;
use std::os::fd::OwnedFd;

pub(super) struct Connection {
    pub(super) fd: OwnedFd,
    pub(super) stage: Stage,
    pub(super) receive: Receive,
    pub(super) outbox: Outbox,
}

/// How far a connection's life has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Receives and sends.
    Open,
    /// Sends what it has, then closes. What arrives is thrown away.
    Finishing,
    /// Waits for the kernel to give back what it holds.
    Closing(CloseReason),
    /// The kernel holds nothing of it any more; it keeps its place until its owner has heard that it is gone.
    Gone,
}

impl Stage {
    /// Whether it is past anything that may be asked of it.
    pub(super) fn is_over(self) -> bool {
        matches!(self, Stage::Closing(_) | Stage::Gone)
    }
}

impl Connection {
    /// A connection whose receive operation is being submitted.
    pub(super) fn new(fd: OwnedFd) -> Self {
        Connection {
            fd,
            stage: Stage::Open,
            receive: Receive::Armed,
            outbox: Outbox::default(),
        }
    }

    /// Whether somebody waits for the end of what is in flight: the buffers behind it, the owner who receives no more before
    /// it is told, or the close.
    pub(super) fn awaits_send(&self) -> bool {
        self.outbox.is_in_flight()
            && (self.outbox.is_any_waiting()
                || self.receive != Receive::Armed
                || self.stage != Stage::Open)
    }

    /// The reason to be gone, once closing and nothing is with the kernel any more.
    pub(super) fn departure(&self) -> Option<CloseReason> {
        match self.stage {
            Stage::Closing(reason)
                if !self.receive.is_with_kernel() && !self.outbox.is_in_flight() =>
            {
                Some(reason)
            }
            _ => None,
        }
    }
}
