//! What was taken out of a database, on its way to being freed: all of it by FLUSHALL, or one large value.

use super::chunk::{Chunk, SlotTable};
use super::expiry_wheel::ExpiryWheel;
use crate::value::Value;

/// How many elements of a large value are freed before anything else is looked at.
const ELEMENTS_OF_A_SLICE: usize = 512;

/// A database's former contents, or a value. Dropping it frees everything at once; [`Retired::drop_some`] does it in slices, on
/// whatever thread.
pub struct Retired {
    chunks: Vec<Chunk>,
    /// Slots of the chunk that is being freed.
    slots: Vec<SlotTable>,
    wheel: ExpiryWheel,
    /// Large values, freed before anything else.
    values: Vec<Value>,
}

impl Retired {
    pub(super) fn new(chunks: Vec<Chunk>, wheel: ExpiryWheel) -> Retired {
        Retired {
            chunks,
            slots: Vec::new(),
            wheel,
            values: Vec::new(),
        }
    }

    /// A large value that was taken out alone.
    pub(crate) fn of_value(value: Value) -> Retired {
        let mut retired = Retired::new(Vec::new(), ExpiryWheel::default());
        retired.values.push(value);
        retired
    }

    /// Frees at least this many entries or elements, and at most one segment (some 500) more. True when nothing is
    /// left.
    pub fn drop_some(&mut self, entries: usize) -> bool {
        let mut freed = 0;
        while freed < entries {
            if let Some(value) = self.values.last_mut() {
                let slice = (entries - freed).min(ELEMENTS_OF_A_SLICE);
                if value.release_some(slice) {
                    self.values.pop();
                }
                freed += slice;
            } else if let Some(slot) = self.slots.last_mut() {
                freed += 1;
                if let Some(mut segment) = slot.pop_segment() {
                    freed += segment.len() as usize;
                    let values = &mut self.values;
                    segment.for_each_mut(&mut |mut entry| {
                        if entry.value().is_large() {
                            values.push(entry.take_value());
                        }
                    });
                } else {
                    self.slots.pop();
                }
            } else if let Some(chunk) = self.chunks.pop() {
                self.slots = chunk.into_tables();
            } else if self.wheel.len() > 0 {
                self.wheel.take_for_sweep();
                freed += 8;
            } else {
                return true;
            }
        }
        false
    }
}
