//! Names of connections and listeners that stay harmless after their thing is gone.
//!
//! ```text
//! ConnId   63          32 31           0
//!          | generation  |    index    |
//! ```

/// A connection of one core. A stale id (its connection is closed) is ignored by every operation that takes one.
///
/// Unique within a core only: another core may use the same bits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnId(u64);

impl ConnId {
    pub(super) fn new(index: u32, generation: u32) -> Self {
        ConnId(u64::from(generation) << 32 | u64::from(index))
    }

    /// The place in a dense table; used again by a later connection.
    pub fn index(self) -> usize {
        self.0 as u32 as usize
    }

    /// How often the place had been given out before, modulo 2^32.
    pub fn generation(self) -> u32 {
        (self.0 >> 32) as u32
    }

    /// The id as a plain number, for messages between cores.
    pub fn bits(self) -> u64 {
        self.0
    }

    /// The id [`ConnId::bits`] came from. Any number is harmless: at worst it names no connection.
    pub fn from_bits(bits: u64) -> Self {
        ConnId(bits)
    }
}

impl std::fmt::Debug for ConnId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "conn {}.{}", self.index(), self.generation())
    }
}

/// A listening socket of one core; never given out twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ListenerId(pub(super) u32);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_survives_as_a_number() {
        let id = ConnId::new(7, u32::MAX);
        assert_eq!((id.index(), id.generation()), (7, u32::MAX));
        assert_eq!(ConnId::from_bits(id.bits()), id);
        assert_ne!(ConnId::new(7, 0), id);
    }
}
