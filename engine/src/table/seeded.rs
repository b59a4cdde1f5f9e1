//! The table of one collection: with its seed, and a cursor for walks.

use super::bare_table::BareTable;
use super::hash::{HashSeed, Probe};
use super::item::Item;
use super::iter::Iter;
use crate::random::Random;

/// Up to so many items are weighed one by one; of more, so many stand for all.
const WEIGHED: usize = 256;

/// Items by key. 24 bytes when empty; see the folder's page.
pub struct Table<I: Item> {
    bare: BareTable<I>,
    seed: HashSeed,
}

impl<I: Item> Table<I> {
    /// A table that has allocated nothing.
    pub fn new(seed: HashSeed) -> Table<I> {
        Table {
            bare: BareTable::EMPTY,
            seed,
        }
    }

    /// An empty table with room for `count` items, which are to be added: room that is not used stays.
    pub fn with_capacity(count: usize, seed: HashSeed) -> Table<I> {
        Table {
            bare: BareTable::with_capacity(count),
            seed,
        }
    }

    /// The seed of its hashes.
    pub fn seed(&self) -> HashSeed {
        self.seed
    }

    /// How many items there are.
    #[inline]
    pub fn len(&self) -> usize {
        self.bare.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    #[inline]
    fn probe<'k>(&self, key: &'k [u8]) -> Probe<'k> {
        Probe::new(key, self.seed)
    }

    /// The item with this key.
    #[inline]
    pub fn get(&self, key: &[u8]) -> Option<I::Ref<'_>> {
        self.bare.get(self.probe(key))
    }

    /// The item with this key, for changes.
    #[inline]
    pub fn get_mut(&mut self, key: &[u8]) -> Option<I::Mut<'_>> {
        let probe = self.probe(key);
        self.bare.get_mut(probe)
    }

    /// Whether there is an item with this key.
    #[inline]
    pub fn contains(&self, key: &[u8]) -> bool {
        self.get(key).is_some()
    }

    /// The item with this key if there is one. If not, the one that `make` makes is added, whose key must be `key`.
    #[inline]
    pub fn get_or_insert(&mut self, key: &[u8], make: impl FnOnce() -> I) -> Option<I::Mut<'_>> {
        let probe = self.probe(key);
        self.bare.get_or_insert(probe, self.seed, make)
    }

    /// Adds an item whose key is not there.
    #[inline]
    pub fn insert(&mut self, key: &[u8], item: I) {
        let probe = self.probe(key);
        debug_assert!(self.bare.get(probe).is_none());
        self.bare.insert(probe.hash(), item, self.seed);
    }

    /// Takes out the item with this key.
    #[inline]
    pub fn remove(&mut self, key: &[u8]) -> Option<I> {
        let probe = self.probe(key);
        self.bare.remove(probe, self.seed)
    }

    /// All items, in no order. As long as nothing is added or removed the order stays the same.
    pub fn iter(&self) -> Iter<'_, I> {
        self.bare.iter()
    }

    /// Visits some items (those of one bucket, perhaps none) from a cursor on and answers the next cursor: 0 when the
    /// walk is over, as it is 0 at its start. Cursors are below 2^48; any other number is the end. An item that is there
    /// from the first to the last call is visited at least once, however the table grew or shrank meanwhile.
    pub fn scan_step(&self, cursor: u64, visit: &mut dyn FnMut(I::Ref<'_>)) -> u64 {
        if cursor >> 48 != 0 {
            return 0;
        }
        let next = self.bare.scan_step(cursor << 16, self.seed, visit);
        next.map_or(0, |next| next >> 16)
    }

    /// An item chosen at random, all being equally likely.
    pub fn random(&self, random: &mut Random) -> Option<I::Ref<'_>> {
        self.bare.random(&mut || random.next_u64())
    }

    /// Frees about so many items, at least one segment's. True when nothing is left. After the first call the table
    /// serves for nothing else.
    pub fn release_some(&mut self, items: usize) -> bool {
        let mut freed = 0;
        while freed < items
            && let Some(segment) = self.bare.pop_segment()
        {
            freed += segment.len() as usize;
        }
        self.is_empty()
    }

    /// Bytes of memory of the table with its items, beyond the size of this value. An estimate when there are many.
    pub fn allocated(&self) -> usize {
        let weighed = self.len().min(WEIGHED);
        let sample = self.iter().take(weighed).map(|item| I::allocated(&item));
        let items = sample.sum::<usize>() as u128 * self.len() as u128;
        self.bare.table_bytes() + (items / weighed.max(1) as u128) as usize
    }

    #[cfg(test)]
    pub(super) fn check(&self) {
        self.bare.check();
    }
}

impl<I: Item + Clone> Clone for Table<I> {
    fn clone(&self) -> Table<I> {
        Table {
            bare: self.bare.clone(),
            seed: self.seed,
        }
    }
}
