//! A turn: submit what was queued, wait if asked to, hand out what completed.

use super::buffers::Buffers;
use super::connection::Stage;
use super::listener;
use super::outbox::Progress;
use super::receive::Receive;
use super::ring::{Completion, Patience, Ring};
use super::token::Token;
use super::{CloseReason, ConnId, ListenerId, ListenerKind, NetEvent, NetOps, PeerAddr};
use std::os::fd::{FromRawFd, OwnedFd, RawFd};
use std::time::{Duration, Instant};

/// Sizes of a core's sockets. The default suits a server of small requests.
#[derive(Clone, Debug)]
pub struct NetConfig {
    /// Operations that fit into one submission; more are passed on in several. A power of two.
    pub entries: u32,
    /// Bytes of one receive buffer, and so the most one `Received` brings.
    pub buffer_bytes: usize,
    /// Receive buffers at first.
    pub buffers_first: u16,
    /// Receive buffers at most, 1 to 16384.
    pub buffers_most: u16,
    /// TCP keepalive of accepted and adopted connections: first probe after this time of silence.
    pub keepalive: Option<Duration>,
    /// Takes messages for the log: one line each, without an end of line.
    pub warn: fn(&str),
}

impl Default for NetConfig {
    fn default() -> Self {
        NetConfig {
            entries: 1024,
            buffer_bytes: 16 * 1024,
            buffers_first: 64,
            buffers_most: 1024,
            keepalive: None,
            warn: |_| {},
        }
    }
}

/// Whether a turn may sleep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// Take what is there.
    No,
    /// Until something happens, or until then.
    Until(Option<Instant>),
}

/// The sockets of one core. See the module for the rules.
pub struct Net {
    ops: NetOps,
    buffers: Buffers,
    completions: Vec<Completion>,
    /// Places of the connections whose send has a completion in this turn.
    answered: Vec<u32>,
    warn: fn(&str),
}

/// What ends a wait outside of a turn.
pub(in crate::runtime) struct Outside {
    /// Becomes readable when a turn has something to do.
    pub(in crate::runtime) bell: RawFd,
    /// A turn is due at the latest.
    pub(in crate::runtime) until: Option<Instant>,
}

/// Who hears of events.
type Listener<'a> = dyn FnMut(&mut NetOps, NetEvent<'_>) + 'a;

impl Net {
    /// Sets up the ring and its buffers for the calling thread.
    ///
    /// # Errors
    /// No io_uring, or no memory for it; `runtime::probe` tells which and why.
    pub fn new(config: &NetConfig) -> std::io::Result<Self> {
        let ring = Ring::new(config.entries)?;
        let buffers = Buffers::new(
            &ring,
            config.buffer_bytes,
            config.buffers_first,
            config.buffers_most,
        )?;
        Ok(Net {
            ops: NetOps::new(ring, config.keepalive),
            buffers,
            completions: Vec::new(),
            answered: Vec::new(),
            warn: config.warn,
        })
    }

    /// For orders outside of a turn.
    pub fn ops(&mut self) -> &mut NetOps {
        &mut self.ops
    }

    /// Submits what was queued, waits as `wait` says unless something is there already, and calls `on` with everything
    /// that happened. Returns the number of completions and departures, which is 0 if nothing happened.
    ///
    /// # Errors
    /// Only when the ring has become unusable.
    pub fn turn(&mut self, wait: Wait, on: &mut Listener<'_>) -> std::io::Result<usize> {
        let retry = self.ops.revive_listeners();
        let in_haste = std::mem::take(&mut self.ops.in_haste);
        let patience = if self.ops.gone.is_empty() && !in_haste {
            patience(wait, retry)
        } else {
            Patience::None
        };
        self.ops.ring.enter(patience)?;
        let mut completions = std::mem::take(&mut self.completions);
        self.ops.ring.reap(&mut completions);
        let mut happened = completions.len();
        self.settle_prompt_sends(&completions, on);
        for completion in completions.drain(..) {
            self.dispatch(completion, on);
        }
        self.completions = completions;
        self.buffers.publish();
        while let Some((conn, reason)) = self.ops.gone.pop_front() {
            happened += 1;
            self.ops.conns.remove(conn);
            on(&mut self.ops, NetEvent::Closed { conn, reason });
        }
        Ok(happened)
    }

