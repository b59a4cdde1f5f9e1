//! Which clients of this core listen to which prefixes, and how they begin and end to track.

use std::collections::BTreeMap;

use crate::connection::Connection;
use crate::core::ServerCore;
use crate::core::ask::Waiting;
use crate::runtime::net::ConnId;

use super::tracked::Tracked;

/// Clients by the prefix they listen to; no list is empty.
#[derive(Default)]
pub struct Listeners(BTreeMap<Box<[u8]>, Vec<ConnId>>);

impl Listeners {
    /// All of them.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&[u8], &[ConnId])> {
        self.0
            .iter()
            .map(|(prefix, conns)| (&**prefix, conns.as_slice()))
    }

    fn add(&mut self, prefix: &[u8], conn: ConnId) {
        self.0.entry(prefix.into()).or_default().push(conn);
    }

    fn remove(&mut self, prefix: &[u8], conn: ConnId) {
        if let Some(conns) = self.0.get_mut(prefix) {
            conns.retain(|own| *own != conn);
            if conns.is_empty() {
                self.0.remove(prefix);
            }
        }
    }
}

impl ServerCore {
    /// From now on `connection` is told as `wish` has it, and listens to what is there `new` to it. Shards must know of
    /// these prefixes before the client hears of it.
    pub(crate) fn track(&mut self, connection: &mut Connection, wish: Tracked, new: &[Box<[u8]>]) {
        let listens = wish.is_broadcast();
        if connection.tracked.replace(Box::new(wish)).is_none() {
            self.process.reach.add(self.me(), listens);
        }
        for prefix in new {
            self.listeners.add(prefix, connection.conn);
        }
    }

    /// `connection` is told nothing more.
    pub(crate) fn end_tracking(&mut self, connection: &mut Connection) {
        let Some(tracked) = connection.tracked.take() else {
            return;
        };
        self.process.reach.remove(self.me(), tracked.is_broadcast());
        let prefixes: Vec<Box<[u8]>> = tracked.prefixes().map(Box::from).collect();
        if prefixes.is_empty() {
            return;
        }
        for prefix in &prefixes {
            self.listeners.remove(prefix, connection.conn);
        }
        let forget = move |core: &mut ServerCore| {
            let table = &mut core.engine.shard().tracking;
            prefixes.iter().for_each(|prefix| table.unlisten(prefix));
        };
        let cores = self.process.all_cores();
        self.ask(cores, Waiting::Nobody, forget, |_, _, _| {});
    }
}
