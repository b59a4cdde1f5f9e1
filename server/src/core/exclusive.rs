//! All locks of all shards in one hand, see [`engine::order::exclusive`]: what goes on when they are granted, when commands
//! under them have run, and when they are given back.

use std::collections::HashMap;

use engine::order::block::Client;
use engine::order::core::{Queued, Request};
use engine::order::{Errand, Exclusive, Piece, ShardId};
use engine::shard::DbIndex;
use engine::shard::context::Caller;

use super::ServerCore;

type Then = Box<dyn FnOnce(&mut ServerCore, Exclusive, Vec<Piece>)>;

/// What goes on when the order has done the next thing.
#[derive(Default)]
pub struct Exclusives {
    open: HashMap<Exclusive, Then>,
}

/// Nobody: no connection has this number.
pub const NOBODY: Client = Client {
    connection: u64::MAX,
    place: 0,
};

impl ServerCore {
    /// Locks everything on all shards and then goes on with `then`, which has to end it with [`ServerCore::release`].
    pub fn lock_everything(
        &mut self,
        client: Client,
        caller: Caller,
        then: impl FnOnce(&mut ServerCore, Exclusive, Vec<Piece>) + 'static,
    ) {
        let request = Request {
            client,
            caller,
            db: DbIndex(0),
            must_travel: true,
            now: self.now,
        };
        let exclusive = self.engine.submit_exclusive(request);
        self.exclusives.open.insert(exclusive, Box::new(then));
    }

    /// Runs commands under the locks, one after the other, and goes on with their replies.
    pub fn run_under(
        &mut self,
        exclusive: Exclusive,
        queue: Vec<Queued>,
        then: impl FnOnce(&mut ServerCore, Exclusive, Vec<Piece>) + 'static,
    ) {
        self.exclusives.open.insert(exclusive, Box::new(then));
        self.engine.run_under(exclusive, queue);
    }

    /// Does `errand` on every shard, gives the locks back in the same flush, and goes on when that has happened.
    pub fn unlock_everything(
        &mut self,
        exclusive: Exclusive,
        errand: impl FnMut(ShardId) -> Option<Errand>,
        then: impl FnOnce(&mut ServerCore) + 'static,
    ) {
        let then = Box::new(|core: &mut ServerCore, _, _| then(core));
        self.exclusives.open.insert(exclusive, then);
        self.engine.release(exclusive, errand);
    }

    pub(super) fn go_on_under(&mut self, exclusive: Exclusive, pieces: Vec<Piece>) {
        if let Some(then) = self.exclusives.open.remove(&exclusive) {
            then(self, exclusive, pieces);
        }
    }
}
