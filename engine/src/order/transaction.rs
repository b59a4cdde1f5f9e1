//! A command, or a MULTI block, that meets more than one shard or takes more than one hop, as its coordinator sees it.
//!
//! ```text
//!   one hop:     parts to all shards ──> replies ──> joined
//!   more hops:   locks (and gathers) ──> granted ──> unit by unit: parts, or gather ─> decide ─> apply ──> unlock
//! ```
//!
//! Invariants:
//! - All locks are asked for in one flush, so that every core puts transactions in the same order.
//! - The unlock is sent behind the last apply, in the same or a later flush; the reply leaves after that flush.

use super::block::{Client, TransactionId};
use super::carry::Carry;
use super::core::Queued;
use super::exclusive::Exclusive;
use super::links::Linked;
use super::lookups::Lookups;
use super::plan::Plan;
use super::stamp::ShardId;
use crate::command::args::{Args, OwnedArgs};
use crate::command::spec::{Command, Join, Reach, Run};
use crate::command::table::{CommandId, table};
use crate::key::placement::Placement;
use crate::resp::elements::{array_elements, integer, is_error};
use crate::resp::reply::ReplyWriter;
use crate::shard::DbIndex;
use crate::shard::context::Caller;
use crate::shard::waiting::WaiterId;

/// What EXEC answers for one queued command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// This command left this reply.
    Reply(CommandId, Vec<u8>),
    /// The connection's core answers it itself: the n-th queued command.
    Session(usize),
}

/// How a transaction ended.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// A single command's reply.
    Reply(Vec<u8>),
    /// EXEC ran its commands.
    Executed(Vec<Piece>),
    /// EXEC ran nothing, as a watched key had changed.
    Aborted,
    /// All locks are held, and what was to run under them has left these replies.
    Granted(Exclusive, Vec<Piece>),
    /// All locks are given back.
    Released(Exclusive),
    /// A program ran and was undone, as it needs more than one shard: it is to be run under all locks.
    Roams(Caller, Queued),
}

/// One command of a transaction.
pub(super) struct Unit {
    /// None for a command that the connection's core answers itself.
    pub command: Option<CommandId>,
    pub db: DbIndex,
    pub args: OwnedArgs,
    pub plan: Plan,
    /// Replies of the parts, in the order of the plan.
    pub parts: Vec<Vec<u8>>,
    /// What was gathered, key by key, and then round by round.
    pub carries: Vec<Carry>,
    /// What is being looked up, see [`crate::command::spec::Following`].
    pub lookups: Option<Lookups>,
    /// The finished reply.
    pub reply: Vec<u8>,
    /// How long it took so far, on all shards and here.
    pub took: u64,
    /// When its last part ended, on the meter's clock.
    pub ended: u64,
    /// The words with which it waits, once it was decided that it has to.
    pub waits: Option<OwnedArgs>,
    /// Whose command it is, if not the transaction's.
    pub caller: Option<Caller>,
}

impl Unit {
    pub(super) fn new(
        command: CommandId,
        db: DbIndex,
        args: OwnedArgs,
        plan: Plan,
        shards: u16,
    ) -> Self {
        let (parts, carries) = match &plan {
            Plan::One(_) => (1, 0),
            Plan::Split(shares) => (shares.len(), 0),
            Plan::Everywhere => (shards as usize, 0),
            Plan::Steps(keys) => (0, keys.len()),
        };
        Unit {
            command: Some(command),
            db,
            args,
            plan,
            parts: vec![Vec::new(); parts],
            carries: std::iter::repeat_with(Carry::default)
                .take(carries)
                .collect(),
            lookups: None,
            reply: Vec::new(),
            took: 0,
            ended: 0,
            waits: None,
            caller: None,
        }
    }

    /// A command that takes its turn in EXEC without meeting a shard.
    pub(super) fn session(db: DbIndex, here: ShardId) -> Self {
        Unit {
            command: None,
            db,
            args: OwnedArgs::new(),
            plan: Plan::One(here),
            parts: Vec::new(),
            carries: Vec::new(),
            lookups: None,
            reply: Vec::new(),
            took: 0,
            ended: 0,
            waits: None,
            caller: None,
        }
    }