    /// Ends the prompt sends that were submitted and have no completion: they took everything.
    fn settle_prompt_sends(&mut self, completions: &[Completion], on: &mut Listener<'_>) {
        self.answered.clear();
        self.answered
            .extend(completions.iter().filter_map(|c| match c.token {
                Token::Send(index) => Some(index),
                _ => None,
            }));
        if self.ops.ring.has_overflowed() {
            // A completion that is missing may be one of a failure; those that are here answer now or never.
            self.ops.forget_prompts(&self.answered);
            self.ops.in_haste = true;
            return;
        }
        while let Some(conn) = self.ops.take_prompt() {
            let index = conn.index() as u32;
            if !self.answered.contains(&index) {
                self.sent(index, self.ops.in_flight(conn) as i32, on);
            }
        }
    }

    /// For a core that waits elsewhere than in a turn: submits what was queued and returns what to wait for, or None when a
    /// turn has something to hand out. To be ended by [`Net::end_wait`].
    ///
    /// # Errors
    /// Out of descriptors, or the ring has become unusable.
    pub(in crate::runtime) fn begin_wait(&mut self) -> std::io::Result<Option<Outside>> {
        let until = self.ops.revive_listeners();
        let bell = self.ops.ring.listen_for_bell()?;
        self.ops.ring.enter(Patience::None)?;
        let ready = self.ops.in_haste || !self.ops.gone.is_empty() || self.ops.ring.is_ready();
        Ok((!ready).then_some(Outside { bell, until }))
    }

    /// Ends what [`Net::begin_wait`] began, whatever it returned.
    pub(in crate::runtime) fn end_wait(&mut self) {
        self.ops.ring.silence();
    }

    fn dispatch(&mut self, completion: Completion, on: &mut Listener<'_>) {
        match completion.token {
            Token::Cancel => {}
            Token::Wake if completion.more() => {}
            Token::Wake => self.ops.arm_watch(),
            Token::Accept(index) => self.accepted(index, completion, on),
            Token::Send(index) => self.sent(index, completion.result, on),
            Token::Receive(index) => {
                self.received(index, completion, on);
                if let Some(buffer) = completion.buffer() {
                    self.buffers.give_back(buffer);
                }
            }
        }
    }

    fn accepted(&mut self, index: u32, completion: Completion, on: &mut Listener<'_>) {
        let fd = (completion.result >= 0).then(|| {
            // SAFETY: the kernel has just made this descriptor for us; nobody else knows it.
            unsafe { OwnedFd::from_raw_fd(completion.result) }
        });
        let Some(Some(listener)) = self.ops.listeners.get_mut(index as usize) else {
            return;
        };
        let leaving = listener.stage == listener::Stage::Leaving;
        if fd.is_some() {
            listener.succeeded();
        } else if listener.failed(-completion.result) {
            let error = std::io::Error::from_raw_os_error(-completion.result);
            (self.warn)(&format!(
                "Accepting connections pauses, trying again: {error}"
            ));
        }
        let addresses = fd.as_ref().map(|fd| addresses(fd, &listener.kind));
        let armed = listener.stage == listener::Stage::Armed;
        match (completion.more(), leaving) {
            (true, _) => {}
            (false, true) => self.ops.listeners[index as usize] = None,
            (false, false) if armed => self.ops.arm_accept(index),
            (false, false) => {}
        }
        // A peer that is gone before it could be named is not worth an event.
        let (Some(fd), Some(Ok((peer, local))), false) = (fd, addresses, leaving) else {
            return;
        };
        self.ops.traffic.accepted += 1;
        let conn = self.ops.admit(fd);
        on(
            &mut self.ops,
            NetEvent::Accepted {
                listener: ListenerId(index),
                conn,
                peer,
                local,
            },
        );
    }

    /// Invariant: the state is that of the kernel before the callback runs, so that what the callback orders fits.
    fn received(&mut self, index: u32, completion: Completion, on: &mut Listener<'_>) {
        let Some(conn) = self.ops.conns.at(index) else {
            return;
        };
        match completion.result {
            0 => self.ended(conn, on),
            1.. => {
                if !completion.more() {
                    self.ops
                        .change_receive_of_any_stage(conn, Receive::disarmed);
                }
                self.deliver(conn, completion, on);
            }
            error => match -error {
                libc::ENOBUFS => {
                    self.buffers.grow();
                    self.ops
                        .change_receive_of_any_stage(conn, Receive::disarmed);
                }
                libc::ECANCELED | libc::EINTR | libc::EAGAIN => {
                    self.ops
                        .change_receive_of_any_stage(conn, Receive::disarmed);
                }
                errno => {
                    self.set_receive_ended(conn);
                    self.ops.depart(conn, CloseReason::Broken(errno));
                }
            },
        }
        self.ops.settle(conn);
    }

