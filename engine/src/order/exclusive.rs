//! All locks of all shards in one hand: for work before which everything has to be whole, as the cut of a snapshot, or
//! whose keys nobody knows beforehand, as a script's.
//!
//! ```text
//!   ask ──> all shards grant ──> [ commands, hop by hop ──> replies ] .. ──> errands, and right behind them the unlocks
//! ```
//!
//! Invariants:
//! - Between the grant and the release no shard runs anything else that meets keys: nothing is half done and no value is
//!   away from its key.
//! - The errands of a release and its unlocks travel in one flush. So what an errand sees is one point of the one order.

use super::block::{ReplyTo, TransactionId, What};
use super::carry::Carry;
use super::core::{Core, Queued, Request, Watching};
use super::errand::Errand;
use super::stamp::ShardId;
use super::transaction::{Outcome, Stage, Transaction};
use crate::shard::DbIndex;
use crate::shard::context::Caller;

/// Names what holds all locks, or has asked for them. Whoever got it has to end it with [`Core::release`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Exclusive(TransactionId);

impl Exclusive {
    pub(super) fn id(self) -> TransactionId {
        self.0
    }
}

impl Core {
    /// Asks for all locks of all shards. [`Outcome::Granted`] tells that they are there.
    pub fn submit_exclusive(&mut self, request: Request) -> Exclusive {
        self.submit_exclusive_if(request, None)
    }

    /// The same for an EXEC, unless a watched key has changed: then [`Outcome::Aborted`] is all that comes of it.
    pub fn submit_exclusive_if(
        &mut self,
        request: Request,
        watching: Option<&Watching>,
    ) -> Exclusive {
        let mut transaction = self.new_transaction(request, Vec::new());
        transaction.is_exclusive = true;
        let id = transaction.id;
        let shards: Vec<ShardId> = ShardId::first(self.placement.shards()).collect();
        self.lock(&mut transaction, &shards, watching);
        self.keep_or_finish(transaction);
        Exclusive(id)
    }

    /// Runs commands one after the other under the locks, as EXEC does. [`Outcome::Granted`] brings their replies.
    ///
    /// Invariant: nothing that was to run before is under way still.
    pub fn run_under(&mut self, exclusive: Exclusive, queue: Vec<Queued>) {
        let units = self.units_of(queue);
        let Some(mut transaction) = self.transactions.remove(&exclusive.0) else {
            debug_assert!(false, "locks that were given back run nothing");
            return;
        };
        transaction.own = units.len();
        transaction.units = units;
        self.requests.begin();
        transaction.stage = Stage::Running {
            next: 0,
            gathering: false,
        };
        self.go_on(transaction);
    }

    /// The same for `caller`, who need not be who asked for the locks: what a script calls answers as the script wants it.
    pub fn run_under_for(&mut self, exclusive: Exclusive, caller: Caller, queue: Vec<Queued>) {
        if let Some(transaction) = self.transactions.get_mut(&exclusive.0) {
            transaction.caller = caller;
        }
        self.run_under(exclusive, queue);
    }

    /// Gives the locks back. Before that `errand` runs on every shard, where it makes one. [`Outcome::Released`] tells
    /// that all this has happened.
    pub fn release(
        &mut self,
        exclusive: Exclusive,
        mut errand: impl FnMut(ShardId) -> Option<Errand>,
    ) {
        let Some(mut transaction) = self.transactions.remove(&exclusive.0) else {
            debug_assert!(false, "locks are given back once");
            return;
        };
        self.requests.begin();
        for shard in &transaction.locked {
            let Some(errand) = errand(*shard) else {
                continue;
            };
            let (db, words) = (DbIndex(0), std::iter::empty());
            let block = &mut self.requests[*shard];
            block.push(What::Errand, db, transaction.caller, ReplyTo::Nobody, words);
            block.attach(Carry::Errand(errand));
        }
        transaction.outcome = Some(Outcome::Released(exclusive));
        self.unlock(transaction, true);
    }

    /// Tells whoever holds all locks that what was to happen under them has happened.
    pub(super) fn hand_over(&mut self, mut transaction: Transaction) {
        let (id, client) = (transaction.id, transaction.client);
        let pieces = transaction.take_pieces();
        self.transactions.insert(id, transaction);
        self.finished
            .push((client, Outcome::Granted(Exclusive(id), pieces)));
    }
}