    pub(super) fn row(&self) -> Option<&'static Command> {
        self.command.map(|id| table().row(id))
    }

    /// Makes the reply out of the parts.
    pub(super) fn join(&mut self, caller: Caller) {
        let Some(row) = self.row() else { return };
        match &self.plan {
            Plan::One(_) => self.reply = std::mem::take(&mut self.parts[0]),
            Plan::Split(_) | Plan::Everywhere => {
                join_parts(row, &self.plan, &self.parts, caller, &mut self.reply)
            }
            Plan::Steps(_) => {}
        }
    }

    /// Where it may look beyond its keys, as far as it runs there.
    pub(super) fn reach(&self) -> Reach {
        let row = self.row();
        row.map_or(Reach::Nowhere, |row| row.run.reach(&self.args.as_args()))
    }

    /// Ends a round of lookups, if one was under way, and asks for the next one. Returns whether there is one.
    pub(super) fn look_further(&mut self, placement: &Placement) -> bool {
        if let Some(lookups) = self.lookups.take() {
            self.carries.push(Carry::Found(lookups.join()));
        }
        let Some(Run::Follow(following)) = self.row().map(|row| row.run) else {
            return false;
        };
        if self.reach() == Reach::Nowhere {
            return false;
        }
        let words = (following.next)(&self.args.as_args(), &mut self.carries);
        if words.as_args().is_empty() {
            return false;
        }
        self.lookups = Some(Lookups::new(words, placement));
        true
    }

    /// Decides with what was gathered; writes the reply, unless the command `may_wait` and does.
    pub(super) fn decide(&mut self, caller: Caller, may_wait: bool) {
        let Some(row) = self.row() else { return };
        let Some(steps) = row.run.steps() else { return };
        let mut reply = ReplyWriter::bounded(&mut self.reply, caller.protocol, caller.bound);
        if let Err(error) = (steps.decide)(&self.args.as_args(), &mut self.carries, &mut reply) {
            reply.truncate(0);
            reply.error(error.line());
        }
        if let Run::Blocking(waits) = row.run
            && reply.position() == 0
        {
            if may_wait {
                self.waits = Some((waits.words)(&self.args.as_args(), &mut self.carries));
            } else {
                (waits.nothing)(&mut reply);
            }
        }
    }
}

pub(super) fn join_parts(
    row: &Command,
    plan: &Plan,
    parts: &[Vec<u8>],
    caller: Caller,
    out: &mut Vec<u8>,
) {
    let (Run::PerKey { join, .. } | Run::EveryShard { join, .. }) = row.run else {
        return;
    };
    if let Some(error) = parts.iter().find(|part| is_error(part)) {
        out.extend_from_slice(error);
        return;
    }
    let mut reply = ReplyWriter::new(out, caller.protocol);
    match join {
        Join::Sum => reply.integer(parts.iter().filter_map(|part| integer(part)).sum()),
        Join::First => reply.raw(&parts[0]),
        Join::ByKey => join_by_key(plan, parts, &mut reply),
        Join::Concat => {
            let elements: Vec<&[u8]> = parts.iter().flat_map(|part| array_elements(part)).collect();
            reply.array(elements.len());
            elements.into_iter().for_each(|element| reply.raw(element));
        }
        Join::With(join) => {
            let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
            join(&parts, &mut reply);
        }
    }
}

fn join_by_key(plan: &Plan, parts: &[Vec<u8>], reply: &mut ReplyWriter<'_>) {
    let Plan::Split(shares) = plan else { return };
    let count = shares.iter().map(|share| share.keys.len()).sum();
    let mut elements: Vec<&[u8]> = vec![&[]; count];
    for (share, part) in shares.iter().zip(parts) {
        for (key, element) in share.keys.iter().zip(array_elements(part)) {
            elements[*key as usize] = element;
        }
    }
    reply.array(count);
    elements.into_iter().for_each(|element| reply.raw(element));
}

