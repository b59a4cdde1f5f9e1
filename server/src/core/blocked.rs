//! Clients of this core that wait for keys: until when they do, and how they stop.
//!
//! Invariant: a connection is held with [`Hold::Blocked`] exactly while [`Connection::blocked`] is there, unless it is to be
//! closed; its deadline is in the list as long.

use std::collections::BTreeSet;

use engine::command::args::{Args, OwnedArgs};
use engine::command::error::CommandError;
use engine::command::spec::{Command, Run};
use engine::command::timeout::Patience;
use engine::order::Leave;
use engine::shard::waiting::WaiterId;
use engine::time::UnixMillis;

use super::ServerCore;
use crate::connection::{Connection, Hold};
use crate::runtime::net::ConnId;

/// What a connection waits for.
#[derive(Clone, Debug)]
pub struct Blocked {
    /// Its name in the queues of the keys.
    waiter: WaiterId,
    /// The place of its command in the pipeline.
    place: u32,
    deadline: Option<UnixMillis>,
    /// Its user may not run the command any more: the reply if nobody served it before.
    refusal: Option<CommandError>,
}

impl Blocked {
    /// The place of its command in the pipeline.
    pub(crate) fn place(&self) -> u32 {
        self.place
    }
}

/// Who waits until when, on one core.
#[derive(Default)]
pub struct Deadlines(BTreeSet<(UnixMillis, u64)>);

impl Deadlines {
    /// The first of them.
    pub fn first(&self) -> Option<UnixMillis> {
        self.0.first().map(|(deadline, _)| *deadline)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn add(&mut self, deadline: Option<UnixMillis>, conn: ConnId) {
        self.0
            .extend(deadline.map(|deadline| (deadline, conn.bits())));
    }

    fn remove(&mut self, deadline: Option<UnixMillis>, conn: ConnId) {
        if let Some(deadline) = deadline {
            self.0.remove(&(deadline, conn.bits()));
        }
    }

    fn take_due(&mut self, now: UnixMillis) -> Option<ConnId> {
        let first = self.0.first().filter(|(deadline, _)| *deadline <= now)?;
        let conn = ConnId::from_bits(first.1);
        self.0.pop_first();
        Some(conn)
    }
}

impl Blocked {
    /// The reply of the command at `place` when it left without being served, if that is to be another.
    pub(super) fn refused(&self, place: u32, reply: &[u8]) -> Option<&CommandError> {
        let refusal = self.refusal.as_ref().filter(|_| self.place == place);
        refusal.filter(|_| reply.starts_with(b"-UNBLOCKED "))
    }
}

impl ServerCore {
    /// The command at `place` of `connection` may wait: nothing else of it runs before the reply.
    pub(crate) fn begin_wait(
        &mut self,
        connection: &mut Connection,
        waiter: WaiterId,
        place: u32,
        row: &Command,
        args: &Args<'_>,
    ) {
        let patience = match row.run {
            Run::Blocking(waits) => (waits.patience)(args).ok(),
            _ => None,
        };
        let deadline = match patience {
            Some(Patience::Millis(millis)) => Some(UnixMillis(self.now.0.saturating_add(millis))),
            _ => None,
        };
        self.deadlines.add(deadline, connection.conn);
        connection.hold = Hold::Blocked;
        connection.blocked = Some(Blocked {
            waiter,
            place,
            deadline,
            refusal: None,
        });
        connection.asked = OwnedArgs::copy(args);
    }

    /// The command at `place` of `conn` was answered; if the connection waited for it, it goes on.
    pub(crate) fn end_wait(&mut self, conn: ConnId, place: u32) {
        let Some(connection) = self.connections.get_mut(conn) else {
            return;
        };
        if let Some(blocked) = connection.blocked.take_if(|blocked| blocked.place == place) {
            connection.pipeline.served();
            self.deadlines.remove(blocked.deadline, conn);
            self.release(conn, Hold::Blocked);
        }
    }

    /// A connection is gone, and what it waited for concerns nobody any more.
    pub(crate) fn forget_wait(&mut self, connection: &mut Connection) {
        if let Some(blocked) = connection.blocked.take() {
            self.deadlines.remove(blocked.deadline, connection.conn);
            self.engine.leave(blocked.waiter, Leave::Gone);
        }
    }

    /// Ends the waits whose time is over.
    pub(super) fn end_waits_in_time(&mut self) {
        while let Some(conn) = self.deadlines.take_due(self.now) {
            let Some(connection) = self.connections.get_mut(conn) else {
                continue;
            };
            if let Some(blocked) = &mut connection.blocked {
                blocked.deadline = None;
                self.engine.leave(blocked.waiter, Leave::Timeout);
            }
        }
    }

    /// Unblocks the client with this number, if it is one of this core and waits for keys. Returns whether it is.
    pub(crate) fn unblock(&mut self, id: u64, why: Leave) -> bool {
        let blocked = self
            .connections
            .iter()
            .find(|connection| connection.id == id)
            .and_then(|connection| connection.blocked.as_ref());
        blocked.is_some_and(|blocked| self.engine.leave(blocked.waiter, why))
    }

    /// Lets `connection` wait no more, and gives it this error if nobody served it before.
    pub(super) fn refuse_wait(&mut self, connection: &mut Connection, refusal: CommandError) {
        if let Some(blocked) = &mut connection.blocked
            && self.engine.leave(blocked.waiter, Leave::Unblocked)
        {
            blocked.refusal = Some(refusal);
        }
    }
}
