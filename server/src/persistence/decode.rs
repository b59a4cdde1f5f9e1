//! A core's part in loading: the batches of its own shard, a slice a tick.

use std::time::{Duration, Instant};

use persistence::snapshot::batch::Batch;

use crate::core::ServerCore;

/// How long decoding may hold up a tick; clients are only told to wait.
const SLICE: Duration = Duration::from_millis(5);
/// Keys between two looks at the clock.
const AT_ONCE: usize = 32;

/// A batch that a core decodes.
pub struct Decoding {
    batch: Batch,
    next: usize,
}

impl ServerCore {
    /// Does a slice. Returns whether there is more to do right now.
    pub(crate) fn decode_some(&mut self) -> bool {
        if !self.process.loading.is_under_way() {
            return false;
        }
        let end = Instant::now() + SLICE;
        while Instant::now() < end {
            let next = self.decoding.take().or_else(|| {
                let batch = self.process.loading.take(self.me())?;
                Some(Decoding { batch, next: 0 })
            });
            let Some(decoding) = next else {
                return false;
            };
            self.decode(decoding);
        }
        true
    }

    fn decode(&mut self, mut decoding: Decoding) {
        let loading = &self.process.loading;
        let duplicates = loading.duplicates();
        let last = decoding.batch.len().min(decoding.next + AT_ONCE);
        while decoding.next < last {
            let (now, shard) = (self.data_now(), self.engine.shard());
            match decoding.batch.load(decoding.next, shard, now, duplicates) {
                Ok(loaded) => loading.count(loaded),
                Err(fault) => return loading.decoded(Err(fault)),
            }
            decoding.next += 1;
        }
        if last == decoding.batch.len() {
            loading.decoded(Ok(()));
        } else {
            self.decoding = Some(decoding);
        }
    }
}
