//! What happens to sockets, as their owner hears of it.

use super::{ConnId, ListenerId, PeerAddr};

/// One thing that happened. Events of a connection come in order: `Accepted`, then any of the middle ones, last `Closed`.
#[derive(Debug)]
pub enum NetEvent<'a> {
    /// A listener has a new connection; it receives already.
    Accepted {
        /// The listener it came by.
        listener: ListenerId,
        /// Its name from now on.
        conn: ConnId,
        /// The far end.
        peer: PeerAddr,
        /// The end it reached.
        local: PeerAddr,
    },
    /// Bytes arrived; they are gone after the callback.
    Received {
        /// Where.
        conn: ConnId,
        /// At least one byte, at most one receive buffer.
        bytes: &'a [u8],
    },
    /// The peer will send no more (it closed, or closed its half). What was queued is still being sent, and more may be.
    /// The connection stays until one of the closing operations ends it: `close_after_send` is the usual answer.
    Ended {
        /// Where.
        conn: ConnId,
    },
    /// A buffer given to `send` has gone out whole.
    Sent {
        /// Where.
        conn: ConnId,
        /// The buffer, cleared, with its capacity, for reuse.
        buf: Vec<u8>,
        /// How many bytes it held.
        written: usize,
    },
    /// The connection is gone; exactly once for each connection, also when this side closed it.
    Closed {
        /// Which; the id is stale now.
        conn: ConnId,
        /// Why.
        reason: CloseReason,
    },
}

/// Why a connection is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseReason {
    /// `close` was called.
    Asked,
    /// `close_after_send` was called and everything was sent.
    Finished,
    /// The peer broke it or the network did; the operating system's error number (`ECONNRESET`, `EPIPE`, `ETIMEDOUT` ..).
    Broken(i32),
}
