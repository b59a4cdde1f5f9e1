//! Programs: commands whose work nobody knows before it is done, as scripts. The engine knows only that one runs on a shard, calls
//! commands there, and ends, or finds that it needs more than this shard.
//!
//! ```text
//!   keys on one shard:  goes there as one operation ──> runs on its ground ──> its reply
//!                                                         └─> needs another shard: undone ──┐
//!   keys on several shards, or known to need more ──────────────────────────────────────────┴─> runs under all locks
//! ```
//!
//! Invariants:
//! - A program on the ground of one shard touches only keys that nobody before it in the order holds or waits for.
//! - What it did is seen by nobody until it has ended: it runs in one go, and while it pauses it holds the whole shard.
//! - One that needs more leaves no trace, see [`super::journal`].

use super::core::Core;
use super::exclusive::Exclusive;
use super::journal::{Journal, Kept};
use super::lock_table::{Holder, LockKey, LockTable, Scope, Standing};
use super::place::Place;
use super::plan::{Plan, plan};
use super::transaction::join_parts;
use crate::command::args::Args;
use crate::command::flags::Flags;
use crate::command::spec::{self, Command, Run};
use crate::command::table::{CommandId, table};
use crate::effect::log_form;
use crate::keyspace::key::Key;
use crate::resp::reply::ReplyWriter;
use crate::shard::context::Caller;
use crate::shard::execute::{execute, key_positions};
use crate::shard::{DbIndex, Shard};
use crate::time::UnixMillis;

/// What becomes of a program's turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ran {
    /// It has ended and its reply is written.
    Ended,
    /// It needs what is not on its ground. It was given up, and is to run again under all locks.
    Roams,
    /// It has run for long and wants to be called again.
    Pauses,
}

/// A program as it begins.
#[derive(Clone, Copy)]
pub struct Start<'a> {
    /// The command that runs it.
    pub command: CommandId,
    /// Its words.
    pub args: Args<'a>,
    /// The database.
    pub db: DbIndex,
    /// For what kind of client.
    pub caller: Caller,
}

/// Whoever can run programs on a core.
pub trait Programs {
    /// Whether this one is known to need more than the shard of its keys.
    fn roams(&mut self, command: CommandId, args: &Args<'_>) -> bool;

    /// Runs one on `ground` and appends its reply to `out`.
    fn run(&mut self, start: Start<'_>, ground: &mut Ground<'_>, out: &mut Vec<u8>) -> Ran;

    /// Goes on with the one that paused last.
    fn go_on(&mut self, ground: &mut Ground<'_>, out: &mut Vec<u8>) -> Ran;
}

/// What came of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Called {
    /// It has run and its reply is written.
    Done,
    /// It can't run here, and nothing of it has.
    Elsewhere,
}

/// What a program may touch.
pub(super) enum Reach<'a> {
    /// Keys of this shard that nobody before it in the order has to do with; with what it would need to be undone.
    Here(Standing, &'a mut Journal),
    /// Everything, as it holds all locks. It stands at this place, and so many of its commands have run.
    Everything(Option<Place>, &'a mut u32),
}

/// A shard as a program reaches it.
pub struct Ground<'a> {
    shard: &'a mut Shard,
    locks: &'a LockTable,
    reach: Reach<'a>,
    now: UnixMillis,
}

impl<'a> Ground<'a> {
    pub(super) fn new(
        shard: &'a mut Shard,
        locks: &'a LockTable,
        reach: Reach<'a>,
        now: UnixMillis,
    ) -> Self {
        Ground {
            shard,
            locks,
            reach,
            now,
        }
    }

    /// The moment at which the program runs; it stands still while it does.
    pub fn now(&self) -> UnixMillis {
        self.now
    }

    /// The shard, to look at.
    pub fn shard(&self) -> &Shard {
        self.shard
    }

