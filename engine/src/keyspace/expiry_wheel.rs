//! When keys are due: a hierarchical timing wheel of positions in the table.
//!
//! Six levels of 256 buckets; a bucket of level n spans 256^n milliseconds. A time goes to the level of the highest
//! byte in which it differs from the wheel's own time, so that a bucket's whole span lies ahead until the wheel
//! enters it, and is then spread over the levels below.
//!
//! ```text
//! position, 8 bytes: slot 14 | first 18 bits of the hash, 8 bits of tag | time within the bucket 24
//! ```
//!
//! Deliberately no back-pointers from entries: a position whose key is gone or expires at another time is found
//! stale when it is due, or by the sweep that runs when such positions outnumber the keys. 24 bits tell times within
//! levels 0 to 3 (50 days ahead) apart to the millisecond; farther ones are known up to a span, and looked up earlier.

use super::key::Key;
use crate::key::slot::Slot;
use crate::table::bare_table::below;
use crate::table::segment::tag;
use crate::time::UnixMillis;

const LEVELS: usize = 6;
const BUCKETS: usize = 256;
const TIME_BITS: u32 = 24;
/// The largest time the wheel holds, some 8900 years from 1970. Later ones are looked at then.
const LATEST: u64 = (1 << (8 * LEVELS)) - 1;
/// Positions in one chunk: what is swept in one go.
const CHUNK: usize = 128;

/// What a position says about a key without its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct KeyId {
    slot: Slot,
    bits: u32,
}

impl KeyId {
    pub(super) fn of(key: &Key<'_>) -> KeyId {
        let bits = (key.hash() >> 46) << 8 | u64::from(tag(key.hash()));
        KeyId {
            slot: key.slot(),
            bits: bits as u32,
        }
    }

    pub(super) fn slot(self) -> Slot {
        self.slot
    }

    pub(super) fn tag(self) -> u8 {
        self.bits as u8
    }

    /// The lowest and the highest hash it can stand for, apart from the tag.
    pub(super) fn hashes(self) -> (u64, u64) {
        let first = u64::from(self.bits >> 8) << 46;
        (first, first | ((1 << 46) - 1))
    }

    pub(super) fn matches(self, hash: u64) -> bool {
        hash >> 46 == u64::from(self.bits >> 8) && tag(hash) == self.tag()
    }
}

/// A position and the time it was made for: within `from..=to`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Due {
    pub(super) key: KeyId,
    pub(super) from: UnixMillis,
    pub(super) to: UnixMillis,
}

impl Due {
    pub(super) fn is_for(&self, expiry: UnixMillis) -> bool {
        let expiry = clamp(expiry);
        self.from.0 as u64 <= expiry && expiry <= self.to.0 as u64
    }
}

/// What one step of the wheel came to.
pub(super) enum Step {
    /// Nothing is left at or before the time asked for.
    Done,
    /// A position went to a lower level.
    Moved,
    /// A position is to be looked up.
    Due(Due),
}

/// Positions, none of which is allocated for while there is none: most buckets are empty.
#[derive(Default)]
struct Bucket(Option<Box<Positions>>);

#[derive(Default)]
struct Positions {
    last: Vec<u64>,
    /// Invariant: of `CHUNK` positions each.
    full: Vec<Vec<u64>>,
}

impl Bucket {
    fn push(&mut self, position: u64) {
        let held = self.0.get_or_insert_default();
        if held.last.len() == CHUNK {
            held.full.push(std::mem::take(&mut held.last));
        }
        held.last.push(position);
    }

    fn pop(&mut self) -> Option<u64> {
        let held = self.0.as_mut()?;
        if held.last.is_empty() {
            held.last = held.full.pop()?;
        }
        let position = held.last.pop();
        self.settle();
        position
    }

    /// Gives back the memory of a bucket without positions.
    fn settle(&mut self) {
        self.0
            .take_if(|held| held.last.is_empty() && held.full.is_empty());
    }

    fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    fn len(&self) -> usize {
        self.0
            .as_ref()
            .map_or(0, |held| held.last.len() + held.full.len() * CHUNK)
    }

    /// Takes out the position with this number; the last one takes its place.
    fn take(&mut self, number: usize) -> Option<u64> {
        let last = self.pop()?;
        let Some(held) = &mut self.0 else {
            return Some(last);
        };
        let chunk = held.full.get_mut(number / CHUNK).unwrap_or(&mut held.last);
        let place = chunk.get_mut(number % CHUNK);
        Some(place.map_or(last, |place| std::mem::replace(place, last)))
    }

