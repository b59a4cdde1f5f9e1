//! A table whose owner keeps the seed of its hashes: one segment while items are few, a directory of segments when they
//! are many.

use super::directory::Directory;
use super::hash::{HashSeed, Probe};
use super::item::Item;
use super::iter::Iter;
use super::segment::{Place, Segment, order};
use super::shape::Shape;

/// Up to so many items need no directory.
const LARGEST_SEGMENT: u32 = 500;

/// A table in 16 bytes.
pub(crate) enum BareTable<I: Item> {
    Small(Segment<I>),
    Large(Box<Directory<I>>),
}

impl<I: Item> BareTable<I> {
    pub(crate) const EMPTY: BareTable<I> = BareTable::Small(Segment::empty(0));

    /// An empty table with room for `count` items, which are to be added: room that is not used stays.
    pub(crate) fn with_capacity(count: usize) -> BareTable<I> {
        match u32::try_from(count) {
            Ok(few) if few <= LARGEST_SEGMENT => {
                BareTable::Small(Segment::with_shape(Shape::for_count(few), 0))
            }
            _ => BareTable::Large(Box::new(Directory::for_count(count))),
        }
    }

    #[inline]
    pub(crate) fn len(&self) -> usize {
        match self {
            BareTable::Small(segment) => segment.len() as usize,
            BareTable::Large(directory) => directory.len(),
        }
    }

    #[inline]
    fn segment(&self, hash: u64) -> &Segment<I> {
        match self {
            BareTable::Small(segment) => segment,
            BareTable::Large(directory) => directory.segment(hash),
        }
    }

    #[inline]
    fn segment_mut(&mut self, hash: u64) -> &mut Segment<I> {
        match self {
            BareTable::Small(segment) => segment,
            BareTable::Large(directory) => directory.segment_mut(hash),
        }
    }

    #[inline]
    pub(crate) fn prefetch_bucket(&self, hash: u64) {
        self.segment(hash).prefetch_bucket(hash);
    }

    #[inline]
    pub(crate) fn prefetch_item(&self, hash: u64) {
        self.segment(hash).prefetch_item(hash);
    }

