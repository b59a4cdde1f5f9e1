//! Which connections have read which keys of this shard and want to hear when these change, and which prefixes of keys
//! anybody wants to hear of (CLIENT TRACKING). A write that concerns somebody is kept here until the server takes it.
//!
//! Invariant: a read is remembered in the same run of its command, so no later write to the key escapes it.
//! Deliberately without databases: a key has one name in all of them, as in Redis. Nobody hears too little by that.

use std::collections::BTreeMap;

use hashbrown::HashMap;

/// The connection that a command comes from: its core and its number there, which is never given twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Origin {
    /// The core that serves the connection.
    pub core: u16,
    /// The connection's number on that core.
    pub connection: u64,
}

/// Something that was read is no more what it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Invalidation {
    /// A key changed.
    Key {
        /// Its name.
        key: Box<[u8]>,
        /// Who has read it, in order.
        readers: Vec<Origin>,
        /// Who changed it, if a client did.
        writer: Option<Origin>,
    },
    /// A whole database went. Every shard of the process tells it.
    Everything,
}

/// Keys that begin with a prefix somebody listens to, each with the one client that changed it, if there is such a one.
pub type Broadcast = BTreeMap<Box<[u8]>, Option<Origin>>;

struct Prefix {
    bytes: Box<[u8]>,
    listeners: usize,
}

/// See the top of the file.
#[derive(Default)]
pub struct TrackTable {
    /// Each list is sorted and not empty.
    readers: HashMap<Box<[u8]>, Vec<Origin>, foldhash::fast::RandomState>,
    items: usize,
    prefixes: Vec<Prefix>,
    /// Whose command runs.
    writer: Option<Origin>,
    /// All databases count as changed before what is in `invalid`.
    is_flushed: bool,
    invalid: Vec<Invalidation>,
    broadcast: Broadcast,
}

impl TrackTable {
    /// Keys that somebody has read.
    pub fn keys(&self) -> usize {
        self.readers.len()
    }

    /// Pairs of a key and somebody who has read it.
    pub fn items(&self) -> usize {
        self.items
    }

    /// Different prefixes that somebody listens to.
    pub fn prefixes(&self) -> usize {
        self.prefixes.len()
    }

    /// From here on it is `writer` who changes keys. Returns who did until now.
    #[inline]
    pub(crate) fn begin(&mut self, writer: Option<Origin>) -> Option<Origin> {
        std::mem::replace(&mut self.writer, writer)
    }

    /// `reader` has read `key`.
    pub fn remember(&mut self, key: &[u8], reader: Origin) {
        let readers = match self.readers.get_mut(key) {
            Some(readers) => readers,
            None => self.readers.entry(key.into()).or_default(),
        };
        if let Err(place) = readers.binary_search(&reader) {
            readers.insert(place, reader);
            self.items += 1;
        }
    }

    /// A key changed.
    #[inline]
    pub(crate) fn touch(&mut self, key: &[u8]) {
        if !self.readers.is_empty() || !self.prefixes.is_empty() {
            self.invalidate(key);
        }
    }

    #[cold]
    fn invalidate(&mut self, key: &[u8]) {
        let writer = self.writer;
        if let Some((key, readers)) = self.readers.remove_entry(key) {
            self.tell(key, readers, writer);
        }
        let is_heard = |prefix: &Prefix| key.starts_with(&prefix.bytes);
        if self.prefixes.iter().any(is_heard) {
            // Whoever does not listen to itself still hears of what others did to the same key.
            self.broadcast
                .entry(key.into())
                .and_modify(|first| *first = first.filter(|first| Some(*first) == writer))
                .or_insert(writer);
        }
    }

    fn tell(&mut self, key: Box<[u8]>, readers: Vec<Origin>, writer: Option<Origin>) {
        self.items -= readers.len();
        self.invalid.push(Invalidation::Key {
            key,
            readers,
            writer,
        });
    }

    /// A database was emptied.
    pub(crate) fn flushed(&mut self) {
        self.readers = HashMap::default();
        self.items = 0;
        // Whoever is to hear of single keys hears of all of them.
        self.invalid.clear();
        self.is_flushed = true;
    }

    /// Forgets up to `most` keys, and tells those who have read them as if they had changed.
    pub fn forget_some(&mut self, most: usize) {
        let some: Vec<_> = self.readers.extract_if(|_, _| true).take(most).collect();
        for (key, readers) in some {
            self.tell(key, readers, None);
        }
    }

    /// Somebody listens to keys that begin with `prefix`.
    pub fn listen(&mut self, prefix: &[u8]) {
        match self.prefixes.iter_mut().find(|own| *own.bytes == *prefix) {
            Some(own) => own.listeners += 1,
            None => self.prefixes.push(Prefix {
                bytes: prefix.into(),
                listeners: 1,
            }),
        }
    }