    fn deliver(&mut self, conn: ConnId, completion: Completion, on: &mut Listener<'_>) {
        let open = self
            .ops
            .conns
            .get(conn)
            .is_some_and(|open| open.stage == Stage::Open);
        let (true, Some(buffer)) = (open, completion.buffer()) else {
            return;
        };
        let bytes = self.buffers.bytes(buffer, completion.result as usize);
        self.ops.traffic.received += bytes.len() as u64;
        on(&mut self.ops, NetEvent::Received { conn, bytes });
    }

    fn ended(&mut self, conn: ConnId, on: &mut Listener<'_>) {
        self.set_receive_ended(conn);
        if self
            .ops
            .conns
            .get(conn)
            .is_some_and(|open| open.stage == Stage::Open)
        {
            on(&mut self.ops, NetEvent::Ended { conn });
        }
    }

    fn set_receive_ended(&mut self, conn: ConnId) {
        if let Some(connection) = self.ops.conns.get_mut(conn) {
            connection.receive = Receive::Ended;
        }
    }

    fn sent(&mut self, index: u32, result: i32, on: &mut Listener<'_>) {
        let Some(conn) = self.ops.conns.at(index) else {
            return;
        };
        let Some(connection) = self.ops.conns.get_mut(conn) else {
            return;
        };
        self.ops.traffic.sent += u64::from(result.max(0).unsigned_abs());
        if connection.stage.is_over() {
            connection.outbox.forget_flight();
            return self.ops.settle(conn);
        }
        let taken = match result {
            taken @ 0.. => taken as usize,
            error if matches!(-error, libc::EINTR | libc::EAGAIN) => 0,
            error => {
                connection.outbox.forget_flight();
                return self.ops.depart(conn, CloseReason::Broken(-error));
            }
        };
        match connection.outbox.advance(taken) {
            None => {}
            Some(Progress::Partly) => self.ops.submit_patient_send(conn),
            Some(Progress::Done { buf, written }) => {
                if connection.outbox.launch() {
                    self.ops.submit_prompt_send(conn);
                    self.ops.hurry_if_awaited(conn);
                }
                on(&mut self.ops, NetEvent::Sent { conn, buf, written });
                self.finish(conn);
            }
        }
    }

    fn finish(&mut self, conn: ConnId) {
        let finished = |connection: &super::connection::Connection| {
            connection.stage == Stage::Finishing && !connection.outbox.is_in_flight()
        };
        if self.ops.conns.get(conn).is_some_and(finished) {
            self.ops.depart(conn, CloseReason::Finished);
        }
    }

    /// Takes everything back from the kernel. True if that worked out.
    fn recall(&mut self) -> bool {
        for index in 0..self.ops.listeners.len() as u32 {
            self.ops.unlisten(ListenerId(index));
        }
        for conn in self.ops.conns.ids() {
            self.ops.close(conn);
        }
        for _ in 0..100 {
            if self.ops.conns.len() == 0 && self.ops.listeners.iter().all(Option::is_none) {
                return true;
            }
            let soon = Instant::now() + Duration::from_millis(10);
            if self.turn(Wait::Until(Some(soon)), &mut |_, _| {}).is_err() {
                break;
            }
        }
        false
    }
}

impl Drop for Net {
    fn drop(&mut self) {
        if !self.recall() {
            // Memory the kernel may still use is better lost than given to somebody else.
            std::mem::forget(std::mem::take(&mut self.ops.conns));
            self.buffers.leak();
        }
    }
}

fn addresses(fd: &OwnedFd, kind: &ListenerKind) -> std::io::Result<(PeerAddr, PeerAddr)> {
    match kind {
        ListenerKind::Tcp => Ok((PeerAddr::of_peer(fd)?, PeerAddr::of_local(fd)?)),
        ListenerKind::Unix(path) => {
            Ok((PeerAddr::Unix(path.clone()), PeerAddr::Unix(path.clone())))
        }
    }
}

fn patience(wait: Wait, retry: Option<Instant>) -> Patience {
    let until = match (wait, retry) {
        (Wait::No, _) => return Patience::None,
        (Wait::Until(None), None) => return Patience::Endless,
        (Wait::Until(Some(until)), Some(retry)) => until.min(retry),
        (Wait::Until(until), retry) => match until.or(retry) {
            Some(until) => until,
            None => return Patience::Endless,
        },
    };
    match until.saturating_duration_since(Instant::now()) {
        Duration::ZERO => Patience::None,
        left => Patience::Bounded(left),
    }
}
