//! The memory that clients hold, and which of them go when they hold too much together (`maxmemory-clients`).
//!
//! A core weighs a client when something has happened to it. All cores know what the clients of each weigh together and
//! how heavy the heaviest of them is, so that the heaviest of all goes first. Clients are told apart by powers of two, as
//! in Redis: who of two similar ones goes is open.
//!
//! Invariant: clients are closed by one core at a time, which looks at the sum before each, so that none goes in vain.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard};

use engine::order::ShardId;

use super::ServerCore;
use super::ask::Waiting;
use crate::connection::Connection;
use crate::runtime::net::ConnId;

/// How heavy a client is: the logarithm of its bytes; 0 for one that must not go.
type Class = u8;

/// Clients below this, in bytes, are equally light.
const LIGHT: usize = 32 << 10;

fn class(connection: &Connection, bytes: usize) -> Class {
    match connection.no_evict {
        true => 0,
        false => bytes.max(LIGHT).ilog2() as Class,
    }
}

/// What a client weighed when it was last looked at.
#[derive(Clone, Copy, Debug, Default)]
pub struct Weight {
    bytes: usize,
    class: Class,
}

/// The clients of one core by their weight.
#[derive(Debug, Default)]
pub struct Scale {
    total: usize,
    by_class: BTreeSet<(Class, u64)>,
}

impl Scale {
    fn change(&mut self, conn: ConnId, from: Weight, to: Weight) {
        self.total = self.total - from.bytes + to.bytes;
        if from.class != to.class {
            self.by_class.remove(&(from.class, conn.bits()));
            if to.class > 0 {
                self.by_class.insert((to.class, conn.bits()));
            }
        }
    }

    fn heaviest(&self) -> Option<(Class, ConnId)> {
        let (class, conn) = self.by_class.last()?;
        Some((*class, ConnId::from_bits(*conn)))
    }
}

#[derive(Debug, Default)]
#[repr(align(64))]
struct Share {
    total: AtomicUsize,
    /// The class of the heaviest client that may go; 0 without one.
    heaviest: AtomicU8,
}

/// What the clients of all cores weigh.
#[derive(Debug)]
pub struct Weights {
    shares: Box<[Share]>,
    turn: Mutex<()>,
}

impl Weights {
    /// Of `cores` cores without clients.
    pub fn new(cores: u16) -> Self {
        Weights {
            shares: (0..cores).map(|_| Share::default()).collect(),
            turn: Mutex::default(),
        }
    }

    fn tell(&self, core: ShardId, scale: &Scale) {
        let share = &self.shares[core.index()];
        share.total.store(scale.total, Ordering::SeqCst);
        let heaviest = scale.heaviest().map_or(0, |(class, _)| class);
        share.heaviest.store(heaviest, Ordering::SeqCst);
    }

    fn total(&self) -> usize {
        let totals = self.shares.iter();
        totals.map(|share| share.total.load(Ordering::SeqCst)).sum()
    }

    /// The core of the heaviest client of all that may go: `me`, if there is none heavier elsewhere.
    fn heaviest(&self, me: ShardId) -> Option<ShardId> {
        let class = |core: ShardId| self.shares[core.index()].heaviest.load(Ordering::SeqCst);
        let cores = ShardId::first(self.shares.len() as u16);
        let heaviest = cores.max_by_key(|core| (class(*core), *core == me))?;
        (class(heaviest) > 0).then_some(heaviest)
    }

    fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn
            .lock()
            .unwrap_or_else(|broken| broken.into_inner())
    }
}

impl ServerCore {
    /// Something has happened to `connection`.
    pub(crate) fn weigh(&mut self, connection: &mut Connection) {
        weigh(&mut self.scale, connection);
    }

    /// `connection` is gone.
    pub(crate) fn unweigh(&mut self, connection: &mut Connection) {
        let weight = std::mem::take(&mut connection.weight);
        self.scale
            .change(connection.conn, weight, Weight::default());
    }

    /// Closes clients, the heaviest first, while all of them together weigh more than they may.
    pub(crate) fn limit_clients(&mut self) {
        for conn in &self.dirty {
            if let Some(connection) = self.connections.get_mut(*conn) {
                weigh(&mut self.scale, connection);
            }
        }
        let weights = &self.process.weights;
        weights.tell(self.engine.me(), &self.scale);
        let memory = &self.settings.memory;
        let limit = memory.maxmemory_clients.of(memory.maxmemory) as usize;
        if limit > 0 && weights.total() > limit {
            self.close_heaviest(limit);
        }
    }

    fn close_heaviest(&mut self, limit: usize) {
        // What has a limit of its own is closed for that.
        self.close_slow_readers();
        let me = self.me();
        let process = self.process.clone();
        let weights = &process.weights;
        let _turn = weights.turn();
        weights.tell(me, &self.scale);
        while weights.total() > limit {
            match (weights.heaviest(me), self.scale.heaviest()) {
                (Some(core), Some((_, conn))) if core == me => self.close_for_weight(conn),
                (Some(core), _) if core != me => {
                    // Whoever is asked anything looks at its clients afterwards.
                    return self.ask(std::iter::once(core), Waiting::Nobody, |_| (), |_, _, _| {});
                }
                _ => return,
            }
            weights.tell(me, &self.scale);
        }
    }

    fn close_for_weight(&mut self, conn: ConnId) {
        if let Some(connection) = self.connections.get(conn) {
            tracing::info!(
                "Evicting client: id={} addr={} name={} tot-mem={}",
                connection.id,
                connection.peer,
                String::from_utf8_lossy(&connection.name),
                connection.weight.bytes
            );
        }
        self.statistics.evicted_clients += 1;
        self.kill(conn);
    }
}

fn weigh(scale: &mut Scale, connection: &mut Connection) {
    let bytes = connection.memory();
    let class = class(connection, bytes);
    let weight = Weight { bytes, class };
    let before = std::mem::replace(&mut connection.weight, weight);
    scale.change(connection.conn, before, weight);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weight(bytes: usize) -> Weight {
        let class = bytes.max(LIGHT).ilog2() as Class;
        Weight { bytes, class }
    }

    #[test]
    fn the_heaviest_of_all_cores_is_found() {
        let weights = Weights::new(2);
        let mut scales = [Scale::default(), Scale::default()];
        let conn = ConnId::from_bits;
        scales[0].change(conn(1), Weight::default(), weight(100_000));
        scales[1].change(conn(1), Weight::default(), weight(10));
        scales[1].change(conn(2), Weight::default(), weight(5_000_000));
        for (core, scale) in ShardId::first(2).zip(&scales) {
            weights.tell(core, scale);
        }
        assert_eq!(weights.total(), 5_100_010);
        assert_eq!(weights.heaviest(ShardId(0)), Some(ShardId(1)));
        assert_eq!(scales[1].heaviest().map(|(_, conn)| conn), Some(conn(2)));
        scales[1].change(conn(2), weight(5_000_000), Weight::default());
        weights.tell(ShardId(1), &scales[1]);
        assert_eq!(weights.heaviest(ShardId(1)), Some(ShardId(0)));
    }

    #[test]
    fn nobody_goes_who_must_not() {
        let weights = Weights::new(1);
        let mut scale = Scale::default();
        let kept = Weight {
            bytes: 1 << 30,
            class: 0,
        };
        scale.change(ConnId::from_bits(1), Weight::default(), kept);
        weights.tell(ShardId(0), &scale);
        assert_eq!(
            (weights.total(), weights.heaviest(ShardId(0))),
            (1 << 30, None)
        );
    }
}
