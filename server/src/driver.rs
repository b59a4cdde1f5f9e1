//! Drives a [`ServerCore`] with the runtime's sockets and mesh: the tick of the design, step by step.
//!
//! ```text
//!   turn of the sockets:  submit what the last tick left, reap completions
//!   before the first event: logical time, mail in order        (`begin`)
//!   events:               clients' bytes are parsed and run
//!   tick:                 background slice, clients that may go on, flush, replies to the sockets
//! ```
//!
//! Invariants:
//! - Logical time is taken after completions were reaped and before any client's bytes are looked at.
//! - Nothing is given to the sockets while a flush waits for room in the mesh.

use std::os::fd::{AsRawFd, OwnedFd};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use engine::order::ShardId;
use engine::time::UnixMillis;

use crate::core::mail::{Answer, Mail, Request};
use crate::core::{Output, ServerCore};
use crate::listeners::Listening;
use crate::runtime::core::{CoreTask, Next};
use crate::runtime::mesh::{Mail as MeshMail, MonotonicClock, Port};
use crate::runtime::net::{ConnId, ListenerId, ListenerKind, NetEvent, NetOps};

/// A core's end of the mesh.
pub type ServerPort = Port<Request, Answer, MonotonicClock, WakeCore>;

/// Wakes a core that sleeps.
pub type WakeCore = &'static (dyn Fn(ShardId) + Send + Sync);

/// See the top of the file.
pub struct Driver {
    core: ServerCore,
    port: ServerPort,
    /// Those to listen on from the start.
    listeners: Vec<Listening>,
    /// The TCP listeners in force.
    tcp: Vec<ListenerId>,
    begun: bool,
    /// Clients or other cores sent something in this tick.
    busy: bool,
}

impl Driver {
    /// Drives `core`, which listens on `listeners`.
    pub fn new(core: ServerCore, port: ServerPort, listeners: Vec<Listening>) -> Self {
        Driver {
            core,
            port,
            listeners,
            tcp: Vec::new(),
            begun: false,
            busy: false,
        }
    }

    /// Takes logical time and the mail below it, once a tick.
    #[inline]
    fn begin(&mut self) {
        if self.begun {
            return;
        }
        self.begun = true;
        let Driver {
            core, port, busy, ..
        } = self;
        // The time must be known before the first message runs; messages below it carry no later one.
        let logical = port.logical_time().next();
        core.begin_tick(logical, unix_now());
        let logical = port.receive(&mut |_, mail| {
            *busy = true;
            match mail {
                MeshMail::Message(tag, request) => core.take_request(tag, request),
                MeshMail::Reply(_, answer) => core.take_answer(answer),
            }
        });
        core.begin_tick(logical, core.now);
    }

    /// Sends what the tick collected. Returns whether replies may leave.
    fn flush(&mut self) -> bool {
        let Driver { core, port, .. } = self;
        core.take_mail(|to, mail| match mail {
            Mail::Request(request) => port.send(to, request),
            Mail::Answer(answer) => port.reply(to, answer),
        });
        if port.has_unsent() && port.flush().is_some() {
            core.engine.flushed();
        }
        let blocked = port.has_unsent();
        core.set_flush_blocked(blocked);
        !blocked
    }

    fn hand_out(&mut self, ops: &mut NetOps) {
        self.core.take_output(self.busy, |output| match output {
            Output::Send(conn, bytes) => ops.send(conn, bytes),
            Output::CloseAfterSend(conn) => ops.close_after_send(conn),
            Output::Close(conn) => ops.close(conn),
            Output::PauseReceive(conn) => ops.pause_receive(conn),
            Output::ResumeReceive(conn) => ops.resume_receive(conn),
        });
    }

    fn listen(&mut self, ops: &mut NetOps, fd: OwnedFd, kind: ListenerKind) {
        let is_tcp = kind == ListenerKind::Tcp;
        let id = ops.listen(fd, kind);
        if is_tcp {
            self.tcp.push(id);
        }
    }

    /// Does to the sockets what a new configuration asks for. Before the flush: whoever hears that it is in force must
    /// not reach an old port any more.
    fn reconfigure(&mut self, ops: &mut NetOps) {
        if let Some(keepalive) = self.core.take_keepalive() {
            ops.set_keepalive(keepalive);
        }
        if let Some(listeners) = self.core.take_listeners() {
            let old = std::mem::take(&mut self.tcp);
            for (fd, kind) in listeners {
                self.listen(ops, fd, kind);
            }
            old.into_iter().for_each(|id| ops.unlisten(id));
        }
    }

    fn sent(&mut self, ops: &NetOps, conn: ConnId, buffer: Vec<u8>) {
        self.core.reuse(buffer);
        self.core.set_unsent(conn, ops.unsent(conn));
    }

    fn next(&self, now: Instant) -> Next {
        if self.core.process.is_shutting_down() {
            return Next::Stop;
        }
        let unfinished = self.core.has_work() || self.core.holds_output();
        if unfinished || self.port.has_unsent() || self.port.has_mail() {
            return Next::Again;
        }
        let wait = (self.core.next_wake().0 - self.core.now.0).clamp(1, 1000);
        Next::Park(Some(now + Duration::from_millis(wait as u64)))
    }
}

impl CoreTask for Driver {
    fn on_start(&mut self, ops: &mut NetOps) {
        for (fd, kind) in std::mem::take(&mut self.listeners) {
            self.listen(ops, fd, kind);
        }
    }

    fn on_event(&mut self, ops: &mut NetOps, event: NetEvent<'_>) {
        self.begin();
        match event {
            NetEvent::Accepted {
                conn, peer, local, ..
            } => {
                let descriptor = ops.fd(conn).map(|fd| fd.as_raw_fd());
                self.core.accept(conn, peer, local, descriptor);
            }
            NetEvent::Received { conn, bytes } => {
                self.busy = true;
                self.core.receive(conn, bytes);
            }
            NetEvent::Ended { conn } => self.core.ended(conn),
            NetEvent::Sent { conn, buf, .. } => self.sent(ops, conn, buf),
            NetEvent::Closed { conn, .. } => self.core.closed(conn),
        }
    }

    fn tick(&mut self, ops: &mut NetOps, now: Instant) -> Next {
        self.begin();
        self.core.end_tick();
        self.reconfigure(ops);
        if self.flush() {
            self.hand_out(ops);
        }
        self.begun = false;
        self.busy = false;
        self.next(now)
    }

    fn has_mail(&self) -> bool {
        self.port.has_mail()
    }
}

fn unix_now() -> UnixMillis {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    UnixMillis(since.as_millis() as i64)
}
