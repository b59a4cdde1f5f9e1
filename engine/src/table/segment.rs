//! A hash table of at most some 500 items: the unit in which the keyspace grows.
//!
//! ```text
//! short:  tag 1 .. | address 6 ..             one bucket without a header, 1 to 9 cells in 8 to 64 bytes
//! whole:  +------+-------+-----------+
//!         | meta | tags  | addresses |        any number of buckets of one cache line each
//!         | 1    | 9 x 1 | 9 x 6     |
//!         +------+-------+-----------+        meta, low to high: cells in use 4 | reach 4
//! ```
//!
//! A hash has a home bucket, in the order of hashes. What finds its home full goes to one of the buckets behind it,
//! around the end; `reach` of the home says how far that went (15: anywhere). Cells in use come first.
//! Invariant: each cell in use owns a live item, of which this segment is the only owner.
//! Invariant: an item's bucket is its home, or behind it by at most the home's reach.

use super::cell::{Cell, prefetch};
use super::hash::{HashSeed, Probe};
use super::item::Item;
use super::shape::{BUCKET_CELLS, Shape};
use std::marker::PhantomData;
use std::mem;
use std::ptr::{self, NonNull};
use std::slice;

const FAR: u8 = 15;

#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Bucket {
    meta: u8,
    tags: [u8; BUCKET_CELLS],
    cells: [Cell; BUCKET_CELLS],
}

const _: () = assert!(size_of::<Bucket>() == 64);

impl Bucket {
    const EMPTY: Bucket = Bucket {
        meta: 0,
        tags: [0; BUCKET_CELLS],
        cells: [Cell::UNUSED; BUCKET_CELLS],
    };

    #[inline]
    fn used(&self) -> usize {
        (self.meta & 15) as usize
    }

    #[inline]
    fn reach(&self) -> u8 {
        self.meta >> 4
    }

    /// The cells in use that have this tag, by comparing all tags at once.
    #[inline]
    fn candidates(&self, tag: u8) -> Candidates {
        const ONES: u64 = u64::MAX / 255;
        const LOW: u64 = ONES * 127;
        let [first @ .., last] = self.tags;
        let differing = u64::from_le_bytes(first) ^ (ONES * u64::from(tag));
        // The high bit of each byte that is zero: adding 127 carries into it from any lower bit that is set.
        let equal = !(((differing & LOW) + LOW) | differing | LOW);
        let last = u128::from(last == tag) << 71;
        let used = (1u128 << (8 * self.used())) - 1;
        Candidates((u128::from(equal) | last) & used)
    }

    fn set_reach(&mut self, reach: u8) {
        self.meta = (self.meta & 15) | (reach << 4);
    }
}

/// Cells of a bucket, as the highest bits of bytes.
struct Candidates(u128);

impl Iterator for Candidates {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        if self.0 == 0 {
            return None;
        }
        let cell = self.0.trailing_zeros() as usize / 8;
        self.0 &= self.0 - 1;
        Some(cell)
    }
}

/// Where an item is inside a segment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    bucket: usize,
    cell: usize,
}

/// The table of the hashes that share their first `depth` bits.
pub(crate) struct Segment<I: Item> {
    memory: NonNull<u8>,
    count: u32,
    shape: Shape,
    depth: u8,
    items: PhantomData<I>,
}

// SAFETY: a segment owns its memory and its items, which are Send themselves.
unsafe impl<I: Item> Send for Segment<I> {}

impl<I: Item> Segment<I> {
    /// A segment without memory.
    pub(crate) const fn empty(depth: u8) -> Segment<I> {
        Segment {
            memory: NonNull::dangling(),
            count: 0,
            shape: Shape::EMPTY,
            depth,
            items: PhantomData,
        }
    }

