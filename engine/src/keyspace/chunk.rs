//! 64 neighbouring slots: those in use one by one while they are few, an array when they are many. A database of few keys
//! costs little that way, and one of many finds a slot without a search.
//!
//! ```text
//! sparse   [ (slot, table) ][ (slot, table) ] ..   24 bytes each, in the order of the slots, no empty tables
//! dense    [ table 0 ][ table 1 ] .. [ table 63 ]  16 bytes each
//! ```
//!
//! Invariant: the count of keys is that of all tables; a chunk without keys has allocated nothing.

use super::entry::EntryBox;
use crate::table::bare_table::BareTable;

/// A slot's keys.
pub(super) type SlotTable = BareTable<EntryBox>;

const _: () = assert!(size_of::<SlotTable>() == 16);

/// Slots in a chunk.
pub(super) const SLOTS: usize = 64;
/// With more slots in use, the array costs no more than twice as much.
const MOST_SPARSE: usize = 20;
/// Slots for which a sparse chunk makes room at a time.
const STEP: usize = 2;

/// See the top of the file.
pub(super) struct Chunk {
    keys: usize,
    slots: Slots,
}

enum Slots {
    Sparse(Vec<(u8, SlotTable)>),
    Dense(Box<[SlotTable; SLOTS]>),
}

impl Default for Chunk {
    fn default() -> Chunk {
        Chunk {
            keys: 0,
            slots: Slots::Sparse(Vec::new()),
        }
    }
}

impl Chunk {
    /// How many keys all slots have.
    pub(super) fn keys(&self) -> usize {
        self.keys
    }

    /// The table of a slot, if there may be keys in it.
    #[inline]
    pub(super) fn table(&self, slot: usize) -> Option<&SlotTable> {
        match &self.slots {
            Slots::Dense(tables) => Some(&tables[slot]),
            Slots::Sparse(tables) => {
                let at = find(tables, slot).ok()?;
                Some(&tables[at].1)
            }
        }
    }

    /// The same for changes that neither add nor remove keys.
    #[inline]
    pub(super) fn table_mut(&mut self, slot: usize) -> Option<&mut SlotTable> {
        match &mut self.slots {
            Slots::Dense(tables) => Some(&mut tables[slot]),
            Slots::Sparse(tables) => {
                let at = find(tables, slot).ok()?;
                Some(&mut tables[at].1)
            }
        }
    }

    /// The table of a slot, for a key that is being added to it.
    pub(super) fn table_for_new_key(&mut self, slot: usize) -> &mut SlotTable {
        self.keys += 1;
        if let Slots::Sparse(tables) = &mut self.slots
            && find(tables, slot).is_err()
        {
            if tables.len() == MOST_SPARSE {
                self.slots = dense(std::mem::take(tables));
            } else {
                if tables.len() == tables.capacity() {
                    tables.reserve_exact(STEP);
                }
                let at = tables.partition_point(|(number, _)| usize::from(*number) < slot);
                tables.insert(at, (slot as u8, SlotTable::EMPTY));
            }
        }
        self.table_mut(slot).expect("the slot has a table by now")
    }

    /// A key of a slot was removed from its table.
    pub(super) fn key_was_removed(&mut self, slot: usize) {
        self.keys -= 1;
        if self.keys == 0 {
            self.slots = Slots::Sparse(Vec::new());
            return;
        }
        if let Slots::Sparse(tables) = &mut self.slots
            && let Ok(at) = find(tables, slot)
            && tables[at].1.len() == 0
        {
            tables.remove(at);
        }
    }

    /// All tables that may have keys, in the order of their slots.
    pub(super) fn tables(&self) -> impl Iterator<Item = &SlotTable> {
        let (sparse, dense): (&[(u8, SlotTable)], &[SlotTable]) = match &self.slots {
            Slots::Sparse(tables) => (tables, &[]),
            Slots::Dense(tables) => (&[], tables.as_slice()),
        };
        sparse.iter().map(|(_, table)| table).chain(dense)
    }

    /// Gives the tables away.
    pub(super) fn into_tables(self) -> Vec<SlotTable> {
        match self.slots {
            Slots::Sparse(tables) => tables.into_iter().map(|(_, table)| table).collect(),
            Slots::Dense(tables) => (tables as Box<[SlotTable]>).into_vec(),
        }
    }

    /// Bytes of the tables and of what holds them.
    pub(super) fn bytes(&self) -> usize {
        let own = match &self.slots {
            Slots::Sparse(tables) => tables.capacity() * size_of::<(u8, SlotTable)>(),
            Slots::Dense(tables) => size_of_val(tables.as_ref()),
        };
        own + self.tables().map(SlotTable::table_bytes).sum::<usize>()
    }
}

#[inline]
fn find(tables: &[(u8, SlotTable)], slot: usize) -> Result<usize, usize> {
    tables.binary_search_by_key(&slot, |(number, _)| usize::from(*number))
}

fn dense(sparse: Vec<(u8, SlotTable)>) -> Slots {
    let mut tables = Box::new([const { SlotTable::EMPTY }; SLOTS]);
    for (slot, table) in sparse {
        tables[usize::from(slot)] = table;
    }
    Slots::Dense(tables)
}

#[cfg(test)]
mod tests {
    use super::super::key::{HashSeed, Key};
    use super::*;
    use crate::value::NewValue;

    const SEED: HashSeed = HashSeed(7);

    fn add(chunk: &mut Chunk, slot: usize) {
        let name = slot.to_string();
        let key = Key::new(name.as_bytes(), SEED);
        let mark = super::super::entry::WheelMark::Absent;
        let entry = EntryBox::new(key.bytes(), NewValue::Int(1), None, 0, mark, false);
        chunk
            .table_for_new_key(slot)
            .insert(key.hash(), entry, SEED);
    }

    fn remove(chunk: &mut Chunk, slot: usize) {
        let name = slot.to_string();
        let key = Key::new(name.as_bytes(), SEED);
        let table = chunk.table_mut(slot).expect("the slot has a key");
        assert!(table.remove(key.probe(), SEED).is_some());
        chunk.key_was_removed(slot);
    }

    #[test]
    fn few_slots_cost_little_and_many_are_an_array() {
        let mut chunk = Chunk::default();
        assert_eq!((chunk.bytes(), chunk.keys()), (0, 0));
        for slot in (0..SLOTS).rev() {
            add(&mut chunk, slot);
            let is_dense = matches!(chunk.slots, Slots::Dense(_));
            assert_eq!(is_dense, chunk.keys() > MOST_SPARSE, "{}", chunk.keys());
            let keys: usize = chunk.tables().map(SlotTable::len).sum();
            assert_eq!(keys, chunk.keys());
        }
        for slot in 0..SLOTS {
            assert_eq!(chunk.table(slot).map(SlotTable::len), Some(1));
            remove(&mut chunk, slot);
        }
        assert_eq!((chunk.bytes(), chunk.keys()), (0, 0));
    }

    #[test]
    fn sparse_slots_go_with_their_last_key() {
        let mut chunk = Chunk::default();
        for slot in [9, 3, 60] {
            add(&mut chunk, slot);
        }
        remove(&mut chunk, 9);
        assert!(chunk.table(9).is_none() && chunk.table(4).is_none());
        assert_eq!(chunk.into_tables().len(), 2);
    }
}
