//! The keys of one slot: one segment while they are few, a directory of segments when they are many.

use super::directory::Directory;
use super::entry::{Entry, EntryBox, EntryMut};
use super::key::{HashSeed, Key};
use super::segment::{Place, Segment, order};

/// A slot's keys, in 16 bytes.
pub(super) enum SlotTable {
    Small(Segment),
    Large(Box<Directory>),
}

const _: () = assert!(size_of::<SlotTable>() == 16);

impl SlotTable {
    pub(super) const EMPTY: SlotTable = SlotTable::Small(Segment::empty(0));

    #[inline]
    pub(super) fn len(&self) -> usize {
        match self {
            SlotTable::Small(segment) => segment.len() as usize,
            SlotTable::Large(directory) => directory.len(),
        }
    }

    #[inline]
    fn segment(&self, hash: u64) -> &Segment {
        match self {
            SlotTable::Small(segment) => segment,
            SlotTable::Large(directory) => directory.segment(hash),
        }
    }

    #[inline]
    fn segment_mut(&mut self, hash: u64) -> &mut Segment {
        match self {
            SlotTable::Small(segment) => segment,
            SlotTable::Large(directory) => directory.segment_mut(hash),
        }
    }

    #[inline]
    pub(super) fn prefetch_bucket(&self, hash: u64) {
        self.segment(hash).prefetch_bucket(hash);
    }

    #[inline]
    pub(super) fn prefetch_entry(&self, hash: u64) {
        self.segment(hash).prefetch_entry(hash);
    }

    #[inline]
    pub(super) fn get(&self, key: &Key<'_>) -> Option<Entry<'_>> {
        let segment = self.segment(key.hash());
        segment.find(key).map(|place| segment.entry(place))
    }

    #[inline]
    pub(super) fn get_mut(&mut self, key: &Key<'_>) -> Option<EntryMut<'_>> {
        let segment = self.segment_mut(key.hash());
        let place: Place = segment.find(key)?;
        Some(segment.entry_mut(place))
    }

    /// Adds an entry whose key is not there. Moves at most the entries of one segment, a few times if hashes are
    /// very uneven.
    pub(super) fn insert(&mut self, hash: u64, entry: EntryBox, seed: HashSeed) {
        self.make_room(hash, seed);
        self.segment_mut(hash).insert(hash, entry);
        if let SlotTable::Large(directory) = self {
            directory.set_len(directory.len() + 1);
        }
    }

    fn make_room(&mut self, hash: u64, seed: HashSeed) {
        match self {
            SlotTable::Small(segment) if !segment.is_full() => {}
            SlotTable::Small(segment) if !segment.shape().is_large() => {
                segment.reshape(segment.shape().next(), seed)
            }
            SlotTable::Small(segment) => {
                let segment = std::mem::replace(segment, Segment::empty(0));
                *self = SlotTable::Large(Box::new(Directory::new(segment)));
                self.make_room(hash, seed);
            }
            SlotTable::Large(directory) => directory.make_room(hash, seed),
        }
    }

    pub(super) fn remove(&mut self, key: &Key<'_>, seed: HashSeed) -> Option<EntryBox> {
        let hash = key.hash();
        let segment = self.segment_mut(hash);
        let place = segment.find(key)?;
        let entry = segment.remove(place, hash, seed);
        match self {
            SlotTable::Small(segment) => {
                if let Some(shape) = segment.shape().smaller_for(segment.len()) {
                    segment.reshape(shape, seed);
                }
            }
            SlotTable::Large(directory) => {
                directory.set_len(directory.len() - 1);
                directory.shrink(hash, seed);
                if let Some(segment) = directory.take_single() {
                    *self = SlotTable::Small(segment);
                }
            }
        }
        Some(entry)
    }

    /// Visits the keys of the home bucket that `from` falls into and that are not before `from` in the order of
    /// hashes. The answer is where to go on, `None` at the end.
    pub(super) fn scan_step(
        &self,
        from: u64,
        seed: HashSeed,
        visit: &mut dyn FnMut(Entry<'_>),
    ) -> Option<u64> {
        let segment = self.segment(from);
        let home = segment.home(from);
        segment.of_home(home, seed, &mut |entry, hash| {
            if order(hash) >= from {
                visit(entry);
            }
        });
        segment.end_of_home(from, home)
    }

    /// Visits all entries with this tag and a hash within `from..=to`, and perhaps others of that tag; some of them
    /// more than once.
    pub(super) fn of_tag(
        &mut self,
        from: u64,
        to: u64,
        tag: u8,
        visit: &mut dyn FnMut(EntryMut<'_>),
    ) {
        let mut at = from;
        loop {
            let segment = self.segment_mut(at);
            let home = segment.home(at);
            segment.of_tag(home, tag, visit);
            match segment.end_of_home(at, home) {
                Some(next) if next <= to => at = next,
                _ => return,
            }
        }
    }

    pub(super) fn for_each(&self, visit: &mut dyn FnMut(Entry<'_>)) {
        for segment in self.segments() {
            segment.for_each(visit);
        }
    }

    fn segments(&self) -> &[Segment] {
        match self {
            SlotTable::Small(segment) => std::slice::from_ref(segment),
            SlotTable::Large(directory) => directory.positions(),
        }
    }

    /// An entry chosen at random. Each has the same chance as long as hashes are even.
    pub(super) fn random(&self, random: &mut dyn FnMut() -> u64) -> Option<Entry<'_>> {
        const ATTEMPTS: usize = 1000;
        if self.len() == 0 {
            return None;
        }
        let segments = self.segments();
        // Every segment is taken to have as many cells as a full-grown one, so that each cell of each is as likely.
        let cells = match segments {
            [segment] => segment.cells(),
            _ => 64 * super::shape::BUCKET_CELLS,
        };
        for _ in 0..ATTEMPTS {
            let segment = &segments[below(random(), segments.len())];
            let cell = below(random(), cells);
            if cell < segment.cells()
                && let Some(entry) = segment.at(cell)
            {
                return Some(entry);
            }
        }
        segments
            .iter()
            .find_map(|segment| (0..segment.cells()).find_map(|cell| segment.at(cell)))
    }

    /// Bytes of the table itself, beyond the 16 of this value.
    pub(super) fn table_bytes(&self) -> usize {
        match self {
            SlotTable::Small(segment) => segment.shape().bytes(),
            SlotTable::Large(directory) => directory.table_bytes(),
        }
    }

    #[cfg(test)]
    pub(super) fn check(&self) {
        if let SlotTable::Large(directory) = self {
            directory.check();
        }
    }
}

/// A number below `count`, as evenly as 64 random bits allow.
#[inline]
pub(super) fn below(random: u64, count: usize) -> usize {
    ((u128::from(random) * count as u128) >> 64) as usize
}
