//! How many commands of one client may be under way on other cores, by how large their replies have been lately.
//!
//! What a command will answer is known only when it has run, and by then its reply takes memory here. So a client whose
//! replies are large, or not known yet, gets few commands at a time; one whose replies are small soon gets thousands.

/// Bytes of replies that the commands of one client under way may come to.
const BUDGET: usize = 32 << 20;
/// Commands under way at the least, whatever their replies.
const FEWEST: usize = 8;
/// Commands under way at the most.
const MOST: usize = 4096;
/// What is expected of a client of which nothing is known, in bytes.
const AT_FIRST: usize = 512 << 10;

/// See the top of the file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Expectation {
    /// Bytes of the largest reply lately: it shrinks by an eighth with every smaller one.
    largest: usize,
}

impl Default for Expectation {
    fn default() -> Self {
        Expectation { largest: AT_FIRST }
    }
}

impl Expectation {
    /// A reply of `len` bytes came.
    #[inline]
    pub(crate) fn learn(&mut self, len: usize) {
        self.largest = len.max(self.largest - self.largest / 8);
    }

    /// How many commands may be under way.
    #[inline]
    pub(crate) fn most_under_way(&self) -> usize {
        (BUDGET / self.largest.max(1)).clamp(FEWEST, MOST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_replies_earn_room_and_large_ones_lose_it() {
        let mut expectation = Expectation::default();
        assert_eq!(expectation.most_under_way(), 64);
        (0..64).for_each(|_| expectation.learn(5));
        assert_eq!(expectation.most_under_way(), MOST);
        expectation.learn(1 << 20);
        assert_eq!(expectation.most_under_way(), 32);
        expectation.learn(100 << 20);
        assert_eq!(expectation.most_under_way(), FEWEST);
    }
}
