//! Commands that took long on the shards, as the core of their client learns of it.
//!
//! A command that ran at once is timed by whoever submitted it. What ran elsewhere brings its time along with the answer:
//! a command of several parts takes the sum of them, and of what its core does between them. What follows behind the
//! reply (the applies of a command of several hops) does not count; nor does the time spent waiting.
//!
//! Nothing of a command is copied unless it was notable ([`crate::shard::meter::Meter::is_notable`]).

use super::block::{Block, Client, Op, What};
use super::core::Core;
use super::transaction::Transaction;
use crate::command::args::{Args, OwnedArgs};
use crate::command::table::CommandId;

/// One of them.
#[derive(Debug)]
pub struct Slow {
    /// Whose command it was.
    pub client: Client,
    /// Which.
    pub command: CommandId,
    /// How long it took, in the meter's unit.
    pub took: u64,
    /// When it ended, on the meter's clock.
    pub ended: u64,
    /// Its words.
    pub args: OwnedArgs,
}

impl Core {
    /// Takes what was slow since the last call, in the order of the replies.
    pub fn take_slow(&mut self) -> Vec<Slow> {
        std::mem::take(&mut self.slow)
    }

    /// Whether something was slow since the last [`Core::take_slow`].
    #[inline]
    pub fn has_slow(&self) -> bool {
        !self.slow.is_empty()
    }

    /// A command of `client` took `took` and ended at `ended`, in the meter's unit.
    #[inline]
    pub(super) fn note_time(
        &mut self,
        client: Client,
        command: CommandId,
        took: u64,
        ended: u64,
        args: &Args<'_>,
    ) {
        if self.shard_ref().meter.is_notable(took) {
            let args = OwnedArgs::copy(args);
            self.slow.push(Slow {
                client,
                command,
                took,
                ended,
                args,
            });
        }
    }

    /// An operation of `block` that is a whole command of `client` was answered.
    #[inline]
    pub(super) fn note_op(&mut self, client: Client, block: &Block, op: &Op) {
        if let What::Run(command) | What::Program(command) = op.what {
            self.note_time(client, command, op.took, block.ended, &block.args(op));
        }
    }

    /// The commands of a transaction have run. The words of one that waited are not those it came with.
    pub(super) fn note_units(&mut self, transaction: &Transaction) {
        if !transaction.clean || transaction.waiter.is_some() {
            return;
        }
        // Units on several shards may end in any order; as clients see it they follow each other.
        let mut ended = 0;
        for unit in &transaction.units {
            ended = unit.ended.max(ended);
            if let Some(command) = unit.command {
                self.note_time(
                    transaction.client,
                    command,
                    unit.took,
                    ended,
                    &unit.args.as_args(),
                );
            }
        }
    }
}
