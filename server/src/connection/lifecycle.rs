//! How connections come and go, and what happens when one does not read what it is owed.

use super::{Connection, Hold};
use crate::config::topic::memory::{OutputBufferLimit, OutputBufferLimits};
use crate::core::{Output, ServerCore};
use crate::runtime::net::{ConnId, PeerAddr};
use engine::resp::reply_bound::ReplyBound;
use engine::time::UnixMillis;

impl ServerCore {
    /// A client connected, by a socket with this descriptor if it has one.
    pub fn accept(
        &mut self,
        conn: ConnId,
        peer: PeerAddr,
        local: PeerAddr,
        descriptor: Option<i32>,
    ) {
        self.statistics.connections_received += 1;
        if !self
            .process
            .admit_client(self.settings.network.maxclients as usize)
        {
            self.statistics.rejected_connections += 1;
            return self.refuse(conn, b"-ERR max number of clients reached\r\n");
        }
        if self.is_protected_from(&peer) {
            self.process.client_gone();
            self.statistics.rejected_connections += 1;
            return self.refuse(conn, PROTECTED.as_bytes());
        }
        let id = self.process.next_client_id();
        let user = self.users.users.default_user().clone();
        let mut connection = Connection::new(conn, self.me(), id, peer, local, self.now, user);
        connection.descriptor = descriptor;
        self.weigh(&mut connection);
        self.connections.put(Box::new(connection));
    }

    fn refuse(&mut self, conn: ConnId, why: &[u8]) {
        self.act(Output::Send(conn, why.to_vec()));
        self.act(Output::CloseAfterSend(conn));
    }

    fn is_protected_from(&self, peer: &PeerAddr) -> bool {
        let is_open = self.users.users.default_user().needs_no_password();
        self.settings.network.protected_mode && is_open && !peer.is_local()
    }

    /// A connection is gone, whoever closed it.
    pub fn closed(&mut self, conn: ConnId) {
        let Some(mut connection) = self.connections.take(conn) else {
            return;
        };
        self.forget_wait(&mut connection);
        self.unweigh(&mut connection);
        self.process.client_gone();
        self.unsubscribe_from_all(&mut connection);
        self.end_monitoring(&mut connection);
        self.end_tracking(&mut connection);
        if let Some(watching) = &connection.watching {
            self.engine.submit_unwatch(watching);
        }
    }

    /// Closes `conn` when the reply it is about to get is sent.
    pub(crate) fn close_after_reply(&mut self, conn: ConnId) {
        if let Some(mut connection) = self.connections.take(conn) {
            self.close_when_sent(&mut connection);
            self.connections.put(connection);
        }
    }

    /// Closes `conn` now, whatever it waits for: it is no client any more.
    pub(crate) fn kill(&mut self, conn: ConnId) {
        self.closed(conn);
        self.act(Output::Close(conn));
    }

    /// The peer will send no more: what it asked is answered, then it goes; what it waits for it need not have.
    pub fn ended(&mut self, conn: ConnId) {
        match self.connections.take(conn) {
            Some(connection) if connection.blocked.is_some() => {
                self.connections.put(connection);
                self.kill(conn);
            }
            Some(mut connection) => {
                self.close_when_sent(&mut connection);
                self.connections.put(connection);
            }
            None => self.act(Output::CloseAfterSend(conn)),
        }
    }

    /// Closes `connection` when everything under way is answered and sent. What it sends from now on does not count.
    pub(crate) fn close_when_sent(&mut self, connection: &mut Connection) {
        connection.hold = Hold::Closing;
        connection.close_when_sent = true;
        connection.input = Vec::new();
        self.mark(connection);
    }

    /// The runtime tells how many bytes of `conn` wait to be sent, after some were.
    pub fn set_unsent(&mut self, conn: ConnId, unsent: usize) {
        let Some(mut connection) = self.connections.take(conn) else {
            return;
        };
        connection.unsent = unsent;
        self.weigh(&mut connection);
        let goes_on = connection.hold == Hold::Output && unsent < super::input::GO_ON_BELOW;
        self.connections.put(connection);
        if goes_on {
            self.release(conn, Hold::Output);
        }
    }

    /// Closes clients that have owed too much for too long without anything happening to them.
    pub(crate) fn close_slow_readers(&mut self) {
        let limits = &self.settings.memory.client_output_buffer_limit;
        let now = self.now;
        let over = |connection: &mut &mut Connection| connection.owes_too_much(limits, now);
        let slow: Vec<ConnId> = self
            .connections
            .iter_mut()
            .filter_map(|mut c| over(&mut c).then_some(c.conn))
            .collect();
        for conn in slow {
            self.statistics.output_buffer_limit_disconnections += 1;
            self.kill(conn);
        }
    }
}

impl Connection {
    /// Whether it is owed more than its class allows, at once or for too long. It is to be closed then.
    pub(crate) fn owes_too_much(&mut self, limits: &OutputBufferLimits, now: UnixMillis) -> bool {
        let limit = self.output_limit(limits);
        let owed = (self.unsent + self.out.len()) as u64;
        let too_much = self.exceeds(limit, owed, now);
        if too_much {
            tracing::warn!(
                "Client id={} addr={} closed for overcoming of output buffer limits.",
                self.id,
                self.peer
            );
            self.hold = Hold::Closing;
        }
        too_much
    }

    /// The limit of its class.
    #[inline]
    pub(crate) fn output_limit(&self, limits: &OutputBufferLimits) -> OutputBufferLimit {
        if self.subscribed.is_some() {
            limits.pubsub
        } else {
            limits.normal
        }
    }

    fn exceeds(&mut self, limit: OutputBufferLimit, owed: u64, now: UnixMillis) -> bool {
        let is_stranger = !self.authenticated;
        let is_cut = owed > self.bound.bytes() as u64;
        if self.pipeline.is_idle() {
            self.bound = ReplyBound::default();
        }
        if (limit.hard > 0 && owed > limit.hard)
            || is_cut
            || (is_stranger && owed > MOST_OWED_TO_STRANGERS)
        {
            return true;
        }
        if limit.soft == 0 || owed <= limit.soft {
            self.over_soft_limit_since = None;
            return false;
        }
        let since = self.over_soft_limit_since.get_or_insert(now);
        now.0 - since.0 > i64::from(limit.soft_seconds) * 1000
    }
}

/// Bytes of replies that a client may leave unread before it has logged in: a buffer full, and a little more.
const MOST_OWED_TO_STRANGERS: u64 = 17 << 10;

const PROTECTED: &str = "-DENIED Darter is running in protected mode because protected mode is enabled and no password is \
set for the default user. In this mode connections are only accepted from the loopback interface. To connect from other \
computers, do one of the following: 1) Disable protected mode with 'CONFIG SET protected-mode no' from the loopback \
interface, and make sure the server is not reachable from the internet; use CONFIG REWRITE to make the change \
permanent. 2) Set protected-mode to no in the configuration file and restart. 3) Start the server with the flag \
'--protected-mode no'. 4) Set a password for the default user with requirepass.\r\n";
