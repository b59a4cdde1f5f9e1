//! What FLUSHALL took out of a database, on its way to being freed.

use super::database::Chunk;
use super::expiry_wheel::ExpiryWheel;
use super::segment::Segment;
use super::slot_table::SlotTable;

/// A database's former contents. Dropping it frees everything at once; [`Retired::drop_some`] does it in slices, on
/// whatever thread.
pub struct Retired {
    chunks: Vec<Chunk>,
    /// Slots of the chunk that is being freed.
    slots: Vec<SlotTable>,
    /// Segments of the slot that is being freed.
    segments: Vec<Segment>,
    wheel: ExpiryWheel,
}

impl Retired {
    pub(super) fn new(chunks: Vec<Chunk>, wheel: ExpiryWheel) -> Retired {
        Retired {
            chunks,
            slots: Vec::new(),
            segments: Vec::new(),
            wheel,
        }
    }

    /// Frees at least this many entries, and at most one segment (some 500) more. True when nothing is left.
    pub fn drop_some(&mut self, entries: usize) -> bool {
        let mut freed = 0;
        while freed < entries {
            if let Some(segment) = self.segments.pop() {
                freed += segment.len() as usize;
            } else if let Some(slot) = self.slots.pop() {
                freed += 1;
                match slot {
                    SlotTable::Small(segment) => self.segments.push(segment),
                    SlotTable::Large(directory) => self.segments = directory.into_segments(),
                }
            } else if let Some(chunk) = self.chunks.pop() {
                self.slots = chunk.into_slots();
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
