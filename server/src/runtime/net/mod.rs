//! The sockets of one core, on an io_uring of their own.
//!
//! A [`Net`] belongs to one thread. Its owner calls [`Net::turn`]: what was queued since the last turn is submitted and what
//! completed meanwhile is handed to a callback, in one system call. The callback queues further operations through
//! [`NetOps`]; they leave with the next turn.
//!
//! Invariant: what the kernel holds (a buffer being sent, the memory it receives into, a descriptor with an armed operation)
//! stays alive and in place until the kernel has given it back, also when the connection is closed meanwhile.

mod address;
mod buffers;
mod connection;
mod event;
mod id;
mod listener;
mod operations;
mod outbox;
mod receive;
mod ring;
mod slots;
pub mod socket;
#[cfg(test)]
mod tests;
mod token;
mod turn;

pub use address::PeerAddr;
pub use event::{CloseReason, NetEvent};
pub use id::{ConnId, ListenerId};
pub use listener::ListenerKind;
pub use operations::{NetOps, Traffic};
pub use turn::{Net, NetConfig, Wait};
