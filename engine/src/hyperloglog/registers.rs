//! Registers of a byte each, to merge sketches in.

use super::estimate::Histogram;
use super::{Encoding, HEADER, Place, Problem, REGISTERS, dense, encoding, sparse};

/// A rank for every register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registers(Box<[u8; REGISTERS]>);

impl Default for Registers {
    fn default() -> Self {
        let zeros = vec![0; REGISTERS].into_boxed_slice();
        Registers(
            zeros
                .try_into()
                .unwrap_or_else(|_| Box::new([0; REGISTERS])),
        )
    }
}

impl Registers {
    /// Raises every register to that of a sketch. Errors leave registers that are of no use.
    pub fn merge(&mut self, bytes: &[u8]) -> Result<Encoding, Problem> {
        let encoding = encoding(bytes)?;
        match encoding {
            Encoding::Dense => dense::merge_into(&bytes[HEADER..], self),
            Encoding::Sparse => {
                let mut first = 0;
                for run in sparse::checked_runs(&bytes[HEADER..]) {
                    let run = run?;
                    if run.value > 0 {
                        for rank in &mut self.0[first..first + run.len] {
                            *rank = (*rank).max(run.value);
                        }
                    }
                    first += run.len;
                }
            }
        }
        Ok(encoding)
    }

    /// Estimates how many distinct elements left these ranks.
    pub fn estimate(&self) -> u64 {
        let mut histogram = Histogram::default();
        histogram.add_all(&self.0[..]);
        histogram.estimate()
    }

    /// The ranks, in order.
    pub fn ranks(&self) -> &[u8; REGISTERS] {
        &self.0
    }

    pub(super) fn ranks_mut(&mut self) -> &mut [u8; REGISTERS] {
        &mut self.0
    }

    /// The first register that is not 0, from `first` on.
    pub(super) fn next_set(&self, first: usize) -> Option<Place> {
        let rest = self.0.get(first..)?;
        let offset = rest.iter().position(|rank| *rank > 0)?;
        Some(Place {
            index: first + offset,
            rank: rest[offset],
        })
    }
}
