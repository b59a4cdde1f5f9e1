//! What may be asked of the sockets of a core. Everything asked leaves with the next turn.

use super::buffers::GROUP;
use super::connection::{Connection, Stage};
use super::listener::{self, Listener};
use super::receive::{Order, Receive};
use super::ring::Ring;
use super::slots::Slots;
use super::token::Token;
use super::{CloseReason, ConnId, ListenerId, ListenerKind, socket};
use io_uring::{opcode, squeue, types};
use std::collections::VecDeque;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// One send never takes more than this many bytes, for its result is an `i32`.
const SEND_MOST: usize = 1 << 30;

/// The sockets of a core, ready for orders. Ids that are stale are ignored by every operation.
pub struct NetOps {
    pub(super) ring: Ring,
    pub(super) conns: Slots<Connection>,
    pub(super) listeners: Vec<Option<Listener>>,
    /// Connections that are gone and not yet reported. Their places in `conns` are not free before that: a new connection
    /// must not have the index of one that still counts as open.
    pub(super) gone: VecDeque<(ConnId, CloseReason)>,
    pub(super) traffic: Traffic,
    /// Sends that the kernel answers only if they fail, in the order of submission.
    prompt: VecDeque<Prompt>,
    /// The next turn must not wait: something waits for the end of a prompt send, which makes no noise of its own.
    pub(super) in_haste: bool,
    /// What other threads write to when they want this core awake.
    eventfd: Option<Arc<OwnedFd>>,
    keepalive: Option<Duration>,
}

/// A send that either takes all its bytes while it is submitted, silently, or fails with a completion.
#[derive(Clone, Copy, Debug)]
struct Prompt {
    conn: ConnId,
    /// Its number among all submissions.
    number: u64,
}

/// What has passed through the sockets of a core since its start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Connections accepted.
    pub accepted: u64,
    /// Bytes received.
    pub received: u64,
    /// Bytes the kernel has taken.
    pub sent: u64,
}

impl NetOps {
    pub(super) fn new(ring: Ring, keepalive: Option<Duration>) -> Self {
        NetOps {
            ring,
            conns: Slots::default(),
            listeners: Vec::new(),
            gone: VecDeque::new(),
            traffic: Traffic::default(),
            prompt: VecDeque::new(),
            in_haste: false,
            eventfd: None,
            keepalive,
        }
    }

    /// Accepts connections from a listening socket (see [`socket`] for how to open one). Connections inherit its options;
    /// for TCP these are no delay and the keepalive of this core.
    pub fn listen(&mut self, fd: OwnedFd, kind: ListenerKind) -> ListenerId {
        if kind == ListenerKind::Tcp {
            socket::tune(&fd, self.keepalive);
        }
        socket::make_blocking(&fd);
        let index = self.listeners.len() as u32;
        self.listeners.push(Some(Listener::new(fd, kind)));
        self.arm_accept(index);
        ListenerId(index)
    }

    /// Stops accepting and closes the listening socket. Connections it brought stay.
    pub fn unlisten(&mut self, id: ListenerId) {
        let Some(place) = self.listeners.get_mut(id.0 as usize) else {
            return;
        };
        let Some(listener) = place else { return };
        // From here on peers are refused; the descriptor goes when the kernel has given it back.
        let _ = rustix::net::shutdown(&listener.fd, rustix::net::Shutdown::Both);
        match listener.stage {
            listener::Stage::Armed => {
                listener.stage = listener::Stage::Leaving;
                self.cancel(Token::Accept(id.0));
            }
            listener::Stage::Resting(_) => *place = None,
            listener::Stage::Leaving => {}
        }
    }

    /// Takes over a socket connected elsewhere; it receives from the next turn on. TCP sockets get no delay and the
    /// keepalive of this core.
    pub fn adopt(&mut self, fd: OwnedFd) -> ConnId {
        socket::tune(&fd, self.keepalive);
        socket::make_blocking(&fd);
        self.admit(fd)
    }

    /// Sends `buf` after what was given before, and returns it by `Sent` when it is out. An empty buffer, and one for a
    /// connection that is closing, is dropped.
    pub fn send(&mut self, conn: ConnId, buf: Vec<u8>) {
        let Some(connection) = self.conns.get_mut(conn) else {
            return;
        };
        if connection.stage != Stage::Open || buf.is_empty() {
            return;
        }
        if connection.outbox.push(buf) {
            self.submit_prompt_send(conn);
        }
        self.hurry_if_awaited(conn);
    }

    /// Bytes given to [`NetOps::send`] that the kernel has not taken.
    pub fn unsent(&self, conn: ConnId) -> usize {
        self.conns
            .get(conn)
            .map_or(0, |connection| connection.outbox.unsent())
    }