    /// Somebody listens to them no more.
    pub fn unlisten(&mut self, prefix: &[u8]) {
        self.prefixes.retain_mut(|own| {
            own.listeners -= usize::from(*own.bytes == *prefix);
            own.listeners > 0
        });
    }

    /// Whether anybody is to hear of something at once.
    #[inline]
    pub fn has_invalid(&self) -> bool {
        self.is_flushed || !self.invalid.is_empty()
    }

    /// Takes what readers are to hear of, in the order in which it happened.
    pub fn take_invalid(&mut self) -> Vec<Invalidation> {
        let mut invalid = std::mem::take(&mut self.invalid);
        if std::mem::take(&mut self.is_flushed) {
            invalid.insert(0, Invalidation::Everything);
        }
        invalid
    }

    /// Takes what those who listen to prefixes are to hear of.
    pub fn take_broadcast(&mut self) -> Broadcast {
        std::mem::take(&mut self.broadcast)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::driver::{self, NOW, run, shard};
    use crate::shard::Shard;
    use crate::shard::context::Caller;

    fn client(connection: u64) -> Origin {
        Origin {
            core: 3,
            connection,
        }
    }

    fn run_for(shard: &mut Shard, connection: u64, line: &str) {
        let caller = Caller {
            tracks: true,
            ..Caller::default()
        }
        .from_connection(client(connection));
        driver::run_for(shard, caller, line);
    }

    fn told(shard: &mut Shard) -> Vec<(String, Vec<u64>, Option<u64>)> {
        let name = |key: &[u8]| String::from_utf8_lossy(key).into_owned();
        let invalid = shard.tracking.take_invalid().into_iter();
        let shown = invalid.map(|invalid| match invalid {
            Invalidation::Key {
                key,
                readers,
                writer,
            } => (
                name(&key),
                readers.iter().map(|reader| reader.connection).collect(),
                writer.map(|writer| writer.connection),
            ),
            Invalidation::Everything => (String::new(), Vec::new(), None),
        });
        shown.collect()
    }

    #[test]
    fn a_write_is_told_once_to_all_who_have_read() {
        let mut shard = shard();
        run_for(&mut shard, 2, "GET k");
        run_for(&mut shard, 1, "GET k");
        run_for(&mut shard, 1, "MGET k other");
        assert_eq!((shard.tracking.keys(), shard.tracking.items()), (2, 3));
        run_for(&mut shard, 9, "SET k 1");
        run_for(&mut shard, 9, "SET k 2");
        assert_eq!(told(&mut shard), [("k".into(), vec![1, 2], Some(9))]);
        assert_eq!((shard.tracking.keys(), shard.tracking.items()), (1, 1));
        run_for(&mut shard, 1, "SET k 2");
        assert_eq!(told(&mut shard), [], "a write is no read");
    }

    #[test]
    fn nobody_is_to_blame_for_expiry_and_limits() {
        let mut shard = shard();
        run(&mut shard, "SET k 1 PX 1");
        run_for(&mut shard, 1, "GET k");
        let later = crate::time::UnixMillis(NOW.0 + 10);
        assert_eq!(shard.expire_some(later, 10), 1);
        assert_eq!(told(&mut shard), [("k".into(), vec![1], None)]);
        run_for(&mut shard, 1, "MGET a b c");
        shard.tracking.forget_some(2);
        assert_eq!((told(&mut shard).len(), shard.tracking.keys()), (2, 1));
    }

    #[test]
    fn a_flush_is_told_once_and_forgets_all() {
        let mut shard = shard();
        run_for(&mut shard, 1, "GET k");
        run(&mut shard, "FLUSHALL");
        assert_eq!(shard.tracking.take_invalid(), [Invalidation::Everything]);
        assert_eq!(shard.tracking.keys(), 0);
    }

    #[test]
    fn prefixes_hear_of_keys_with_the_one_who_wrote() {
        let mut shard = shard();
        shard.tracking.listen(b"a:");
        shard.tracking.listen(b"a:");
        shard.tracking.unlisten(b"a:");
        run_for(&mut shard, 1, "SET a:1 x");
        run_for(&mut shard, 1, "SET b:1 x");
        run_for(&mut shard, 1, "SET a:2 x");
        run_for(&mut shard, 2, "SET a:2 x");
        let heard: Vec<_> = shard.tracking.take_broadcast().into_iter().collect();
        assert_eq!(
            heard,
            [
                (b"a:1".as_slice().into(), Some(client(1))),
                (b"a:2".as_slice().into(), None)
            ]
        );
        shard.tracking.unlisten(b"a:");
        run_for(&mut shard, 1, "SET a:1 x");
        assert!(shard.tracking.take_broadcast().is_empty() && shard.tracking.prefixes() == 0);
    }
}
