//! A key on its way to the table: bytes, slot and hash, each computed once.

use crate::key::slot::Slot;
pub use crate::table::hash::HashSeed;
use crate::table::hash::Probe;

/// A key with its slot and its hash.
#[derive(Clone, Copy, Debug)]
pub struct Key<'a> {
    probe: Probe<'a>,
    slot: Slot,
}

impl<'a> Key<'a> {
    /// Computes slot and hash of the key.
    #[inline]
    pub fn new(bytes: &'a [u8], seed: HashSeed) -> Key<'a> {
        Key::in_slot(bytes, Slot::of(bytes), seed)
    }

    /// For callers that know the key's slot already. Invariant: `slot` is `Slot::of(bytes)`.
    #[inline]
    pub fn in_slot(bytes: &'a [u8], slot: Slot, seed: HashSeed) -> Key<'a> {
        debug_assert_eq!(slot, Slot::of(bytes));
        Key {
            probe: Probe::new(bytes, seed),
            slot,
        }
    }

    /// The key itself.
    #[inline]
    pub fn bytes(&self) -> &'a [u8] {
        self.probe.bytes()
    }

    /// The key's hash slot.
    #[inline]
    pub fn slot(&self) -> Slot {
        self.slot
    }

    /// The key's hash. Its top 48 bits are the key's place in the order of SCAN.
    #[inline]
    pub fn hash(&self) -> u64 {
        self.probe.hash()
    }

    /// What its slot's table is asked for.
    #[inline]
    pub(super) fn probe(&self) -> Probe<'a> {
        self.probe
    }
}