    /// Stops receiving, so that the peer is slowed down by TCP. What the kernel has already handed over still arrives.
    /// A paused connection does not notice that its peer is gone before it sends or resumes.
    pub fn pause_receive(&mut self, conn: ConnId) {
        self.change_receive(conn, Receive::pause);
    }

    /// Receives again after [`NetOps::pause_receive`].
    pub fn resume_receive(&mut self, conn: ConnId) {
        self.change_receive(conn, Receive::resume);
    }

    /// Closes now; what is unsent is dropped. `Closed` follows, nothing else does.
    pub fn close(&mut self, conn: ConnId) {
        self.depart(conn, CloseReason::Asked);
    }

    /// Closes as soon as everything given to [`NetOps::send`] is sent; what still arrives is thrown away.
    pub fn close_after_send(&mut self, conn: ConnId) {
        let Some(connection) = self.conns.get_mut(conn) else {
            return;
        };
        if connection.stage != Stage::Open {
            return;
        }
        if !connection.outbox.is_in_flight() {
            return self.depart(conn, CloseReason::Finished);
        }
        connection.stage = Stage::Finishing;
        self.change_receive_of_any_stage(conn, Receive::pause);
    }

    /// The socket itself, for its options. None when the id is stale.
    pub fn fd(&self, conn: ConnId) -> Option<BorrowedFd<'_>> {
        self.conns.get(conn).map(|connection| connection.fd.as_fd())
    }

    /// Connections that have not been reported closed.
    pub fn connections(&self) -> usize {
        self.conns.len()
    }

    /// Totals since the start.
    pub fn traffic(&self) -> Traffic {
        self.traffic
    }

    /// The TCP keepalive of connections accepted or adopted from now on; `None` turns it off.
    pub fn set_keepalive(&mut self, keepalive: Option<Duration>) {
        self.keepalive = keepalive;
        for listener in self.listeners.iter().flatten() {
            if listener.kind == ListenerKind::Tcp {
                socket::tune(&listener.fd, keepalive);
            }
        }
    }

    /// Ends a turn's wait whenever the eventfd is written to. It is never read: each write is an edge, and edges suffice.
    pub(in crate::runtime) fn watch(&mut self, eventfd: Arc<OwnedFd>) {
        self.eventfd = Some(eventfd);
        self.arm_watch();
    }

    pub(super) fn arm_watch(&mut self) {
        let Some(eventfd) = &self.eventfd else { return };
        let fd = types::Fd(eventfd.as_raw_fd());
        let poll = opcode::PollAdd::new(fd, libc::POLLIN as u32)
            .multi(true)
            .build();
        self.push(poll, Token::Wake);
    }

    pub(super) fn admit(&mut self, fd: OwnedFd) -> ConnId {
        let conn = self.conns.insert(Connection::new(fd));
        self.arm_receive(conn);
        conn
    }

    pub(super) fn arm_accept(&mut self, index: u32) {
        let Some(Some(listener)) = self.listeners.get_mut(index as usize) else {
            return;
        };
        listener.stage = listener::Stage::Armed;
        let fd = types::Fd(listener.fd.as_raw_fd());
        let accept = opcode::AcceptMulti::new(fd)
            .flags(libc::SOCK_CLOEXEC)
            .build();
        self.push(accept, Token::Accept(index));
    }

    /// Sends what the kernel can take at once: nearly always everything. Success has no completion, which saves the turn
    /// that would have to reap it; the next [`NetOps::take_prompt`] tells that it is over.
    pub(super) fn submit_prompt_send(&mut self, conn: ConnId) {
        // WAITALL makes part of the bytes a failure; DONTWAIT makes a full socket one.
        let flags = libc::MSG_NOSIGNAL | libc::MSG_DONTWAIT | libc::MSG_WAITALL;
        if let Some(send) = self.send_of(conn, flags) {
            self.push(
                send.flags(squeue::Flags::SKIP_SUCCESS),
                Token::Send(conn.index() as u32),
            );
            let number = self.ring.pushed();
            self.prompt.push_back(Prompt { conn, number });
        }
    }

    /// Sends the rest of what a prompt send could not, as soon as the peer makes room.
    pub(super) fn submit_patient_send(&mut self, conn: ConnId) {
        if let Some(send) = self.send_of(conn, libc::MSG_NOSIGNAL) {
            self.push(send, Token::Send(conn.index() as u32));
        }
    }

    fn send_of(&self, conn: ConnId, flags: i32) -> Option<squeue::Entry> {
        let connection = self.conns.get(conn)?;
        let span = connection.outbox.span()?;
        let len = span.len().min(SEND_MOST) as u32;
        let fd = types::Fd(connection.fd.as_raw_fd());
        let send = opcode::Send::new(fd, span.as_ptr(), len).flags(flags);
        Some(send.build())
    }

    /// The next connection whose prompt send the kernel has seen, and with it ended: well, or with a completion that is in
    /// the ring now.
    pub(super) fn take_prompt(&mut self) -> Option<ConnId> {
        let submitted = self.ring.submitted();
        let is_seen = self.prompt.front()?.number <= submitted;
        is_seen
            .then(|| self.prompt.pop_front())?
            .map(|prompt| prompt.conn)
    }

    /// The sends of these places have completions, which tell the rest.
    pub(super) fn forget_prompts(&mut self, answered: &[u32]) {
        self.prompt
            .retain(|prompt| !answered.contains(&(prompt.conn.index() as u32)));
    }

    /// Bytes that a send of this connection takes if it takes all it can.
    pub(super) fn in_flight(&self, conn: ConnId) -> usize {
        let span = self.conns.get(conn).and_then(|c| c.outbox.span());
        span.map_or(0, |span| span.len().min(SEND_MOST))
    }

    /// Begins to close; the connection is gone when the kernel has given everything back.
    pub(super) fn depart(&mut self, conn: ConnId, reason: CloseReason) {
        let Some(connection) = self.conns.get_mut(conn) else {
            return;
        };
        if connection.stage.is_over() {
            return;
        }
        connection.stage = Stage::Closing(reason);
        connection.outbox.forget_waiting();
        let sending = connection.outbox.is_in_flight();
        let receiving = connection.receive == Receive::Armed;
        if connection.receive.is_with_kernel() {
            connection.receive = Receive::Stopping;
        }
        let index = conn.index() as u32;
        if receiving {
            self.cancel(Token::Receive(index));
        }
        if sending {
            self.cancel(Token::Send(index));
        }
        self.hurry_if_awaited(conn);
        self.settle(conn);
    }

    /// Lets a closing connection go if nothing of it is with the kernel any more.
    pub(super) fn settle(&mut self, conn: ConnId) {
        let Some(connection) = self.conns.get_mut(conn) else {
            return;
        };
        let Some(reason) = connection.departure() else {
            return;
        };
        connection.stage = Stage::Gone;
        self.gone.push_back((conn, reason));
    }

    pub(super) fn change_receive_of_any_stage(
        &mut self,
        conn: ConnId,
        change: impl FnOnce(&mut Receive) -> Order,
    ) {
        let Some(connection) = self.conns.get_mut(conn) else {
            return;
        };
        match change(&mut connection.receive) {
            Order::Nothing => {}
            Order::Arm => self.arm_receive(conn),
            Order::Cancel => self.cancel(Token::Receive(conn.index() as u32)),
        }
        self.hurry_if_awaited(conn);
    }

    /// Lets the next turn not wait if something waits for the end of this connection's send.
    ///
    /// Invariant: after each change of a connection that makes [`Connection::awaits_send`] true this is called. Otherwise
    /// the core could sleep beside a prompt send that is over, and what waits for it would wait for a stranger's event.
    pub(super) fn hurry_if_awaited(&mut self, conn: ConnId) {
        let connection = self.conns.get(conn);
        self.in_haste |= connection.is_some_and(Connection::awaits_send);
    }

    /// When the earliest resting listener wants to try again; arms those that waited long enough.
    pub(super) fn revive_listeners(&mut self) -> Option<Instant> {
        let mut next = None;
        let mut now = None;
        for index in 0..self.listeners.len() {
            let Some(listener) = &self.listeners[index] else {
                continue;
            };
            let listener::Stage::Resting(until) = listener.stage else {
                continue;
            };
            if until <= *now.get_or_insert_with(Instant::now) {
                self.arm_accept(index as u32);
            } else {
                next = Some(next.map_or(until, |next: Instant| next.min(until)));
            }
        }
        next
    }

    fn change_receive(&mut self, conn: ConnId, change: impl FnOnce(&mut Receive) -> Order) {
        if self
            .conns
            .get(conn)
            .is_some_and(|connection| connection.stage == Stage::Open)
        {
            self.change_receive_of_any_stage(conn, change);
        }
    }

    fn arm_receive(&mut self, conn: ConnId) {
        let Some(connection) = self.conns.get(conn) else {
            return;
        };
        let fd = types::Fd(connection.fd.as_raw_fd());
        self.push(
            opcode::RecvMulti::new(fd, GROUP).build(),
            Token::Receive(conn.index() as u32),
        );
    }

    fn cancel(&mut self, token: Token) {
        self.push(
            opcode::AsyncCancel::new(token.bits()).build(),
            Token::Cancel,
        );
    }

    fn push(&mut self, entry: squeue::Entry, token: Token) {
        // SAFETY: descriptors are owned by `conns`, `listeners` and `eventfd`, and buffers by an `Outbox`; neither is let
        // go before the operation's last completion. Received bytes go to provided buffers only, which `Net` owns.
        unsafe { self.ring.push(entry.user_data(token.bits())) };
    }
}
