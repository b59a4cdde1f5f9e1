//! What a shard's writes made invalid, on its way to the cores of those who care.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::order::ShardId;
use engine::shard::tracking::{Invalidation, Origin};

use crate::connection::Connection;
use crate::core::ServerCore;
use crate::core::ask::Waiting;
use crate::runtime::net::ConnId;

use super::delivery::Stale;

/// Something that clients of one core are to hear of.
#[derive(Clone)]
enum Letter {
    /// A key that these have read.
    Key {
        stale: Stale,
        readers: Vec<ConnId>,
        writer: Option<Origin>,
    },
    /// Everything, whoever tracks.
    Everything,
}

impl ServerCore {
    /// Tells clients of all cores what this shard's writes made invalid since the last call. `served` is the connection
    /// that is being served, if one is.
    #[inline]
    pub(crate) fn tell_readers(&mut self, served: Option<&mut Connection>) {
        if self.engine.shard_ref().tracking.has_invalid() {
            self.send_letters(served);
        }
    }

    #[cold]
    fn send_letters(&mut self, served: Option<&mut Connection>) {
        let mut letters: BTreeMap<ShardId, Vec<Letter>> = BTreeMap::new();
        for invalid in self.engine.shard().tracking.take_invalid() {
            self.address(invalid, &mut letters);
        }
        let own = letters.remove(&self.me()).unwrap_or_default();
        self.read_letters(&own, served);
        for (core, letters) in letters {
            let letters: Arc<[Letter]> = letters.into();
            let read = move |core: &mut ServerCore| core.read_letters(&letters, None);
            self.ask(std::iter::once(core), Waiting::Nobody, read, |_, _, _| {});
        }
    }

    fn address(&self, invalid: Invalidation, letters: &mut BTreeMap<ShardId, Vec<Letter>>) {
        match invalid {
            Invalidation::Key {
                key,
                readers,
                writer,
            } => {
                let stale = Stale::keys(vec![key]);
                for readers in readers.chunk_by(|one, next| one.core == next.core) {
                    let conns = readers
                        .iter()
                        .map(|reader| ConnId::from_bits(reader.connection));
                    let letter = Letter::Key {
                        stale: stale.clone(),
                        readers: conns.collect(),
                        writer,
                    };
                    let core = ShardId(readers[0].core);
                    letters.entry(core).or_default().push(letter);
                }
            }
            // All shards say so in the same place of the order; one of them is enough.
            Invalidation::Everything if self.me() == ShardId(0) => {
                for core in self.process.reach.tracking() {
                    letters.entry(core).or_default().push(Letter::Everything);
                }
            }
            Invalidation::Everything => {}
        }
    }

    fn read_letters(&mut self, letters: &[Letter], mut served: Option<&mut Connection>) {
        for letter in letters {
            match letter {
                Letter::Key {
                    stale,
                    readers,
                    writer,
                } => {
                    for conn in readers {
                        self.tell_reader(*conn, served.as_deref_mut(), stale, *writer);
                    }
                }
                Letter::Everything => self.tell_all(served.as_deref_mut()),
            }
        }
    }
}
