//! The estimator of Otmar Ertl, "New cardinality estimation algorithms for HyperLogLog sketches" (2017,
//! <https://arxiv.org/abs/1702.01284>), algorithm 6: no bias correction and no special cases for few or many elements.

use super::REGISTERS;

/// Bits of a hash behind the register's number: the highest rank is one more.
const RANK_BITS: usize = 50;
/// 1 / (2 ln 2)
const ALPHA: f64 = 0.721_347_520_444_481_7;

/// How many registers have which rank. Ranks of damaged sketches may be any number of 6 bits.
#[derive(Clone, Debug)]
pub(super) struct Histogram([u32; 64]);

impl Default for Histogram {
    fn default() -> Self {
        Histogram([0; 64])
    }
}

impl Histogram {
    pub(super) fn add(&mut self, rank: u8, registers: usize) {
        self.0[usize::from(rank & 63)] += registers as u32;
    }

    /// Counts in four tables, so that equal ranks in a row do not wait for each other.
    pub(super) fn add_all(&mut self, ranks: &[u8]) {
        let mut tables = [[0_u32; 64]; 4];
        let (fours, rest) = ranks.as_chunks::<4>();
        for four in fours {
            for (table, rank) in tables.iter_mut().zip(four) {
                table[usize::from(rank & 63)] += 1;
            }
        }
        rest.iter().for_each(|rank| self.add(*rank, 1));
        for table in tables {
            for (count, more) in self.0.iter_mut().zip(table) {
                *count += more;
            }
        }
    }

    pub(super) fn estimate(&self) -> u64 {
        let m = REGISTERS as f64;
        let count = |rank: usize| f64::from(self.0[rank]);
        let mut z = m * tau((m - count(RANK_BITS + 1)) / m);
        for rank in (1..=RANK_BITS).rev() {
            z = (z + count(rank)) * 0.5;
        }
        z += m * sigma(count(0) / m);
        (ALPHA * m * m / z).round() as u64
    }
}

fn sigma(mut x: f64) -> f64 {
    if x == 1.0 {
        return f64::INFINITY;
    }
    let (mut y, mut z) = (1.0, x);
    loop {
        x *= x;
        let before = z;
        z += x * y;
        y += y;
        if z == before {
            return z;
        }
    }
}

fn tau(mut x: f64) -> f64 {
    if x == 0.0 || x == 1.0 {
        return 0.0;
    }
    let (mut y, mut z) = (1.0, 1.0 - x);
    loop {
        x = x.sqrt();
        let before = z;
        y *= 0.5;
        z -= (1.0 - x).powi(2) * y;
        if z == before {
            return z / 3.0;
        }
    }
}