    /// Takes back a position that is among the newest ones. Returns whether it was there.
    fn forget_recent(&mut self, position: u64) -> bool {
        const NEWEST: usize = 16;
        let Some(held) = &mut self.0 else {
            return false;
        };
        let start = held.last.len().saturating_sub(NEWEST);
        let offset = held.last[start..]
            .iter()
            .rposition(|&other| other == position);
        if let Some(offset) = offset {
            held.last.swap_remove(start + offset);
            self.settle();
        }
        offset.is_some()
    }

    /// Takes out the last chunk, which may be a part of one, with the number of full ones.
    fn take_last(&mut self) -> (Vec<u64>, usize) {
        let Some(held) = &mut self.0 else {
            return (Vec::new(), 0);
        };
        let taken = (std::mem::take(&mut held.last), held.full.len());
        self.settle();
        taken
    }

    /// Takes out a full chunk, if there is one with this number.
    fn take_full(&mut self, number: usize) -> Option<Vec<u64>> {
        let held = self.0.as_mut()?;
        let taken = (number < held.full.len()).then(|| held.full.swap_remove(number));
        self.settle();
        taken
    }
}

struct Level {
    /// One bit for each bucket that is not empty.
    occupied: [u64; BUCKETS / 64],
    buckets: [Bucket; BUCKETS],
}

impl Level {
    fn new() -> Box<Level> {
        Box::new(Level {
            occupied: [0; BUCKETS / 64],
            buckets: std::array::from_fn(|_| Bucket::default()),
        })
    }

    fn push(&mut self, bucket: usize, position: u64) {
        self.buckets[bucket].push(position);
        self.occupied[bucket / 64] |= 1 << (bucket % 64);
    }

    fn note_emptied(&mut self, bucket: usize) {
        if self.buckets[bucket].is_empty() {
            self.occupied[bucket / 64] &= !(1 << (bucket % 64));
        }
    }

    /// The first bucket from `start` on that is not empty.
    fn first_from(&self, start: usize) -> Option<usize> {
        let mut word = start / 64;
        let mut bits = self.occupied.get(word)? & (!0 << (start % 64));
        while bits == 0 {
            word += 1;
            bits = *self.occupied.get(word)?;
        }
        Some(word * 64 + bits.trailing_zeros() as usize)
    }
}

/// The wheel.
///
/// Invariant: a position lies on the level of the highest byte in which its time differs from `time`, or in the
/// bucket that `time` is in if that is still being spread.
#[derive(Default)]
pub(super) struct ExpiryWheel {
    levels: [Option<Box<Level>>; LEVELS],
    /// Everything before this has been handed out.
    time: u64,
    len: usize,
    sweep: Sweep,
}

/// Where the sweep is: first it takes a bucket's last chunk, then the full ones from the end.
#[derive(Default)]
struct Sweep {
    level: usize,
    bucket: usize,
    chunks_left: Option<usize>,
}

impl ExpiryWheel {
    /// An empty wheel that has handed out everything before `time`.
    pub(super) fn starting_at(time: UnixMillis) -> ExpiryWheel {
        ExpiryWheel {
            time: clamp(time),
            ..ExpiryWheel::default()
        }
    }

