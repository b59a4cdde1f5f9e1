//! What a core has collected for each core, itself included, until the next flush.

use std::ops::{Index, IndexMut};

use super::block::Block;
use super::stamp::ShardId;

/// A block for each core. What is pushed carries the number of its submission.
pub(super) struct Requests {
    blocks: Vec<Block>,
    submission: u32,
}

impl Requests {
    /// Nothing for any of `shards` cores.
    pub(super) fn new(shards: u16) -> Self {
        let blocks = std::iter::repeat_with(Block::default);
        Requests {
            blocks: blocks.take(usize::from(shards)).collect(),
            submission: 0,
        }
    }

    /// What is pushed from now on is another submission than what was pushed before.
    #[inline]
    pub(super) fn begin(&mut self) {
        self.submission = self.submission.wrapping_add(1);
    }

    /// All that was pushed has left under one stamp; the next flush counts anew.
    pub(super) fn flushed(&mut self) {
        self.submission = 0;
    }

    /// For how many cores.
    pub(super) fn shards(&self) -> usize {
        self.blocks.len()
    }

    /// Whether there is nothing for anybody.
    pub(super) fn are_empty(&self) -> bool {
        self.blocks.iter().all(Block::is_empty)
    }

    /// Every block with whom it is for.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (ShardId, &mut Block)> {
        (0..).map(ShardId).zip(&mut self.blocks)
    }
}

impl Index<ShardId> for Requests {
    type Output = Block;

    fn index(&self, shard: ShardId) -> &Block {
        &self.blocks[shard.index()]
    }
}

impl IndexMut<ShardId> for Requests {
    #[inline]
    fn index_mut(&mut self, shard: ShardId) -> &mut Block {
        let block = &mut self.blocks[shard.index()];
        block.submission = self.submission;
        block
    }
}
