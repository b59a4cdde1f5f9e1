//! Programs on one shard: they run in one go, or pause and hold the whole shard until they have ended.

use super::block::{Answer, Block, Client, ReplyTo, What};
use super::core::{Core, Queued, Request, Submitted};
use super::journal::Journal;
use super::lock_table::{Holder, Standing};
use super::participant::{Participant, Turn};
use super::plan::Plan;
use super::program::{Ground, Ran, Reach, Start};
use super::stamp::ShardId;
use super::transaction::Outcome;
use crate::command::args::{Args, OwnedArgs};
use crate::command::table::{CommandId, table};
use crate::effect::log_form::Standing as LogStanding;
use crate::effect::notice::Notice;
use crate::effect::stream::LogStream;
use crate::resp::reply::ReplyWriter;
use crate::time::UnixMillis;

/// A program that pauses.
///
/// Invariant: while it does, it holds the whole shard, and what it has done so far is nobody's business.
pub(super) struct Paused {
    holder: Holder,
    standing: Standing,
    journal: Journal,
    notices: Vec<Notice>,
    /// What it is to leave in the log, and where it stands there.
    log: LogStream,
    place: LogStanding,
    /// The moment at which it began.
    now: UnixMillis,
    /// Its operation, and where that came from.
    block: Block,
    from: ShardId,
}

impl Participant {
    /// Runs a program that may run now. The answer of one that pauses comes later, out of `block`, which is its operation
    /// alone; it is asked for only then.
    pub(super) fn run_program(
        &mut self,
        start: Start<'_>,
        turn: Turn,
        out: &mut Vec<u8>,
        block: impl FnOnce() -> Block,
    ) -> Ran {
        let Turn { from, own, now } = turn;
        let mut journal = Journal::new(&self.shard);
        let notices = self.shard.notices_len();
        let standing = self.locks.standing(own);
        let Some(programs) = &mut self.programs else {
            ReplyWriter::new(out, start.caller.protocol).error("ERR scripts can't run here");
            return Ran::Ended;
        };
        let logged = self.shard.log.take_stream();
        let reach = Reach::Here(standing, &mut journal);
        let mut ground = Ground::new(&mut self.shard, &self.locks, reach, now);
        let ran = programs.run(start, &mut ground, out);
        let log = self.shard.log.exchange_stream(logged);
        match ran {
            Ran::Ended => self.shard.log.append(log),
            Ran::Roams => journal.undo(&mut self.shard),
            Ran::Pauses => {
                let holder = Holder(self.next_passing);
                self.next_passing += 1;
                let standing = self.locks.seize(holder, self.now.unit());
                let notices = self.shard.split_notices(notices);
                let block = block();
                self.paused = Some(Box::new(Paused {
                    holder,
                    standing,
                    journal,
                    notices,
                    log,
                    place: self.shard.log.standing,
                    now,
                    block,
                    from,
                }));
            }
        }
        ran
    }

    /// Lets the program that pauses go on.
    pub(super) fn go_on_paused(&mut self, now: UnixMillis) {
        let (Some(mut paused), Some(programs)) = (self.paused.take(), &mut self.programs) else {
            return;
        };
        let before = self.shard.notices_len();
        let own = std::mem::take(&mut paused.log);
        let logged = self.shard.log.exchange_stream(own);
        self.shard.log.standing = paused.place;
        let reach = Reach::Here(paused.standing, &mut paused.journal);
        let mut ground = Ground::new(&mut self.shard, &self.locks, reach, paused.now);
        let mut reply = Vec::new();
        let ran = programs.go_on(&mut ground, &mut reply);
        paused.place = self.shard.log.standing;
        paused.log = self.shard.log.exchange_stream(logged);
        let since = self.shard.split_notices(before);
        paused.notices.extend(since);
        if ran == Ran::Pauses {
            self.paused = Some(paused);
            return;
        }
        let Paused {
            holder,
            mut block,
            from,
            journal,
            notices,
            log,
            ..
        } = *paused;
        if ran == Ran::Roams {
            journal.undo(&mut self.shard);
        } else {
            self.shard.add_notices(notices);
            self.shard.log.append(log);
        }
        let len = reply.len() as u32;
        block.replies = reply;
        block.ops[0].answer = Answer::Reply { start: 0, len };
        self.late.push((from, block));
        self.end(std::iter::once(holder), now);
    }

    /// Runs the program that is an operation of `block`. Returns whether its answer comes later.
    pub(super) fn run_program_op(&mut self, turn: Turn, block: &mut Block, index: usize) -> bool {
        let op = &block.ops[index];
        let What::Program(command) = op.what else {
            return false;
        };
        let (db, caller, args) = (op.db, op.caller, OwnedArgs::copy(&block.args(op)));
        let start = Start {
            command,
            args: args.as_args(),
            db,
            caller,
        };
        let mut reply = Vec::new();
        let ran = self.run_program(start, turn, &mut reply, || block.split_out(index, 1));
        block.replies.extend_from_slice(&reply);
        block.ops[index].took = self.shard.meter.lap(command);
        ran == Ran::Pauses
    }
}

impl Core {
    /// Runs a program here, sends it to the shard of its keys, or leaves it to the caller to run it under all locks.
    pub(super) fn submit_program(
        &mut self,
        request: Request,
        command: CommandId,
        args: &Args<'_>,
        plan: Plan,
        out: &mut Vec<u8>,
    ) -> Submitted {
        let row = table().row(command);
        let Plan::One(shard) = plan else {
            return Submitted::Roams;
        };
        let programs = self.participant.programs.as_mut();
        if programs.is_some_and(|programs| programs.roams(command, args)) {
            return Submitted::Roams;
        }
        if shard != self.me() || request.must_travel || !self.participant.may_run(row, args) {
            self.send_program(request, command, args, shard);
            return Submitted::Alone;
        }
        let start = out.len();
        self.begin_own();
        let program = Start {
            command,
            args: *args,
            db: request.db,
            caller: request.caller,
        };
        let turn = Turn {
            from: self.me(),
            own: None,
            now: request.now,
        };
        let block = || Block::of_request(request, command, args);
        match self.participant.run_program(program, turn, out, block) {
            Ran::Roams => Submitted::Roams,
            Ran::Pauses => Submitted::Alone,
            Ran::Ended => {
                self.serve_after(request.now);
                self.answer_now_or_later(request.client, command, args, start, out)
            }
        }
    }

    fn send_program(
        &mut self,
        request: Request,
        command: CommandId,
        args: &Args<'_>,
        shard: ShardId,
    ) {
        self.requests.begin();
        self.requests[shard].push(
            What::Program(command),
            request.db,
            request.caller,
            ReplyTo::Client(request.client),
            args.iter(),
        );
    }

    /// A program that was sent to a shard needs more than that one.
    pub(super) fn note_roaming(&mut self, client: Client, block: &Block, op: usize) {
        let op = &block.ops[op];
        let What::Program(command) = op.what else {
            return;
        };
        let unit = Queued {
            command: Some(command),
            db: op.db,
            args: OwnedArgs::copy(&block.args(op)),
        };
        self.finished
            .push((client, Outcome::Roams(op.caller, unit)));
    }
}

impl Block {
    /// The program of a client of this core, as an operation that is not run yet.
    fn of_request(request: Request, command: CommandId, args: &Args<'_>) -> Block {
        let mut block = Block::default();
        block.push(
            What::Program(command),
            request.db,
            request.caller,
            ReplyTo::Client(request.client),
            args.iter(),
        );
        block
    }
}