    /// How many positions there are, stale ones included.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn time(&self) -> UnixMillis {
        UnixMillis(self.time as i64)
    }

    pub(super) fn insert(&mut self, key: KeyId, at: UnixMillis) {
        let (level, bucket, position) = self.place_of(key, at);
        self.levels[level]
            .get_or_insert_with(Level::new)
            .push(bucket, position);
        self.len += 1;
    }

    /// Level and bucket for a time, and what stands there.
    fn place_of(&self, key: KeyId, at: UnixMillis) -> (usize, usize, u64) {
        let at = clamp(at).max(self.time);
        let differing = (at ^ self.time) | 1;
        let level = (differing.ilog2() / 8) as usize;
        (level, digit(at, level), pack(key, level, at))
    }

    /// Does a small piece of the work up to `now`: finds, or brings nearer, the next position at or before it.
    pub(super) fn step(&mut self, now: UnixMillis) -> Step {
        let now = clamp(now);
        let Some((level, bucket)) = self.next_bucket(now) else {
            self.time = self.time.max(now);
            return Step::Done;
        };
        let start = self.start_of(level, bucket);
        self.time = self.time.max(start);
        let Some(position) = self.pop(level, bucket) else {
            return Step::Moved;
        };
        let due = unpack(position, level, start);
        if due.from == due.to && due.from.0 as u64 > now {
            self.insert(due.key, due.from);
            return Step::Moved;
        }
        Step::Due(due)
    }

    /// Whether there is work at or before `now`.
    pub(super) fn has_work(&self, now: UnixMillis) -> bool {
        self.next_bucket(clamp(now)).is_some()
    }

    /// The bucket to be emptied next, if its span starts at or before `now`.
    fn next_bucket(&self, now: u64) -> Option<(usize, usize)> {
        if self.len == 0 {
            return None;
        }
        // A bucket the wheel is in has to be spread before the levels below it are right.
        for level in (1..LEVELS).rev() {
            let bucket = digit(self.time, level);
            if self.levels[level]
                .as_ref()
                .is_some_and(|level| !level.buckets[bucket].is_empty())
            {
                return Some((level, bucket));
            }
        }
        // Lower levels lie wholly before what is left of the higher ones.
        for level in 0..LEVELS {
            let first = |found: &Level| found.first_from(digit(self.time, level));
            if let Some(bucket) = self.levels[level].as_deref().and_then(first) {
                return (self.start_of(level, bucket) <= now).then_some((level, bucket));
            }
        }
        None
    }

    /// The first millisecond of a bucket's span.
    fn start_of(&self, level: usize, bucket: usize) -> u64 {
        let above = 8 * (level as u32 + 1);
        (self.time >> above << above) | (bucket as u64) << (8 * level)
    }

    fn pop(&mut self, level: usize, bucket: usize) -> Option<u64> {
        let found = self.levels[level].as_mut()?;
        let position = found.buckets[bucket].pop();
        found.note_emptied(bucket);
        self.len -= usize::from(position.is_some());
        position
    }

    /// Takes out a position chosen at random. Walks over the buckets, of which few are in use at a time.
    pub(super) fn take_random(&mut self, random: &mut impl FnMut() -> u64) -> Option<KeyId> {
        let mut number = below(random(), self.len);
        for level in 0..LEVELS {
            let mut next = 0;
            while let Some(bucket) = self.levels[level].as_ref().and_then(|l| l.first_from(next)) {
                next = bucket + 1;
                let start = self.start_of(level, bucket);
                let found = self.levels[level].as_mut()?;
                let held = found.buckets[bucket].len();
                if number >= held {
                    number -= held;
                    continue;
                }
                let position = found.buckets[bucket].take(number)?;
                found.note_emptied(bucket);
                self.len -= 1;
                return Some(unpack(position, level, start).key);
            }
        }
        None
    }

    /// Takes back the position that `insert` made for this time, if it is still among the newest of its bucket: what
    /// lives shortly (locks, rate limits) leaves no trace this way.
    pub(super) fn forget_recent(&mut self, key: KeyId, at: UnixMillis) {
        let (level, bucket, position) = self.place_of(key, at);
        let Some(found) = self.levels[level].as_mut() else {
            return;
        };
        if found.buckets[bucket].forget_recent(position) {
            found.note_emptied(bucket);
            self.len -= 1;
        }
    }

    /// Takes out one chunk of positions, without duplicates, to be sorted out and put back where they are needed.
    /// Call by call it goes round the whole wheel.
    pub(super) fn take_for_sweep(&mut self) -> Vec<Due> {
        for _ in 0..=LEVELS {
            let Sweep {
                level,
                bucket,
                chunks_left,
            } = self.sweep;
            let start = self.start_of(level, bucket);
            let Some(found) = self.levels[level].as_deref_mut() else {
                self.sweep = Sweep {
                    level: (level + 1) % LEVELS,
                    ..Sweep::default()
                };
                continue;
            };
            let held = &mut found.buckets[bucket];
            let next = match chunks_left {
                None => {
                    let (last, full) = held.take_last();
                    self.sweep.chunks_left = Some(full);
                    Some(last)
                }
                Some(0) => None,
                Some(left) => {
                    self.sweep.chunks_left = Some(left - 1);
                    held.take_full(left - 1)
                }
            };
            let mut chunk = match next {
                Some(chunk) => chunk,
                None => {
                    self.sweep = match found.first_from(bucket + 1) {
                        Some(bucket) => Sweep {
                            level,
                            bucket,
                            chunks_left: None,
                        },
                        None => Sweep {
                            level: (level + 1) % LEVELS,
                            ..Sweep::default()
                        },
                    };
                    continue;
                }
            };
            found.note_emptied(bucket);
            self.len -= chunk.len();
            chunk.sort_unstable();
            chunk.dedup();
            return chunk
                .into_iter()
                .map(|position| unpack(position, level, start))
                .collect();
        }
        Vec::new()
    }
}