    #[inline]
    pub(crate) fn get(&self, probe: Probe<'_>) -> Option<I::Ref<'_>> {
        let segment = self.segment(probe.hash());
        segment.find(probe).map(|place| segment.item(place))
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, probe: Probe<'_>) -> Option<I::Mut<'_>> {
        let segment = self.segment_mut(probe.hash());
        let place: Place = segment.find(probe)?;
        Some(segment.item_mut(place))
    }

    /// The item, if it is there; else adds the one that `make` makes.
    #[inline]
    pub(crate) fn get_or_insert(
        &mut self,
        probe: Probe<'_>,
        seed: HashSeed,
        make: impl FnOnce() -> I,
    ) -> Option<I::Mut<'_>> {
        match self.segment(probe.hash()).find(probe) {
            Some(place) => Some(self.segment_mut(probe.hash()).item_mut(place)),
            None => {
                self.insert(probe.hash(), make(), seed);
                None
            }
        }
    }

    /// Adds an item whose key is not there. Moves at most the items of one segment, a few times if hashes are
    /// very uneven.
    pub(crate) fn insert(&mut self, hash: u64, item: I, seed: HashSeed) {
        self.make_room(hash, seed);
        self.segment_mut(hash).insert(hash, item);
        if let BareTable::Large(directory) = self {
            directory.set_len(directory.len() + 1);
        }
    }

    fn make_room(&mut self, hash: u64, seed: HashSeed) {
        match self {
            BareTable::Small(segment) if !segment.is_full() => {}
            BareTable::Small(segment) if !segment.shape().is_large() => {
                segment.reshape(segment.shape().next(), seed)
            }
            BareTable::Small(segment) => {
                let segment = std::mem::replace(segment, Segment::empty(0));
                *self = BareTable::Large(Box::new(Directory::new(segment)));
                self.make_room(hash, seed);
            }
            BareTable::Large(directory) => directory.make_room(hash, seed),
        }
    }

    pub(crate) fn remove(&mut self, probe: Probe<'_>, seed: HashSeed) -> Option<I> {
        let hash = probe.hash();
        let segment = self.segment_mut(hash);
        let place = segment.find(probe)?;
        let item = segment.remove(place, hash, seed);
        match self {
            BareTable::Small(segment) => {
                if let Some(shape) = segment.shape().smaller_for(segment.len()) {
                    segment.reshape(shape, seed);
                }
            }
            BareTable::Large(directory) => {
                directory.set_len(directory.len() - 1);
                directory.shrink(hash, seed);
                if let Some(segment) = directory.take_single() {
                    *self = BareTable::Small(segment);
                }
            }
        }
        Some(item)
    }

    /// Visits the keys of the home bucket that `from` falls into and that are not before `from` in the order of
    /// hashes. The answer is where to go on, `None` at the end.
    pub(crate) fn scan_step(
        &self,
        from: u64,
        seed: HashSeed,
        visit: &mut dyn FnMut(I::Ref<'_>),
    ) -> Option<u64> {
        let segment = self.segment(from);
        let home = segment.home(from);
        segment.of_home(home, seed, &mut |item, hash| {
            if order(hash) >= from {
                visit(item);
            }
        });
        segment.end_of_home(from, home)
    }

    /// The same for changes.
    pub(crate) fn scan_step_mut(
        &mut self,
        from: u64,
        seed: HashSeed,
        visit: &mut dyn FnMut(I::Mut<'_>),
    ) -> Option<u64> {
        let segment = self.segment_mut(from);
        let home = segment.home(from);
        segment.of_home_mut(home, seed, &mut |item, hash| {
            if order(hash) >= from {
                visit(item);
            }
        });
        segment.end_of_home(from, home)
    }

    /// Visits all items with this tag and a hash within `from..=to`, and perhaps others of that tag; some of them
    /// more than once.
    pub(crate) fn of_tag(
        &mut self,
        from: u64,
        to: u64,
        tag: u8,
        visit: &mut dyn FnMut(I::Mut<'_>),
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

    pub(crate) fn for_each(&self, visit: &mut dyn FnMut(I::Ref<'_>)) {
        for segment in self.segments() {
            segment.for_each(visit);
        }
    }

    /// All items, in no order.
    pub(crate) fn iter(&self) -> Iter<'_, I> {
        Iter::new(self.segments(), self.len())
    }

    /// Takes a segment with its items (some 500 at most), `None` when there are no more. After that nothing may be
    /// looked up: the rest can only be taken, too.
    pub(crate) fn pop_segment(&mut self) -> Option<Segment<I>> {
        let segment = match self {
            BareTable::Small(segment) => std::mem::replace(segment, Segment::empty(0)),
            BareTable::Large(directory) => directory.pop_segment()?,
        };
        (segment.len() > 0).then_some(segment)
    }

    fn segments(&self) -> &[Segment<I>] {
        match self {
            BareTable::Small(segment) => std::slice::from_ref(segment),
            BareTable::Large(directory) => directory.positions(),
        }
    }

    /// An item chosen at random. Each has the same chance as long as hashes are even.
    pub(crate) fn random(&self, random: &mut dyn FnMut() -> u64) -> Option<I::Ref<'_>> {
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
                && let Some(item) = segment.at(cell)
            {
                return Some(item);
            }
        }
        segments
            .iter()
            .find_map(|segment| (0..segment.cells()).find_map(|cell| segment.at(cell)))
    }

    /// Bytes of the table itself, beyond the 16 of this value.
    pub(crate) fn table_bytes(&self) -> usize {
        match self {
            BareTable::Small(segment) => segment.shape().bytes(),
            BareTable::Large(directory) => directory.table_bytes(),
        }
    }

    #[cfg(test)]
    pub(crate) fn check(&self) {
        if let BareTable::Large(directory) = self {
            directory.check();
        }
    }
}

impl<I: Item + Clone> Clone for BareTable<I> {
    fn clone(&self) -> BareTable<I> {
        match self {
            BareTable::Small(segment) => BareTable::Small(segment.clone()),
            BareTable::Large(directory) => BareTable::Large(directory.clone()),
        }
    }
}

/// A number below `count`, as evenly as 64 random bits allow.
#[inline]
pub(crate) fn below(random: u64, count: usize) -> usize {
    ((u128::from(random) * count as u128) >> 64) as usize
}
