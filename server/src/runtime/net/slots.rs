//! A dense table whose places are named by index and generation.

use super::ConnId;

/// Places for `T`; a removed one is used again under another generation.
pub(super) struct Slots<T> {
    places: Vec<Place<T>>,
    free: Vec<u32>,
}

struct Place<T> {
    generation: u32,
    tenant: Option<T>,
}

impl<T> Default for Slots<T> {
    fn default() -> Self {
        Slots {
            places: Vec::new(),
            free: Vec::new(),
        }
    }
}

impl<T> Slots<T> {
    /// # Panics
    /// With more than 2^32 tenants, which no process has descriptors for.
    pub(super) fn insert(&mut self, tenant: T) -> ConnId {
        let index = self.free.pop().unwrap_or_else(|| {
            self.places.push(Place {
                generation: 0,
                tenant: None,
            });
            u32::try_from(self.places.len() - 1).expect("fewer than 2^32 connections")
        });
        let place = &mut self.places[index as usize];
        place.tenant = Some(tenant);
        ConnId::new(index, place.generation)
    }

    pub(super) fn get(&self, id: ConnId) -> Option<&T> {
        let place = self.places.get(id.index())?;
        place
            .tenant
            .as_ref()
            .filter(|_| place.generation == id.generation())
    }

    pub(super) fn get_mut(&mut self, id: ConnId) -> Option<&mut T> {
        let place = self.places.get_mut(id.index())?;
        place
            .tenant
            .as_mut()
            .filter(|_| place.generation == id.generation())
    }

    /// Who lives at `index` now.
    pub(super) fn at(&self, index: u32) -> Option<ConnId> {
        let place = self.places.get(index as usize)?;
        place
            .tenant
            .as_ref()
            .map(|_| ConnId::new(index, place.generation))
    }

    pub(super) fn remove(&mut self, id: ConnId) -> Option<T> {
        self.get(id)?;
        let place = &mut self.places[id.index()];
        place.generation = place.generation.wrapping_add(1);
        self.free.push(id.index() as u32);
        place.tenant.take()
    }

    pub(super) fn len(&self) -> usize {
        self.places.len() - self.free.len()
    }

    pub(super) fn ids(&self) -> Vec<ConnId> {
        (0..self.places.len() as u32)
            .filter_map(|index| self.at(index))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stale_id_finds_nobody() {
        let mut slots = Slots::default();
        let first = slots.insert('a');
        assert_eq!(slots.remove(first), Some('a'));
        let second = slots.insert('b');
        assert_eq!(second.index(), first.index());
        assert_eq!(slots.get(first), None);
        assert_eq!(slots.remove(first), None);
        assert_eq!(slots.get_mut(second).copied(), Some('b'));
        assert_eq!(slots.at(0), Some(second));
        assert_eq!(slots.get(ConnId::from_bits(u64::MAX)), None);
        assert_eq!((slots.len(), slots.ids()), (1, vec![second]));
    }
}
