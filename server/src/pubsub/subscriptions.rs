//! Who subscribed to what, twice: by name for a core, and by client.
//!
//! Invariant: the two agree. A client is among a name's subscribers exactly if the name is among the client's.

use std::collections::{HashMap, HashSet};

use engine::key::glob::{self, Case};

use super::Kind;
use crate::runtime::net::ConnId;

type Names = HashMap<Box<[u8]>, HashSet<ConnId>>;

/// The subscriptions of a core's clients.
#[derive(Debug, Default)]
pub struct Subscriptions {
    channels: Names,
    patterns: Names,
    shard_channels: Names,
}

impl Subscriptions {
    fn names(&self, kind: Kind) -> &Names {
        match kind {
            Kind::Channel => &self.channels,
            Kind::Pattern => &self.patterns,
            Kind::ShardChannel => &self.shard_channels,
        }
    }

    fn names_mut(&mut self, kind: Kind) -> &mut Names {
        match kind {
            Kind::Channel => &mut self.channels,
            Kind::Pattern => &mut self.patterns,
            Kind::ShardChannel => &mut self.shard_channels,
        }
    }

    pub(super) fn add(&mut self, kind: Kind, name: &[u8], conn: ConnId) {
        let names = self.names_mut(kind);
        match names.get_mut(name) {
            Some(clients) => clients.insert(conn),
            None => names.entry(name.into()).or_default().insert(conn),
        };
    }

    pub(super) fn remove(&mut self, kind: Kind, name: &[u8], conn: ConnId) {
        let names = self.names_mut(kind);
        let Some(clients) = names.get_mut(name) else {
            return;
        };
        clients.remove(&conn);
        if clients.is_empty() {
            names.remove(name);
        }
    }

    /// The clients that subscribed to exactly this.
    pub fn subscribers(&self, kind: Kind, name: &[u8]) -> impl Iterator<Item = ConnId> + '_ {
        self.names(kind).get(name).into_iter().flatten().copied()
    }

    /// How many clients subscribed to exactly this.
    pub fn count(&self, kind: Kind, name: &[u8]) -> usize {
        self.names(kind).get(name).map_or(0, HashSet::len)
    }

    /// The patterns that match a channel.
    pub fn patterns_of<'a>(&'a self, channel: &'a [u8]) -> impl Iterator<Item = &'a [u8]> + 'a {
        self.patterns
            .keys()
            .map(AsRef::as_ref)
            .filter(move |pattern| glob::matches(pattern, channel, Case::Exact))
    }

    /// All names of a kind that match `pattern`, or all.
    pub fn list(&self, kind: Kind, pattern: Option<&[u8]>) -> Vec<Box<[u8]>> {
        let wanted =
            |name: &[u8]| pattern.is_none_or(|pattern| glob::matches(pattern, name, Case::Exact));
        let names = self.names(kind).keys();
        names.filter(|name| wanted(name)).cloned().collect()
    }
}

/// What one client subscribed to.
#[derive(Debug, Default)]
pub struct Subscribed {
    channels: HashSet<Box<[u8]>>,
    patterns: HashSet<Box<[u8]>>,
    shard_channels: HashSet<Box<[u8]>>,
}

impl Subscribed {
    fn names_mut(&mut self, kind: Kind) -> &mut HashSet<Box<[u8]>> {
        match kind {
            Kind::Channel => &mut self.channels,
            Kind::Pattern => &mut self.patterns,
            Kind::ShardChannel => &mut self.shard_channels,
        }
    }

    fn names(&self, kind: Kind) -> &HashSet<Box<[u8]>> {
        match kind {
            Kind::Channel => &self.channels,
            Kind::Pattern => &self.patterns,
            Kind::ShardChannel => &self.shard_channels,
        }
    }

    /// Whether this is new.
    pub(super) fn add(&mut self, kind: Kind, name: &[u8]) -> bool {
        let names = self.names_mut(kind);
        !names.contains(name) && names.insert(name.into())
    }

    /// Whether it was there.
    pub(super) fn remove(&mut self, kind: Kind, name: &[u8]) -> bool {
        self.names_mut(kind).remove(name)
    }

    /// How many of a kind.
    pub fn len(&self, kind: Kind) -> usize {
        self.names(kind).len()
    }

    /// Whether there are none of any kind.
    pub fn is_empty(&self) -> bool {
        Kind::ALL.into_iter().all(|kind| self.len(kind) == 0)
    }

    /// The number that a confirmation tells: of shard channels, or of channels and patterns together.
    pub fn told(&self, kind: Kind) -> usize {
        match kind {
            Kind::Channel | Kind::Pattern => self.channels.len() + self.patterns.len(),
            Kind::ShardChannel => self.shard_channels.len(),
        }
    }

    /// All names of a kind.
    pub fn list(&self, kind: Kind) -> Vec<Box<[u8]>> {
        self.names(kind).iter().cloned().collect()
    }

    /// Bytes of memory, about.
    pub fn memory(&self) -> usize {
        const PLACE: usize = 32;
        let names = Kind::ALL.into_iter().flat_map(|kind| self.names(kind));
        names.map(|name| name.len() + PLACE).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_with_their_last_subscriber() {
        let mut all = Subscriptions::default();
        let (one, two) = (ConnId::from_bits(1), ConnId::from_bits(2));
        all.add(Kind::Channel, b"news", one);
        all.add(Kind::Channel, b"news", two);
        all.add(Kind::Channel, b"news", two);
        assert_eq!(all.count(Kind::Channel, b"news"), 2);
        assert_eq!(all.count(Kind::ShardChannel, b"news"), 0);
        all.remove(Kind::Channel, b"news", one);
        assert_eq!(
            all.subscribers(Kind::Channel, b"news").collect::<Vec<_>>(),
            [two]
        );
        all.remove(Kind::Channel, b"news", two);
        assert!(all.list(Kind::Channel, None).is_empty());
    }

    #[test]
    fn patterns_are_globs() {
        let mut all = Subscriptions::default();
        all.add(Kind::Pattern, b"n*", ConnId::from_bits(1));
        all.add(Kind::Pattern, b"x?", ConnId::from_bits(1));
        assert_eq!(all.patterns_of(b"news").collect::<Vec<_>>(), [b"n*"]);
        assert_eq!(
            all.list(Kind::Pattern, Some(b"x*")),
            [Box::from(*b"x?") as Box<[u8]>]
        );
    }

    #[test]
    fn a_client_counts_channels_with_patterns() {
        let mut own = Subscribed::default();
        assert!(own.add(Kind::Channel, b"a") && !own.add(Kind::Channel, b"a"));
        assert!(own.add(Kind::Pattern, b"a*") && own.add(Kind::ShardChannel, b"a"));
        assert_eq!(
            (own.told(Kind::Pattern), own.told(Kind::ShardChannel)),
            (2, 1)
        );
        assert!(own.remove(Kind::Channel, b"a") && !own.remove(Kind::Channel, b"a"));
        assert!(!own.is_empty());
    }
}
