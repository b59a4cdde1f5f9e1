//! Keys of a snapshot on their way to the shard that decodes them.

use engine::limits::AccessPolicy;
use engine::random::Random;
use engine::shard::Shard;
use engine::shard::access;
use engine::time::UnixMillis;

use super::load_fault::LoadFault;
use super::reader::{RawKey, RawUsage};
use crate::rdb::format::ValueType;
use crate::rdb::reader::Reader;
use crate::rdb::values::{self, Maker};
use crate::rdb::{Fault, FaultKind};

/// A batch is full with so many bytes, or so many keys.
const FULL_BYTES: usize = 256 << 10;
const FULL_KEYS: usize = 2048;

/// Keys in the order of the file.
#[derive(Debug, Default)]
pub struct Batch {
    bytes: Vec<u8>,
    keys: Vec<Item>,
}

#[derive(Clone, Copy, Debug)]
struct Item {
    db: u32,
    expiry: Option<UnixMillis>,
    usage: Option<RawUsage>,
    layout: ValueType,
    start: usize,
    key_end: usize,
    end: usize,
    /// Of the value, in the file.
    offset: usize,
}

/// What became of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loaded {
    /// It is there.
    Kept,
    /// It is past its expiry.
    Expired,
    /// It was an empty collection.
    Empty,
}

/// What is to be done with a key that is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Duplicates {
    /// It is a fault.
    Refuse,
    /// It is replaced.
    Replace,
}

impl Batch {
    /// Adds a key.
    pub fn push(&mut self, key: &RawKey<'_>) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(&key.key);
        let key_end = self.bytes.len();
        self.bytes.extend_from_slice(key.value);
        self.keys.push(Item {
            db: key.db,
            expiry: key.expiry,
            usage: key.usage,
            layout: key.layout,
            start,
            key_end,
            end: self.bytes.len(),
            offset: key.offset as usize,
        });
    }

    /// How many keys it has.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Whether it should be on its way.
    pub fn is_full(&self) -> bool {
        self.bytes.len() >= FULL_BYTES || self.keys.len() >= FULL_KEYS
    }

    /// Puts one of the keys where it belongs, unless it is past its expiry at `now`.
    pub fn load(
        &self,
        index: usize,
        shard: &mut Shard,
        now: UnixMillis,
        duplicates: Duplicates,
    ) -> Result<Loaded, LoadFault> {
        let item = self.keys[index];
        let (key, bytes) = (
            &self.bytes[item.start..item.key_end],
            &self.bytes[item.key_end..item.end],
        );
        if item.expiry.is_some_and(|at| at < now) {
            return Ok(Loaded::Expired);
        }
        let limits = shard.limits;
        let mut maker = Maker {
            limits: &limits,
            seed: shard.seed(),
            now,
            random: &mut Random::new(shard.random().next_u64()),
        };
        let value = match values::read(item.layout, &mut Reader::new(bytes), &mut maker) {
            Ok(value) => value,
            Err(Fault {
                kind: FaultKind::Empty,
                ..
            }) => return Ok(Loaded::Empty),
            Err(fault) => {
                let offset = item.offset + fault.offset;
                return Err(Fault { offset, ..fault }.into());
            }
        };
        let access = match (item.usage, limits.access) {
            (Some(RawUsage::Idle(seconds)), AccessPolicy::Recency) => {
                access::idle_for(seconds, now)
            }
            (Some(RawUsage::Frequency(count)), AccessPolicy::Frequency) => {
                access::with_frequency(count, now)
            }
            _ => access::fresh(&limits, now),
        };
        let was_there = shard.load(item.db, key, value, item.expiry, access);
        if was_there && duplicates == Duplicates::Refuse {
            let key = String::from_utf8_lossy(key).into_owned();
            return Err(LoadFault::DuplicateKey(key, item.db));
        }
        Ok(Loaded::Kept)
    }
}