/// Where a transaction stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Everything was sent at once.
    OneHop,
    /// A step of a walk was sent to this shard, or to all those behind it.
    Walking { first: ShardId },
    /// Locks are asked for.
    Locking,
    /// Units before `next` are done or sent; a gathering unit is `next - 1`.
    Running { next: usize, gathering: bool },
    /// Shards are asked whom the transaction has woken, see [`super::links`].
    Turns,
    /// All is done and the locks are given back; whoever waits for what was done is being served.
    Settling,
}

/// See the top of the file.
pub(super) struct Transaction {
    pub id: TransactionId,
    pub client: Client,
    pub caller: Caller,
    pub is_exec: bool,
    /// Whether its locks stay until whoever asked for them gives them back, see [`super::exclusive`].
    pub is_exclusive: bool,
    /// How many commands have run and are forgotten.
    pub ran: u32,
    pub units: Vec<Unit>,
    pub stage: Stage,
    /// How many of the units its client asked for; behind them stand those of waiters that it serves.
    pub own: usize,
    pub linked: Linked,
    /// Who is to be served next.
    pub ready: Option<WaiterId>,
    /// Whose command the last unit is.
    pub serving: Option<WaiterId>,
    /// Answers still to come.
    pub remaining: usize,
    /// Whether every watch was clean so far.
    pub clean: bool,
    /// Where locks are held.
    pub locked: Vec<ShardId>,
    /// Whose blocking command it is, outside of MULTI.
    pub waiter: Option<WaiterId>,
    /// Whether it may have made others ready whose service has consequences; its reply waits for those.
    pub settles: bool,
    /// How it ended, until it is settled.
    pub outcome: Option<Outcome>,
    /// Where answers are held back until it is settled.
    pub held_at: Vec<ShardId>,
}

impl Transaction {
    /// For whom a unit runs.
    pub(super) fn caller_of(&self, index: usize) -> Caller {
        self.units[index].caller.unwrap_or(self.caller)
    }

    /// Whether its first unit is gathered in the hop that asks for the locks.
    pub(super) fn gathers_first(&self) -> bool {
        let first = self.units.first().map(|unit| &unit.plan);
        !self.is_exec && matches!(first, Some(Plan::Steps(_)))
    }

    /// The number of a unit among all commands of the transaction.
    pub(super) fn number(&self, index: usize) -> u32 {
        self.ran + index as u32
    }

    /// The unit with this number.
    pub(super) fn index(&self, number: u32) -> usize {
        (number - self.ran) as usize
    }

    /// Makes the reply of each command.
    pub(super) fn join(&mut self) -> Outcome {
        self.join_open();
        self.outcome()
    }

    fn join_open(&mut self) {
        let caller = self.caller;
        let open = self.units.iter_mut().filter(|unit| unit.reply.is_empty());
        open.for_each(|unit| unit.join(caller));
    }

    fn outcome(&mut self) -> Outcome {
        if !self.clean {
            return Outcome::Aborted;
        }
        if !self.is_exec {
            return Outcome::Reply(std::mem::take(&mut self.units[0].reply));
        }
        Outcome::Executed(self.pieces())
    }

    fn pieces(&mut self) -> Vec<Piece> {
        let piece = |(index, unit): (usize, &mut Unit)| match unit.command {
            Some(command) => Piece::Reply(command, std::mem::take(&mut unit.reply)),
            None => Piece::Session(index),
        };
        self.units.iter_mut().enumerate().map(piece).collect()
    }

    /// The replies of what has run, which is forgotten.
    pub(super) fn take_pieces(&mut self) -> Vec<Piece> {
        self.join_open();
        let pieces = self.pieces();
        self.ran += self.units.len() as u32;
        self.units.clear();
        pieces
    }
}

/// The words of one shard's share of a split command whose keys begin at word `first`.
pub(super) fn share_words<'a>(
    args: Args<'a>,
    keys: &'a [u32],
    first: usize,
    width: usize,
) -> impl Iterator<Item = &'a [u8]> + 'a {
    let name = (0..first).map(move |at| args.at(at));
    name.chain(keys.iter().flat_map(move |key| {
        let start = first + *key as usize * width;
        (start..start + width).map(move |at| args.at(at))
    }))
}