    /// A segment with room for as many items as the shape holds.
    pub(crate) fn with_shape(shape: Shape, depth: u8) -> Segment<I> {
        let memory = match shape.short_cells() {
            Some(0) => return Segment::empty(depth),
            Some(_) => Box::into_raw(vec![0u8; shape.bytes()].into_boxed_slice()).cast(),
            None => {
                let buckets = vec![Bucket::EMPTY; shape.buckets() as usize];
                Box::into_raw(buckets.into_boxed_slice()).cast()
            }
        };
        Segment {
            // SAFETY: the address of a box is not null.
            memory: unsafe { NonNull::new_unchecked(memory) },
            count: 0,
            shape,
            depth,
            items: PhantomData,
        }
    }

    #[inline]
    pub(crate) fn len(&self) -> u32 {
        self.count
    }

    pub(crate) fn depth(&self) -> u8 {
        self.depth
    }

    pub(crate) fn set_depth(&mut self, depth: u8) {
        self.depth = depth;
    }

    pub(crate) fn shape(&self) -> Shape {
        self.shape
    }

    pub(crate) fn is_full(&self) -> bool {
        self.count >= self.shape.limit()
    }

    #[inline]
    fn buckets(&self) -> &[Bucket] {
        debug_assert!(self.shape.short_cells().is_none());
        // SAFETY: `with_shape` made a slice of this many buckets for a shape that is not short.
        unsafe { slice::from_raw_parts(self.memory.as_ptr().cast(), self.shape.buckets() as usize) }
    }

    #[inline]
    fn buckets_mut(&mut self) -> &mut [Bucket] {
        debug_assert!(self.shape.short_cells().is_none());
        // SAFETY: as in `buckets`, and `self` is borrowed exclusively.
        unsafe {
            slice::from_raw_parts_mut(self.memory.as_ptr().cast(), self.shape.buckets() as usize)
        }
    }

    /// Tags and cells of a short bucket, used or not.
    #[inline]
    fn short(&self, cells: usize) -> (&[u8], &[Cell]) {
        debug_assert_eq!(self.shape.short_cells(), Some(cells));
        // SAFETY: `with_shape` made at least 7 bytes a cell (none for no cells); cells have alignment 1 and any bytes
        // are a cell.
        unsafe {
            (
                slice::from_raw_parts(self.memory.as_ptr(), cells),
                slice::from_raw_parts(self.memory.as_ptr().add(cells).cast(), cells),
            )
        }
    }

    #[inline]
    fn short_mut(&mut self, cells: usize) -> (&mut [u8], &mut [Cell]) {
        debug_assert_eq!(self.shape.short_cells(), Some(cells));
        // SAFETY: as in `short`; `self` is borrowed exclusively and the two parts do not overlap.
        unsafe {
            (
                slice::from_raw_parts_mut(self.memory.as_ptr(), cells),
                slice::from_raw_parts_mut(self.memory.as_ptr().add(cells).cast(), cells),
            )
        }
    }

    /// Tags and cells in use of one bucket.
    #[inline]
    fn used(&self, bucket: usize) -> (&[u8], &[Cell]) {
        if let Some(cells) = self.shape.short_cells() {
            let (tags, pointers) = self.short(cells);
            let used = self.count as usize;
            (&tags[..used], &pointers[..used])
        } else {
            let bucket = &self.buckets()[bucket];
            let used = bucket.used();
            (&bucket.tags[..used], &bucket.cells[..used])
        }
    }

    /// How many buckets behind `home` may hold items of that home.
    #[inline]
    fn reach(&self, home: usize) -> usize {
        if self.shape.short_cells().is_some() {
            return 0;
        }
        let buckets = self.buckets();
        match buckets[home].reach() {
            FAR => buckets.len() - 1,
            reach => reach as usize,
        }
    }

    #[inline]
    fn behind(&self, home: usize, distance: usize) -> usize {
        let buckets = self.shape.buckets() as usize;
        let at = home + distance;
        if at < buckets { at } else { at - buckets }
    }

    /// The bucket in which a hash is looked for first. Monotonic in the hash.
    #[inline]
    pub(crate) fn home(&self, hash: u64) -> usize {
        let fraction = (order(hash) << self.depth) >> 32;
        ((fraction * u64::from(self.shape.buckets())) >> 32) as usize
    }

