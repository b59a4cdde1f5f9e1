//! The last step: a client hears what is no more what it was.

use std::ops::Bound;
use std::sync::Arc;

use engine::resp::reply::{Protocol, ReplyWriter};
use engine::shard::tracking::{Broadcast, Origin};

use crate::connection::Connection;
use crate::core::ServerCore;
use crate::core::ask::Waiting;
use crate::runtime::net::ConnId;

use super::tracked::Tracked;

/// The channel on which a client of RESP2 is told.
const CHANNEL: &[u8] = b"__redis__:invalidate";

/// What is no more what it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stale {
    /// These keys.
    Keys(Arc<[Box<[u8]>]>),
    /// Whatever there was.
    Everything,
}

impl Stale {
    pub(super) fn keys(keys: Vec<Box<[u8]>>) -> Self {
        Stale::Keys(keys.into())
    }

    /// The message as the wire has it.
    fn encode(&self, protocol: Protocol) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(64);
        let mut writer = ReplyWriter::new(&mut bytes, protocol);
        match protocol {
            Protocol::Resp3 => {
                writer.push(2);
                writer.bulk(b"invalidate");
            }
            Protocol::Resp2 => {
                writer.array(3);
                writer.bulk(b"message");
                writer.bulk(CHANNEL);
            }
        }
        match self {
            Stale::Keys(keys) => {
                writer.array(keys.len());
                keys.iter().for_each(|key| writer.bulk(key));
            }
            Stale::Everything => writer.null(),
        }
        bytes
    }
}

/// Whose command made something invalid, as seen from the client that is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// Its own.
    Own,
    /// Somebody else's, or nobody's.
    Foreign,
}

impl ServerCore {
    fn cause(&self, conn: ConnId, writer: Option<Origin>) -> Cause {
        let own = Origin {
            core: self.me().0,
            connection: conn.bits(),
        };
        match writer == Some(own) {
            true => Cause::Own,
            false => Cause::Foreign,
        }
    }

    /// A client that has read keys hears that they changed.
    pub(super) fn tell_reader(
        &mut self,
        conn: ConnId,
        served: Option<&mut Connection>,
        stale: &Stale,
        writer: Option<Origin>,
    ) {
        let cause = self.cause(conn, writer);
        let wants = |tracked: &Tracked| {
            let is_loop = tracked.no_loop && cause == Cause::Own;
            !is_loop && !tracked.is_broadcast()
        };
        self.tell_stale(conn, served, stale, cause, wants);
    }

    /// All clients that track hear that everything went.
    pub(super) fn tell_all(&mut self, mut served: Option<&mut Connection>) {
        let there = self.connections.iter().chain(served.as_deref());
        let tracking = there.filter(|connection| connection.tracked.is_some());
        let conns: Vec<ConnId> = tracking.map(|connection| connection.conn).collect();
        for conn in conns {
            let served = served.as_deref_mut();
            self.tell_stale(conn, served, &Stale::Everything, Cause::Foreign, |_| true);
        }
    }

    /// What changed below a prefix that somebody listens to goes to the cores of those who do.
    pub(crate) fn broadcast_invalid(&mut self) {
        let changed = self.engine.shard().tracking.take_broadcast();
        if changed.is_empty() {
            return;
        }
        let changed = Arc::new(changed);
        let me = self.me();
        let listening: Vec<_> = self.process.reach.listening().collect();
        if listening.contains(&me) {
            self.hear(&changed);
        }
        for core in listening.into_iter().filter(|core| *core != me) {
            let changed = changed.clone();
            let hear = move |core: &mut ServerCore| core.hear(&changed);
            self.ask(std::iter::once(core), Waiting::Nobody, hear, |_, _, _| {});
        }
    }

    /// Clients of this core that listen to prefixes hear of changed keys, in one message for each prefix.
    fn hear(&mut self, changed: &Broadcast) {
        let listeners = std::mem::take(&mut self.listeners);
        for (prefix, conns) in listeners.iter() {
            let from = (Bound::Included(prefix), Bound::Unbounded);
            let below: Vec<(&[u8], Option<Origin>)> = changed
                .range::<[u8], _>(from)
                .take_while(|(key, _)| key.starts_with(prefix))
                .map(|(key, writer)| (&**key, *writer))
                .collect();
            if below.is_empty() {
                continue;
            }
            let all = Stale::keys(below.iter().map(|(key, _)| Box::from(*key)).collect());
            for conn in conns {
                self.tell_listener(*conn, &below, &all);
            }
        }
        self.listeners = listeners;
    }

    fn tell_listener(&mut self, conn: ConnId, below: &[(&[u8], Option<Origin>)], all: &Stale) {
        let is_own = |writer: &Option<Origin>| self.cause(conn, *writer) == Cause::Own;
        let others: Vec<Box<[u8]>> = below
            .iter()
            .filter(|(_, writer)| !is_own(writer))
            .map(|(key, _)| Box::from(*key))
            .collect();
        if others.len() == below.len() {
            return self.tell_stale(conn, None, all, Cause::Foreign, |_| true);
        }
        self.tell_stale(conn, None, all, Cause::Own, |tracked| !tracked.no_loop);
        if !others.is_empty() {
            let others = Stale::keys(others);
            self.tell_stale(conn, None, &others, Cause::Foreign, |tracked| {
                tracked.no_loop
            });
        }
    }

    /// Tells a client, or the one that it redirects to, if it `wants`.
    fn tell_stale(
        &mut self,
        conn: ConnId,
        mut served: Option<&mut Connection>,
        stale: &Stale,
        cause: Cause,
        wants: impl Fn(&Tracked) -> bool,
    ) {
        let told = self.visit(conn, served.as_deref_mut(), |connection| {
            let tracked = connection.tracked.as_ref().filter(|own| wants(own))?;
            let redirect = tracked.redirect;
            if redirect.is_none() && connection.protocol == Protocol::Resp3 {
                connection.push_stale(stale, cause);
            }
            redirect
        });
        if let Some(redirect) = told.flatten() {
            self.redirect(conn, redirect, served, stale);
        }
    }
}

impl Connection {
    /// Puts the message among its replies.
    pub(super) fn push_stale(&mut self, stale: &Stale, cause: Cause) {
        self.push_behind(&stale.encode(self.protocol), cause);
    }

    /// Puts a message behind the replies to all that it has sent. The reply to a blocked command is waited for only if that
    /// command is the cause of the message.
    pub(super) fn push_behind(&mut self, message: &[u8], cause: Cause) {
        let place = match &self.blocked {
            Some(blocked) if cause == Cause::Foreign => blocked.place(),
            _ => self.pipeline.next_place(),
        };
        self.pipeline.send_before(place, message, &mut self.out);
    }
}
