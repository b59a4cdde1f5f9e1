//! Work of the server's own on a shard, at its place in the order.

use std::fmt;

use crate::shard::Shard;
use crate::time::UnixMillis;

type Work = dyn FnOnce(&mut Shard, UnixMillis) + Send;

/// Runs once, on the shard it is sent to, between what stands before and behind it.
pub struct Errand(Box<Work>);

impl Errand {
    /// An errand that does `work`; it is told the moment of the shard's tick.
    pub fn new(work: impl FnOnce(&mut Shard, UnixMillis) + Send + 'static) -> Errand {
        Errand(Box::new(work))
    }

    pub(super) fn run(self, shard: &mut Shard, now: UnixMillis) {
        (self.0)(shard, now)
    }
}

impl fmt::Debug for Errand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Errand")
    }
}