    /// The lowest place in the order of hashes behind this home bucket, or `None` behind the last of all. `hash` is
    /// any hash of this segment.
    pub(crate) fn end_of_home(&self, hash: u64, home: usize) -> Option<u64> {
        let buckets = u64::from(self.shape.buckets());
        let next = home as u64 + 1;
        let first = if self.depth == 0 {
            0
        } else {
            hash >> (64 - self.depth) << (64 - self.depth)
        };
        if next == buckets {
            let width = if self.depth == 0 {
                return None;
            } else {
                1u64 << (64 - self.depth)
            };
            return first.checked_add(width);
        }
        let fraction = (next << 32).div_ceil(buckets);
        let offset = (fraction << 32) >> self.depth;
        first.checked_add(offset)?.checked_add(!ORDER).map(order)
    }

    #[inline]
    pub(crate) fn find(&self, probe: Probe<'_>) -> Option<Place> {
        if self.count == 0 {
            return None;
        }
        let tag = tag(probe.hash());
        let home = self.home(probe.hash());
        if self.shape.short_cells().is_some() {
            let (tags, cells) = self.used(home);
            let is_it = |cell: &usize| tags[*cell] == tag && self.is(cells[*cell], probe);
            let cell = (0..tags.len()).find(is_it)?;
            return Some(Place { bucket: home, cell });
        }
        let buckets = self.buckets();
        for distance in 0..=self.reach(home) {
            let bucket = self.behind(home, distance);
            let candidates = buckets[bucket].candidates(tag);
            for cell in candidates {
                if self.is(buckets[bucket].cells[cell], probe) {
                    return Some(Place { bucket, cell });
                }
            }
        }
        None
    }

    /// Whether a cell in use holds this key.
    #[inline]
    fn is(&self, cell: Cell, probe: Probe<'_>) -> bool {
        // SAFETY: a cell in use owns a live item, and `self` is borrowed.
        I::key(&unsafe { I::view(cell) }) == probe.bytes()
    }

    /// Asks for the memory that `find` reads first, or next: the home bucket, then the items it points to.
    #[inline]
    pub(crate) fn prefetch_bucket(&self, hash: u64) {
        let offset = self.home(hash) * size_of::<Bucket>();
        prefetch(self.memory.as_ptr().wrapping_add(offset));
    }

    #[inline]
    pub(crate) fn prefetch_item(&self, hash: u64) {
        let (tags, cells) = self.used(self.home(hash));
        let tag = tag(hash);
        tags.iter()
            .zip(cells)
            .filter(|&(&stored, _)| stored == tag)
            .for_each(|(_, cell)| cell.prefetch());
    }