#[inline]
fn clamp(at: UnixMillis) -> u64 {
    u64::try_from(at.0).unwrap_or(0).min(LATEST)
}

#[inline]
fn digit(time: u64, level: usize) -> usize {
    (time >> (8 * level)) as usize % BUCKETS
}

/// Low bits of the time within a bucket of this level for which a position has no room.
#[inline]
fn dropped_bits(level: usize) -> u32 {
    (8 * level as u32).saturating_sub(TIME_BITS)
}

fn pack(key: KeyId, level: usize, at: u64) -> u64 {
    let within = at & ((1 << (8 * level)) - 1);
    (key.slot.index() as u64) << 50
        | u64::from(key.bits) << TIME_BITS
        | within >> dropped_bits(level)
}

fn unpack(position: u64, level: usize, start: u64) -> Due {
    let number = (position >> 50) as u16;
    let slot = Slot::new(number).expect("14 bits are a slot");
    let bits = (position >> TIME_BITS) as u32 & ((1 << 26) - 1);
    let from = start + ((position & ((1 << TIME_BITS) - 1)) << dropped_bits(level));
    let to = from + (1 << dropped_bits(level)) - 1;
    Due {
        key: KeyId { slot, bits },
        from: UnixMillis(from as i64),
        to: UnixMillis(to as i64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keyspace::key::HashSeed;
    use proptest::prelude::*;

    fn id(number: u64) -> KeyId {
        KeyId::of(&Key::new(&number.to_le_bytes(), HashSeed(3)))
    }

    /// Everything due up to `now`; what is found early is put back at its real time.
    fn run(wheel: &mut ExpiryWheel, now: i64, times: &[i64]) -> Vec<usize> {
        let mut given = Vec::new();
        loop {
            match wheel.step(UnixMillis(now)) {
                Step::Done => return given,
                Step::Moved => {}
                Step::Due(due) => {
                    let number = (0..times.len())
                        .find(|&number| id(number as u64) == due.key)
                        .unwrap();
                    if times[number] <= now {
                        given.push(number);
                    } else {
                        assert!(due.is_for(UnixMillis(times[number])));
                        wheel.insert(due.key, UnixMillis(times[number]));
                    }
                }
            }
        }
    }

    proptest! {
        #[test]
        fn each_position_comes_when_its_time_has_come(
            times in proptest::collection::vec((0..48u32, any::<u64>()), 1..60),
            mut moments in proptest::collection::vec((0..48u32, any::<u64>()), 1..20),
        ) {
            let times: Vec<i64> = times.into_iter().map(|(bits, raw)| (raw >> 16 >> bits) as i64).collect();
            let mut wheel = ExpiryWheel::default();
            let mut given = vec![false; times.len()];
            moments.push((0, !0));
            let mut moments: Vec<i64> = moments.into_iter().map(|(bits, raw)| (raw >> 16 >> bits) as i64).collect();
            moments.sort_unstable();
            // Half of them come in while the wheel is turning.
            let half = times.len() / 2;
            for (number, &at) in times[..half].iter().enumerate() {
                wheel.insert(id(number as u64), UnixMillis(at));
            }
            for (turn, &now) in moments.iter().enumerate() {
                if turn == moments.len() / 2 {
                    for (offset, &at) in times[half..].iter().enumerate() {
                        wheel.insert(id((half + offset) as u64), UnixMillis(at));
                    }
                }
                for number in run(&mut wheel, now, &times) {
                    prop_assert!(!given[number]);
                    given[number] = true;
                }
                let known = if turn < moments.len() / 2 { half } else { times.len() };
                for number in 0..known {
                    prop_assert_eq!(given[number], times[number] <= now, "{} at {}", times[number], now);
                }
            }
            prop_assert_eq!(wheel.len(), 0);
        }
    }

    #[test]
    fn a_recent_position_is_forgotten() {
        let mut wheel = ExpiryWheel::default();
        wheel.insert(id(1), UnixMillis(5000));
        wheel.insert(id(2), UnixMillis(5000));
        wheel.forget_recent(id(1), UnixMillis(5000));
        assert_eq!(wheel.len(), 1);
        assert_eq!(run(&mut wheel, 6000, &[0, 0, 5000]), [2]);
    }

    #[test]
    fn the_sweep_goes_round() {
        let mut wheel = ExpiryWheel::default();
        for number in 0..1000 {
            wheel.insert(id(number), UnixMillis(number as i64 * 77));
        }
        let mut seen = 0;
        for _ in 0..2000 {
            seen += wheel.take_for_sweep().len();
        }
        assert_eq!((seen, wheel.len()), (1000, 0));
    }
}
