//! What XINFO tells of a radix tree that is not there: Redis keeps nodes by their ids' 16 bytes in a tree that packs chains
//! of single children into one tree node. How many tree nodes that makes follows from the ids alone.

use super::Stream;
use super::id::StreamId;

/// Bytes of a key.
const DEPTH: u32 = 16;

impl Stream {
    /// How many nodes Redis's tree over the same macro nodes has: one an end of a key, one a fork, one a chain between them.
    pub fn radix_tree_nodes(&self) -> usize {
        let mut count = RadixCount::default();
        for (id, _) in self.nodes.iter() {
            count.add(id);
        }
        count.finish()
    }
}

/// Adds up over ids in rising order. `forks` are the depths at which the path to the last id forks, rising.
#[derive(Default)]
struct RadixCount {
    last: Option<u128>,
    forks: Vec<u32>,
    nodes: usize,
}

impl RadixCount {
    fn add(&mut self, id: StreamId) {
        let key = u128::from(id.ms) << 64 | u128::from(id.seq);
        if let Some(last) = self.last {
            self.fork((last ^ key).leading_zeros() / 8);
        }
        self.last = Some(key);
        self.nodes += 1;
    }

    /// The next key leaves the path at `depth`: what is below it is done with.
    fn fork(&mut self, depth: u32) {
        let mut below = DEPTH;
        while let Some(fork) = self.forks.pop_if(|fork| *fork > depth) {
            self.chain(fork + 1, below);
            below = fork;
        }
        self.chain(depth + 1, below);
        if self.forks.last() != Some(&depth) {
            self.forks.push(depth);
            self.nodes += 1;
        }
    }

    fn chain(&mut self, from: u32, to: u32) {
        self.nodes += usize::from(from < to);
    }

    fn finish(mut self) -> usize {
        if self.last.is_none() {
            return 1;
        }
        let mut below = DEPTH;
        while let Some(fork) = self.forks.pop() {
            self.chain(fork + 1, below);
            below = fork;
        }
        self.chain(0, below);
        self.nodes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nodes(ids: &[(u64, u64)]) -> usize {
        let mut count = RadixCount::default();
        for (ms, seq) in ids {
            count.add(StreamId::new(*ms, *seq));
        }
        count.finish()
    }

    #[test]
    fn tree_nodes_are_those_of_the_reference() {
        assert_eq!(nodes(&[]), 1);
        assert_eq!(nodes(&[(1, 1)]), 2);
        // A chain, a fork, and behind it a chain and an end for each.
        assert_eq!(nodes(&[(1, 1), (2, 1)]), 6);
        // The keys differ in their last byte only.
        assert_eq!(nodes(&[(1, 1), (1, 2), (1, 3)]), 5);
    }
}