    #[inline]
    pub(crate) fn item(&self, place: Place) -> I::Ref<'_> {
        let (_, cells) = self.used(place.bucket);
        // SAFETY: a cell in use owns a live item, and `self` is borrowed.
        unsafe { I::view(cells[place.cell]) }
    }

    #[inline]
    pub(crate) fn item_mut(&mut self, place: Place) -> I::Mut<'_> {
        let used = self.used(place.bucket).0.len();
        let cells = match self.shape.short_cells() {
            Some(cells) => self.short_mut(cells).1,
            None => &mut self.buckets_mut()[place.bucket].cells,
        };
        // SAFETY: a cell in use owns a live item, and `self` is borrowed exclusively.
        unsafe { I::view_mut(&mut cells[..used][place.cell]) }
    }

    /// Adds an item whose key is not there. Invariant: the segment is not full.
    pub(crate) fn insert(&mut self, hash: u64, item: I) {
        self.place(hash, item.into_cell());
    }

    /// Takes over the item of a cell.
    fn place(&mut self, hash: u64, cell: Cell) {
        if self.shape.short_cells().is_some() {
            self.append(0, tag(hash), cell);
            return;
        }
        let home = self.home(hash);
        let buckets = self.buckets();
        let count = buckets.len();
        let distance = (0..count)
            .find(|distance| buckets[(home + distance) % count].used() < BUCKET_CELLS)
            .expect("a segment below its limit has an unused cell");
        self.append((home + distance) % count, tag(hash), cell);
        let reach = distance.min(FAR as usize) as u8;
        let home = &mut self.buckets_mut()[home];
        if reach > home.reach() {
            home.set_reach(reach);
        }
    }

    /// Puts a cell behind the used ones of a bucket.
    #[inline]
    fn append(&mut self, bucket: usize, tag: u8, cell: Cell) {
        let used = self.count as usize;
        self.count += 1;
        match self.shape.short_cells() {
            Some(cells) => {
                let (tags, pointers) = self.short_mut(cells);
                tags[used] = tag;
                pointers[used] = cell;
            }
            None => {
                let bucket = &mut self.buckets_mut()[bucket];
                let used = bucket.used();
                bucket.tags[used] = tag;
                bucket.cells[used] = cell;
                bucket.meta += 1;
            }
        }
    }

    /// Takes an item out.
    pub(crate) fn remove(&mut self, place: Place, hash: u64, seed: HashSeed) -> I {
        let pointer = self.unplace(place);
        let home = if self.shape.short_cells().is_some() {
            place.bucket
        } else {
            self.home(hash)
        };
        if place.bucket != home {
            self.settle_reach(home, seed);
        }
        // SAFETY: the cell owned a live item, and `unplace` has overwritten it.
        unsafe { I::from_cell(pointer) }
    }

    fn unplace(&mut self, place: Place) -> Cell {
        self.count -= 1;
        let last = self.count as usize;
        let (tags, pointers, last) = match self.shape.short_cells() {
            Some(cells) => {
                let (tags, pointers) = self.short_mut(cells);
                (tags, pointers, last)
            }
            None => {
                let bucket = &mut self.buckets_mut()[place.bucket];
                bucket.meta -= 1;
                let last = bucket.used();
                (&mut bucket.tags[..], &mut bucket.cells[..], last)
            }
        };
        assert!(place.cell <= last, "the place is in use");
        tags[place.cell] = tags[last];
        let pointer = pointers[place.cell];
        pointers[place.cell] = pointers[last];
        pointers[last] = Cell::UNUSED;
        pointer
    }

    /// Makes a home's reach no longer than needed, so that it does not creep up as keys come and go.
    fn settle_reach(&mut self, home: usize, seed: HashSeed) {
        let farthest = (1..=self.reach(home))
            .rev()
            .find(|&distance| {
                let (_, cells) = self.used(self.behind(home, distance));
                // SAFETY: cells in use own live items, and `self` is borrowed.
                cells
                    .iter()
                    .any(|cell| self.home(I::hash(&unsafe { I::view(*cell) }, seed)) == home)
            })
            .unwrap_or(0);
        self.buckets_mut()[home].set_reach(farthest.min(FAR as usize) as u8);
    }

    /// Moves all items to memory of another shape.
    pub(crate) fn reshape(&mut self, shape: Shape, seed: HashSeed) {
        debug_assert!(shape.limit() >= self.count);
        let old = mem::replace(self, Segment::with_shape(shape, self.depth));
        old.pour(seed, |_| 0, &mut [self]);
    }

    /// The two segments for the halves of this one's hashes.
    pub(crate) fn split(self, seed: HashSeed) -> [Segment<I>; 2] {
        let bit = 63 - self.depth;
        let depth = self.depth + 1;
        let mut upper = 0;
        self.for_each_cell(|item| upper += (I::hash(&item, seed) >> bit) as u32 & 1);
        let mut halves = [self.count - upper, upper]
            .map(|count| Segment::with_shape(Shape::for_count(count + count / 16), depth));
        let [lower, upper] = &mut halves;
        self.pour(seed, |hash| (hash >> bit) as usize & 1, &mut [lower, upper]);
        halves
    }

    /// One segment for two sibling ones.
    pub(crate) fn merge(lower: Segment<I>, upper: Segment<I>, seed: HashSeed) -> Segment<I> {
        let count = lower.count + upper.count;
        let mut whole = Segment::with_shape(Shape::for_count(count), lower.depth - 1);
        lower.pour(seed, |_| 0, &mut [&mut whole]);
        upper.pour(seed, |_| 0, &mut [&mut whole]);
        whole
    }

    /// Moves every item to the segment that `choose` names.
    fn pour(self, seed: HashSeed, choose: impl Fn(u64) -> usize, into: &mut [&mut Segment<I>]) {
        #[cfg(test)]
        moves::add(self.count);
        let mut old = mem::ManuallyDrop::new(self);
        let buckets = old.shape.buckets() as usize;
        old.prefetch_ahead(0);
        for at in 0..buckets {
            old.prefetch_ahead(at + 1);
            for &cell in old.used(at).1 {
                // SAFETY: a cell in use owns a live item, which moves from `old` to another segment.
                let hash = I::hash(&unsafe { I::view(cell) }, seed);
                into[choose(hash)].place(hash, cell);
            }
        }
        old.free_memory();
    }

    /// Asks for the items of a bucket some way ahead of one that is to be read; of all up to there at the start.
    fn prefetch_ahead(&self, bucket: usize) {
        const AHEAD: usize = 2;
        let first = if bucket == 0 { 0 } else { bucket + AHEAD - 1 };
        for bucket in first..(bucket + AHEAD).min(self.shape.buckets() as usize) {
            self.used(bucket).1.iter().for_each(|cell| cell.prefetch());
        }
    }

    /// Frees the memory, but not the items, whose cells are forgotten.
    fn free_memory(&mut self) {
        let old = mem::ManuallyDrop::new(mem::replace(self, Segment::empty(self.depth)));
        match old.shape.short_cells() {
            Some(0) => {}
            Some(_) => {
                let memory = ptr::slice_from_raw_parts_mut(old.memory.as_ptr(), old.shape.bytes());
                // SAFETY: `with_shape` made this box of bytes.
                drop(unsafe { Box::from_raw(memory) });
            }
            None => {
                let buckets = old.shape.buckets() as usize;
                let memory =
                    ptr::slice_from_raw_parts_mut(old.memory.as_ptr().cast::<Bucket>(), buckets);
                // SAFETY: `with_shape` made this box of buckets.
                drop(unsafe { Box::from_raw(memory) });
            }
        }
    }

    fn for_each_cell(&self, mut visit: impl FnMut(I::Ref<'_>)) {
        self.prefetch_ahead(0);
        for bucket in 0..self.shape.buckets() as usize {
            self.prefetch_ahead(bucket + 1);
            for cell in self.used(bucket).1 {
                // SAFETY: a cell in use owns a live item, and `self` is borrowed.
                visit(unsafe { I::view(*cell) });
            }
        }
    }

    /// The cells in use of one bucket, `None` behind the last; asks for items some way ahead.
    pub(crate) fn bucket_cells(&self, bucket: usize) -> Option<&[Cell]> {
        if bucket >= self.shape.buckets() as usize {
            return None;
        }
        self.prefetch_ahead(if bucket == 0 { 0 } else { bucket + 1 });
        Some(self.used(bucket).1)
    }

    /// Visits all items for changes, in no order.
    pub(crate) fn for_each_mut(&mut self, visit: &mut dyn FnMut(I::Mut<'_>)) {
        for bucket in 0..self.shape.buckets() as usize {
            for cell in 0..self.used(bucket).0.len() {
                visit(self.item_mut(Place { bucket, cell }));
            }
        }
    }

    /// Visits all items, in no order.
    pub(crate) fn for_each(&self, visit: &mut dyn FnMut(I::Ref<'_>)) {
        self.for_each_cell(visit);
    }

    /// The places of all items of one home bucket with their hashes.
    pub(crate) fn of_home(
        &self,
        home: usize,
        seed: HashSeed,
        visit: &mut dyn FnMut(I::Ref<'_>, u64),
    ) {
        for distance in 0..=self.reach(home) {
            let bucket = self.behind(home, distance);
            for cell in self.used(bucket).1 {
                // SAFETY: a cell in use owns a live item, and `self` is borrowed.
                let item = unsafe { I::view(*cell) };
                let hash = I::hash(&item, seed);
                if self.home(hash) == home {
                    visit(item, hash);
                }
            }
        }
    }

    /// The same for changes that keep keys.
    pub(crate) fn of_home_mut(
        &mut self,
        home: usize,
        seed: HashSeed,
        visit: &mut dyn FnMut(I::Mut<'_>, u64),
    ) {
        for distance in 0..=self.reach(home) {
            let bucket = self.behind(home, distance);
            for cell in 0..self.used(bucket).1.len() {
                let place = Place { bucket, cell };
                let hash = I::hash(&self.item(place), seed);
                if self.home(hash) == home {
                    visit(self.item_mut(place), hash);
                }
            }
        }
    }

    /// Visits the items of one home bucket with this tag for changes, and perhaps others of the same tag.
    pub(crate) fn of_tag(&mut self, home: usize, tag: u8, visit: &mut dyn FnMut(I::Mut<'_>)) {
        for distance in 0..=self.reach(home) {
            let bucket = self.behind(home, distance);
            for cell in 0..self.used(bucket).0.len() {
                if self.used(bucket).0[cell] == tag {
                    visit(self.item_mut(Place { bucket, cell }));
                }
            }
        }
    }

    /// The item in the cell with this number, if that is in use. Numbers run over [`Segment::cells`].
    pub(crate) fn at(&self, number: usize) -> Option<I::Ref<'_>> {
        let cell = self
            .used(number / BUCKET_CELLS)
            .1
            .get(number % BUCKET_CELLS)?;
        // SAFETY: a cell in use owns a live item, and `self` is borrowed.
        Some(unsafe { I::view(*cell) })
    }

    /// How many cells there are, counting short buckets as whole ones.
    pub(crate) fn cells(&self) -> usize {
        self.shape.buckets() as usize * BUCKET_CELLS
    }
}

impl<I: Item + Clone> Clone for Segment<I> {
    fn clone(&self) -> Segment<I> {
        let mut copy = Segment::with_shape(self.shape, self.depth);
        // Cells one by one, so that a panic in the middle leaves items without an owner but none with two.
        for bucket in 0..self.shape.buckets() as usize {
            for (at, &cell) in self.used(bucket).1.iter().enumerate() {
                // SAFETY: a cell in use owns a live item, which stays its own: the borrowed item is not dropped.
                let item = mem::ManuallyDrop::new(unsafe { I::from_cell(cell) });
                let tag = self.used(bucket).0[at];
                copy.append(bucket, tag, I::clone(&item).into_cell());
            }
            if self.shape.short_cells().is_none() {
                let reach = self.buckets()[bucket].reach();
                copy.buckets_mut()[bucket].set_reach(reach);
            }
        }
        copy
    }
}

impl<I: Item> Drop for Segment<I> {
    fn drop(&mut self) {
        for bucket in 0..self.shape.buckets() as usize {
            for &cell in self.used(bucket).1 {
                // SAFETY: the cell owns a live item, and its memory is freed below without looking at it.
                drop(unsafe { I::from_cell(cell) });
            }
        }
        self.free_memory();
    }
}

/// The bits of a hash that are its place in the order of keys.
const ORDER: u64 = !0xFFFF;

/// A hash's place in the order of keys.
#[inline]
pub(crate) fn order(hash: u64) -> u64 {
    hash & ORDER
}

/// The bits of a hash by which a bucket tells its items apart. Not among those that chose the bucket.
#[inline]
pub(crate) fn tag(hash: u64) -> u8 {
    hash as u8
}

/// Counts the items that growth and shrinking move.
#[cfg(test)]
pub(crate) mod moves {
    use std::cell::Cell;

    thread_local! {
        static MOVES: Cell<u32> = const { Cell::new(0) };
    }

    pub(crate) fn add(count: u32) {
        MOVES.set(MOVES.get() + count);
    }

    pub(crate) fn take() -> u32 {
        MOVES.take()
    }
}