    /// Runs a command and appends its reply to `out`, if it can run here.
    pub fn call(
        &mut self,
        command: CommandId,
        db: DbIndex,
        caller: Caller,
        args: &Args<'_>,
        out: &mut Vec<u8>,
    ) -> Called {
        let row = table().row(command);
        if matches!(row.run, Run::Session) {
            return Called::Elsewhere;
        }
        let territory = self.shard.territory();
        let (me, shards) = (territory.me(), territory.placement().shards());
        let plan = match plan(row, args, territory.placement(), me) {
            Ok(plan) => plan,
            Err(error) => {
                ReplyWriter::new(out, caller.protocol).error(error.line());
                return Called::Done;
            }
        };
        match plan {
            Plan::One(shard) if shard == me && self.may_touch(row, args) => {
                if !self.keep_former(row, db, args) {
                    return Called::Elsewhere;
                }
                self.run(row, db, caller, args, out);
                Called::Done
            }
            Plan::Everywhere if shards == 1 && self.may_touch(row, args) => {
                let mut part = Vec::new();
                self.run(row, db, caller, args, &mut part);
                join_parts(row, &plan, &[part], caller, out);
                Called::Done
            }
            _ => Called::Elsewhere,
        }
    }

    fn run(
        &mut self,
        row: &Command,
        db: DbIndex,
        caller: Caller,
        args: &Args<'_>,
        out: &mut Vec<u8>,
    ) {
        let changes = self.shard.changes;
        let is_logged = self.shard.log.is_read;
        if is_logged {
            self.stand();
        }
        execute(self.shard, row, db, caller, self.now, args, out);
        if is_logged {
            let changes = self.shard.changes - changes;
            self.shard.log.record(changes, db, args);
        }
    }

    /// Tells the log where the next command stands.
    fn stand(&mut self) {
        match &mut self.reach {
            Reach::Here(..) => self.shard.log.begin_next_command(),
            Reach::Everything(place, ran) => {
                if let Some(place) = place {
                    self.shard.log.standing = log_form::Standing::Unit(*place, **ran);
                }
                **ran = ran.wrapping_add(1);
            }
        }
    }

    /// Whether nobody before the program in the order has to do with the keys of a command.
    fn may_touch(&self, row: &Command, args: &Args<'_>) -> bool {
        let Reach::Here(standing, _) = &self.reach else {
            return true;
        };
        if self.locks.is_empty() {
            return true;
        }
        if row.run.reach(args) != spec::Reach::Nowhere {
            return self.locks.is_clear(standing, &Scope::Everything);
        }
        let seed = self.shard.seed();
        let lock = |at: usize| LockKey(Key::new(args.at(at), seed).hash());
        let keys = key_positions(row.keys, args).into_iter().map(lock);
        self.locks.is_clear(standing, &Scope::Keys(keys.collect()))
    }

    /// Keeps what the keys of a command hold, if it may change them. Returns false if that can't be.
    fn keep_former(&mut self, row: &Command, db: DbIndex, args: &Args<'_>) -> bool {
        let Reach::Here(_, journal) = &mut self.reach else {
            return true;
        };
        if !row.flags.contains(Flags::WRITE) {
            return true;
        }
        let mut keys = key_positions(row.keys, args).into_iter();
        !meets_other_databases(row, args)
            && keys.all(|at| journal.keep(self.shard, db, args.at(at)) == Kept::Safely)
    }
}

/// Whether a command may write to its keys in a database that is not selected.
fn meets_other_databases(row: &Command, args: &Args<'_>) -> bool {
    row.name == "move" || (row.name == "copy" && args.len() > 3)
}

impl Core {
    /// Hands in whoever can run programs. Without it, all of them end with an error.
    pub fn set_programs(&mut self, programs: Box<dyn Programs>) {
        self.participant.programs = Some(programs);
    }

    /// This core's shard under all locks, at the moment when a program began. None if they are given back.
    pub fn ground_under(&mut self, exclusive: Exclusive, now: UnixMillis) -> Option<Ground<'_>> {
        let transaction = self.transactions.get_mut(&exclusive.id())?;
        let participant = &mut self.participant;
        let place = participant.locks.place_of(Holder(exclusive.id().0));
        Some(Ground::new(
            &mut participant.shard,
            &participant.locks,
            Reach::Everything(place, &mut transaction.ran),
            now,
        ))
    }

    /// Whether a program pauses on this shard.
    pub fn has_paused(&self) -> bool {
        self.participant.paused.is_some()
    }

    /// Lets the program that pauses on this shard go on.
    pub fn go_on_paused(&mut self, now: UnixMillis) {
        self.participant.go_on_paused(now);
        self.collect_late();
    }
}

/// Whether a command is a program.
pub(super) fn is_program(command: &Command) -> bool {
    matches!(command.run, Run::Program)
}
