//! One core's place in the order: its shard, what it asks of other cores, and the transactions it coordinates. Without
//! I/O: blocks come in and go out, the caller moves them.
//!
//! A turn of the caller is one tick: hand in the blocks that arrived below the new logical time ([`Core::run_block`]), the
//! answers that came back ([`Core::take_answers`]), then the commands of clients ([`Core::submit`]), then flush
//! [`Core::take_requests`] and [`Core::take_returns`], and only then let replies leave.

use hashbrown::HashMap;

use super::block::{Answer, Block, Client, ReplyTo, TransactionId, What};
use super::carry::Carry;
use super::hops::{GROUP, LOOKED_UP, TURN, UNLOCKED};
use super::links::Linked;
use super::participant::{Participant, Room};
use super::place::Place;
use super::plan::{Plan, first_key_at, plan};
use super::program::is_program;
use super::requests::Requests;
use super::slow::Slow;
use super::stamp::{ShardId, Stamp, Tag};
use super::transaction::{Outcome, Stage, Transaction, Unit};
use super::waits::Wait;
use crate::command::args::{Args, OwnedArgs};
use crate::command::error::CommandError;
use crate::command::spec::{Command, Run};
use crate::command::table::{CommandId, table};
use crate::command::timeout::Patience;
use crate::key::placement::Placement;
use crate::key::slot::Slot;
use crate::keyspace::key::Key;
use crate::resp::elements::integer;
use crate::resp::reply::{Protocol, ReplyWriter};
use crate::shard::context::Caller;
use crate::shard::execute::execute;
use crate::shard::territory::Territory;
use crate::shard::waiting::WaiterId;
use crate::shard::watch::WatcherId;
use crate::shard::{DbIndex, Shard};
use crate::time::UnixMillis;

/// Empty blocks kept for reuse, per shard.
const SPARE_PER_SHARD: usize = 8;
/// Whether a command was answered at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Submitted {
    /// The reply is in the buffer.
    Done,
    /// The reply comes later, to the client's place.
    Pending,
    /// The same for a command that may wait, perhaps for long, under this name. See [`Core::leave`].
    Waiting(WaiterId),
    /// The same for a program: until it is answered no later command of its connection may be submitted, as it may have to
    /// begin anew.
    Alone,
    /// A program that needs more than one shard. The caller runs it, see [`Core::submit_exclusive`].
    Roams,
}

/// A command that MULTI queued.
#[derive(Clone, Debug)]
pub struct Queued {
    /// None for a command that the connection's core answers itself.
    pub command: Option<CommandId>,
    /// The database selected when its turn comes.
    pub db: DbIndex,
    /// Its words.
    pub args: OwnedArgs,
}

/// What a connection watches.
#[derive(Clone, Debug)]
pub struct Watching {
    /// The connection.
    pub watcher: WatcherId,
    /// The shards where it watches keys.
    pub shards: Vec<ShardId>,
}

/// How a client's command is run.
#[derive(Clone, Copy, Debug)]
pub struct Request {
    /// Where the answer goes.
    pub client: Client,
    /// For what kind of client.
    pub caller: Caller,
    /// The selected database.
    pub db: DbIndex,
    /// It must not run right now, as an earlier command of its connection travels.
    pub must_travel: bool,
    /// The moment.
    pub now: UnixMillis,
}

/// See the top of the file.
pub struct Core {
    me: ShardId,
    pub(super) placement: Placement,
    pub(super) participant: Participant,
    /// Requests collected for each core, this one included.
    pub(super) requests: Requests,
    returns: Vec<(ShardId, Block)>,
    spare: Vec<Block>,
    pub(super) transactions: HashMap<TransactionId, Transaction, foldhash::fast::RandomState>,
    next_transaction: u64,
    pub(super) finished: Vec<(Client, Outcome)>,
    pub(super) slow: Vec<Slow>,
    /// Blocking commands of clients of this core.
    pub(super) waits: HashMap<WaiterId, Wait, foldhash::fast::RandomState>,
    pub(super) next_waiter: u64,
}

impl Core {
    /// The core of shard `me`.
    pub fn new(me: ShardId, placement: Placement, mut shard: Shard) -> Self {
        shard.set_territory(Territory::new(me, placement.clone()));
        let shards = placement.shards();
        Core {
            me,
            placement,
            participant: Participant::new(shard),
            requests: Requests::new(shards),
            returns: Vec::new(),
            spare: Vec::new(),
            transactions: HashMap::default(),
            next_transaction: u64::from(me.0) << 48,
            finished: Vec::new(),
            slow: Vec::new(),
            waits: HashMap::default(),
            next_waiter: u64::from(me.0) << 48,
        }
    }

    /// This core's shard.
    pub fn me(&self) -> ShardId {
        self.me
    }

    /// The table of slots.
    pub fn placement(&self) -> &Placement {
        &self.placement
    }

    /// The data.
    pub fn shard(&mut self) -> &mut Shard {
        &mut self.participant.shard
    }

    /// The data, to look at.
    pub fn shard_ref(&self) -> &Shard {
        &self.participant.shard
    }

    /// The first key of a command, if it has one at a fixed place and it lives here: to ask for its memory ahead.
    #[inline]
    pub fn own_key<'a>(&self, command: &Command, args: &Args<'a>) -> Option<Key<'a>> {
        let key = first_key_at(command, args)?;
        let slot = Slot::of(key);
        let is_here = self.placement.of_slot(slot) == self.me;
        is_here.then(|| Key::in_slot(key, slot, self.participant.shard.seed()))
    }

    /// Transactions under way.
    pub fn open_transactions(&self) -> usize {
        self.transactions.len()
    }

    /// Whether no lock is held or wanted on this shard, and no answer held back.
    pub fn is_unlocked(&self) -> bool {
        self.participant.is_unlocked() && self.participant.is_settled()
    }

    /// As [`Participant::make_room`].
    pub fn make_room(&mut self, now: UnixMillis) -> Room {
        self.begin_own();
        self.participant.make_room(now)
    }

    /// Deletes up to `most` keys and fields of hashes that are due and that no transaction holds or wants. Returns how many
    /// went: `most` means there may be more.
    pub fn expire_some(&mut self, now: UnixMillis, most: usize) -> usize {
        self.begin_own();
        self.participant.expire_some(now, most)
    }

    /// A tick begins: what this core runs for its own clients from here on happens at `logical`.
    pub fn begin_tick(&mut self, logical: Stamp) {
        self.participant.begin_tick(logical);
    }

    /// The next operation is this core's own.
    #[inline]
    pub(super) fn begin_own(&mut self) {
        if self.participant.shard.log.is_read {
            self.participant.begin_own();
        }
    }

    /// Behind all that this core ran for its own clients, and all messages below its logical time.
    pub fn logged_own(&self) -> Place {
        self.participant.behind_own()
    }

    /// As [`Participant::logged_below`].
    pub fn logged_below(&self) -> Place {
        self.participant.logged_below()
    }

    /// Runs a block of requests whose turn in the order has come, by the tag of its message.
    pub fn run_block(&mut self, tag: Tag, mut block: Block, now: UnixMillis) {
        let from = tag.sender;
        self.participant.run(tag, &mut block, now);
        self.returns.push((from, block));
        self.collect_late();
    }

    pub(super) fn collect_late(&mut self) {
        self.returns.append(&mut self.participant.take_late());
    }

    /// Takes answers that came back. Calls `reply` for each client that waited for one directly; transactions that end
    /// are found in [`Core::take_finished`].
    pub fn take_answers(&mut self, mut block: Block, reply: &mut dyn FnMut(Client, &[u8])) {
        for index in 0..block.ops.len() {
            let op = &block.ops[index];
            if op.answer == Answer::Deferred {
                continue;
            }
            match op.reply_to {
                ReplyTo::Nobody => {}
                ReplyTo::Client(client)
                    if matches!(op.what, What::Program(_)) && block.reply(op).is_empty() =>
                {
                    self.note_roaming(client, &block, index)
                }
                ReplyTo::Client(client) => {
                    self.note_op(client, &block, op);
                    reply(client, block.reply(op));
                }
                ReplyTo::Waiter(waiter) => {
                    self.take_wait_answer(waiter, op.what, (op.took, block.ended), block.reply(op))
                }
                ReplyTo::Transaction { id, unit, part } => {
                    let carry = block.take_carry(index);
                    let op = &block.ops[index];
                    let time = (op.took, block.ended);
                    self.take_part(id, unit, part, time, block.reply(op), carry);
                }
            }
        }
        if block.recycle() && self.spare.len() < SPARE_PER_SHARD * self.requests.shards() {
            self.spare.push(block);
        }
    }

    /// Transactions that ended since the last call.
    pub fn take_finished(&mut self) -> Vec<(Client, Outcome)> {
        std::mem::take(&mut self.finished)
    }

    /// Whether a transaction ended since the last [`Core::take_finished`].
    pub fn has_finished(&self) -> bool {
        !self.finished.is_empty()
    }

    /// Whether there is something to flush.
    pub fn has_outgoing(&self) -> bool {
        !self.returns.is_empty() || !self.requests.are_empty()
    }

    /// Takes the requests collected for the other cores and this one.
    pub fn take_requests(&mut self, mut send: impl FnMut(ShardId, Block)) {
        for (to, block) in self.requests.iter_mut() {
            if !block.is_empty() {
                let fresh = self.spare.pop().unwrap_or_default();
                send(to, std::mem::replace(block, fresh));
            }
        }
    }

    /// All requests that were taken have left under one stamp.
    pub fn flushed(&mut self) {
        self.requests.flushed();
    }

    /// Takes the blocks that go back with their answers.
    pub fn take_returns(&mut self, mut send: impl FnMut(ShardId, Block)) {
        for (to, block) in self.returns.drain(..) {
            send(to, block);
        }
    }

    /// Runs a command, or sends it on its way. A reply that is there at once is appended to `out`.
    #[inline]
    pub fn submit(
        &mut self,
        request: Request,
        command: CommandId,
        args: &Args<'_>,
        out: &mut Vec<u8>,
    ) -> Submitted {
        let row = table().row(command);
        let plan = match plan(row, args, &self.placement, self.me) {
            Ok(plan) => plan,
            Err(error) => return answer_error(&error, out),
        };
        if is_program(row) {
            return self.submit_program(request, command, args, plan, out);
        }
        if matches!(row.run, Run::Blocking(_)) && patience(row, args) != Patience::None {
            return self.submit_blocking(request, command, args, plan, out);
        }
        let start = out.len();
        match plan {
            Plan::One(first) if self.has_walk_behind(row, first) => {
                self.begin_walk(request, command, args, first)
            }
            plan if self.is_linked(row, args) => {
                let shards = self.placement.shards();
                let unit = Unit::new(command, request.db, OwnedArgs::copy(args), plan, shards);
                self.begin(request, vec![unit], false, None, None)
            }
            Plan::One(shard)
                if shard == self.me
                    && !request.must_travel
                    && self.participant.may_run(row, args) =>
            {
                let changes = self.shard_ref().changes;
                self.begin_own();
                execute(
                    &mut self.participant.shard,
                    row,
                    request.db,
                    request.caller,
                    request.now,
                    args,
                    out,
                );
                self.participant.record(changes, request.db, args);
                self.serve_after(request.now);
                self.answer_now_or_later(request.client, command, args, start, out)
            }
            Plan::One(shard) => {
                let reply_to = ReplyTo::Client(request.client);
                self.requests.begin();
                self.requests[shard].push(
                    What::Run(command),
                    request.db,
                    request.caller,
                    reply_to,
                    args.iter(),
                );
                Submitted::Pending
            }
            Plan::Split(_) | Plan::Everywhere | Plan::Steps(_) => {
                let unit = Unit::new(
                    command,
                    request.db,
                    OwnedArgs::copy(args),
                    plan,
                    self.placement.shards(),
                );
                self.begin(request, vec![unit], false, None, None)
            }
        }
    }

    /// Runs the commands MULTI queued, as one. The outcome is found in [`Core::take_finished`], perhaps at once.
    pub fn submit_exec(
        &mut self,
        request: Request,
        queue: Vec<Queued>,
        watching: Option<Watching>,
    ) {
        let units = self.units_of(queue);
        self.begin(request, units, true, watching, None);
    }

    /// What commands of a queue mean to shards.
    pub(super) fn units_of(&self, queue: Vec<Queued>) -> Vec<Unit> {
        let (here, shards) = (self.me, self.placement.shards());
        let units = queue.into_iter().map(|queued| {
            let Some(command) = queued.command else {
                return Unit::session(queued.db, here);
            };
            match plan(
                table().row(command),
                &queued.args.as_args(),
                &self.placement,
                here,
            ) {
                Ok(plan) => Unit::new(command, queued.db, queued.args, plan, shards),
                Err(error) => {
                    let mut unit = Unit::new(
                        command,
                        queued.db,
                        queued.args,
                        Plan::Split(Vec::new()),
                        shards,
                    );
                    answer_error(&error, &mut unit.reply);
                    unit
                }
            }
        });
        units.collect()
    }

    /// Registers watches. Answered like a command, on the client's place.
    pub fn submit_watch(
        &mut self,
        request: Request,
        watcher: WatcherId,
        keys: &Args<'_>,
    ) -> Vec<ShardId> {
        let mut shards: Vec<ShardId> = keys.iter().map(|key| self.placement.of_key(key)).collect();
        shards.sort_unstable();
        shards.dedup();
        self.requests.begin();
        for (index, shard) in shards.iter().enumerate() {
            // Watches of one flush are placed together, so the last answer stands for all.
            let reply_to = if index + 1 == shards.len() {
                ReplyTo::Client(request.client)
            } else {
                ReplyTo::Nobody
            };
            let own = keys
                .iter()
                .filter(|key| self.placement.of_key(key) == *shard);
            self.requests[*shard].push(
                What::Watch(watcher),
                request.db,
                request.caller,
                reply_to,
                own,
            );
        }
        shards
    }

    /// Ends watches, in order with what was sent before.
    pub fn submit_unwatch(&mut self, watching: &Watching) {
        self.requests.begin();
        for shard in &watching.shards {
            let what = What::Unwatch(watching.watcher);
            let words = std::iter::empty();
            self.requests[*shard].push(what, DbIndex(0), Caller::default(), ReplyTo::Nobody, words);
        }
    }

    pub(super) fn begin(
        &mut self,
        request: Request,
        units: Vec<Unit>,
        is_exec: bool,
        watching: Option<Watching>,
        waiter: Option<WaiterId>,
    ) -> Submitted {
        let mut transaction = self.new_transaction(request, units);
        transaction.is_exec = is_exec;
        transaction.waiter = waiter;
        transaction.linked = self.links_behind(&transaction);
        let shards = self.shards_of(&transaction, watching.as_ref());
        let has_steps = transaction
            .units
            .iter()
            .any(|unit| matches!(unit.plan, Plan::Steps(_)));
        let is_linked = !transaction.linked.is_empty();
        if has_steps || is_linked || (shards.len() > 1 && watching.is_some()) {
            self.lock(&mut transaction, &shards, watching.as_ref());
        } else {
            self.send_at_once(&mut transaction, &shards, watching.as_ref());
        }
        self.keep_or_finish(transaction);
        Submitted::Pending
    }

    pub(super) fn new_transaction(&mut self, request: Request, units: Vec<Unit>) -> Transaction {
        self.requests.begin();
        Transaction {
            id: self.next_id(),
            client: request.client,
            caller: request.caller,
            is_exec: true,
            is_exclusive: false,
            ran: 0,
            own: units.len(),
            units,
            linked: Linked::default(),
            ready: None,
            serving: None,
            stage: Stage::OneHop,
            remaining: 0,
            clean: true,
            locked: Vec::new(),
            waiter: None,
            settles: false,
            outcome: None,
            held_at: Vec::new(),
        }
    }

    /// Every answer of a hop is here: the next one follows, or the end.
    pub(super) fn go_on(&mut self, mut transaction: Transaction) {
        self.advance(&mut transaction);
        self.keep_or_finish(transaction);
    }

    pub(super) fn keep_or_finish(&mut self, transaction: Transaction) {
        if transaction.remaining == 0 {
            self.finish(transaction);
        } else {
            self.transactions.insert(transaction.id, transaction);
        }
    }

    fn next_id(&mut self) -> TransactionId {
        self.next_transaction += 1;
        TransactionId(self.next_transaction - 1)
    }

    /// Runs the command of a waiter again, over several shards.
    pub(super) fn begin_again(&mut self, client: Client, caller: Caller, unit: Unit, id: WaiterId) {
        let request = Request {
            client,
            caller,
            db: unit.db,
            must_travel: true,
            now: UnixMillis::default(),
        };
        self.begin(request, vec![unit], false, None, Some(id));
    }

    /// Serves whoever waits for keys that have changed. To be called when something changed them that was no command.
    pub fn serve_touched(&mut self, now: UnixMillis) {
        self.serve_after(now);
        self.participant.told.clear();
    }

    /// Whether a reply that was written from `start` on may leave, as all that comes of the command has happened.
    #[inline]
    pub(super) fn answer_now_or_later(
        &mut self,
        client: Client,
        command: CommandId,
        args: &Args<'_>,
        start: usize,
        out: &mut Vec<u8>,
    ) -> Submitted {
        if self.participant.told.is_empty() {
            return Submitted::Done;
        }
        let until = std::mem::take(&mut self.participant.told);
        let took = self.shard().meter.lap(command);
        let ended = self.shard_ref().meter.ended();
        self.note_time(client, command, took, ended, args);
        let reply = out.split_off(start);
        let reply_to = ReplyTo::Client(client);
        let mut block = Block::of_answer(What::Run(command), reply_to, reply, 0);
        // Its time is noted.
        block.ops[0].what = What::RunHeld(command);
        self.participant.hold(self.me, block, until);
        Submitted::Pending
    }

    #[inline]
    pub(super) fn serve_after(&mut self, now: UnixMillis) {
        if self.participant.shard.waiting.has_touched() {
            let paused = self.participant.shard.meter.pause();
            self.participant.serve_touched(now);
            self.participant.shard.meter.resume(paused);
            self.collect_late();
        }
    }

    fn take_part(
        &mut self,
        id: TransactionId,
        unit: u32,
        part: u32,
        (took, ended): (u64, u64),
        reply: &[u8],
        carry: Carry,
    ) {
        let Some(mut transaction) = self.transactions.remove(&id) else {
            debug_assert!(false, "an answer for a transaction that has ended");
            return;
        };
        if part == TURN {
            let waiter = reply.try_into().ok().map(u64::from_le_bytes).map(WaiterId);
            transaction.ready = transaction.ready.or(waiter);
        } else if part == GROUP {
            let answer = integer(reply).unwrap_or_default();
            transaction.clean &= answer > 0;
            transaction.settles |= answer > 1;
        } else if part != UNLOCKED {
            let index = transaction.index(unit);
            let unit = &mut transaction.units[index];
            unit.took += took;
            unit.ended = unit.ended.max(ended);
            match (&unit.plan, &mut unit.lookups, carry) {
                (_, Some(lookups), Carry::Found(found)) => {
                    lookups.take((part - LOOKED_UP) as usize, found)
                }
                (Plan::Steps(_), _, carry) => unit.carries[part as usize] = carry,
                _ => unit.parts[part as usize].extend_from_slice(reply),
            }
        }
        transaction.remaining -= 1;
        if transaction.remaining == 0 {
            self.go_on(transaction);
        } else {
            self.transactions.insert(id, transaction);
        }
    }

    /// Every answer of the last hop is here: begins the next one, if there is one.
    fn advance(&mut self, transaction: &mut Transaction) {
        let mut next = match transaction.stage {
            Stage::OneHop | Stage::Turns | Stage::Settling => return,
            Stage::Walking { first } => return self.walk_on(transaction, first),
            _ if !transaction.clean => return,
            Stage::Locking => usize::from(transaction.gathers_first()),
            Stage::Running { next, .. } => next,
        };
        let is_gathered = match transaction.stage {
            Stage::Locking => transaction.gathers_first(),
            Stage::Running { gathering, .. } => gathering,
            Stage::OneHop | Stage::Walking { .. } | Stage::Turns | Stage::Settling => false,
        };
        if is_gathered && !self.settle(transaction, next - 1) {
            let gathering = true;
            transaction.stage = Stage::Running { next, gathering };
            return;
        }
        // As many units as need not see each other's results go in one hop: shards run them in their order.
        let mut gathering = false;
        while next < transaction.units.len() && !gathering {
            gathering = matches!(transaction.units[next].plan, Plan::Steps(_));
            if gathering && transaction.remaining > 0 {
                gathering = false;
                break;
            }
            if gathering {
                self.send_gathers(transaction, next, None);
            } else {
                self.send_parts(transaction, next, None, What::RunHeld);
            }
            next += 1;
        }
        transaction.stage = Stage::Running { next, gathering };
    }

    /// All keys of a unit are gathered: decides and sends what follows from it. Returns false when further keys have to
    /// be looked at first.
    fn settle(&mut self, transaction: &mut Transaction, index: usize) -> bool {
        if transaction.units[index].look_further(&self.placement) {
            self.send_lookups(transaction, index);
            return false;
        }
        let may_wait = transaction.waiter.is_some() || index >= transaction.own;
        let caller = transaction.caller_of(index);
        let unit = &mut transaction.units[index];
        self.participant.shard.meter.start();
        unit.decide(caller, may_wait);
        if let Some(command) = unit.command {
            unit.took += self.participant.shard.meter.step(command);
            unit.ended = self.participant.shard.meter.ended();
        }
        self.send_applies(transaction, index);
        true
    }

    fn finish(&mut self, mut transaction: Transaction) {
        if transaction.stage == Stage::Settling {
            return self.end(transaction);
        }
        if !transaction.linked.is_empty() && transaction.clean {
            match self.serve_linked(transaction) {
                Some(served) => transaction = served,
                None => return,
            }
        }
        self.note_units(&transaction);
        if transaction.is_exclusive && transaction.clean {
            return self.hand_over(transaction);
        }
        transaction.outcome = match transaction.waiter {
            Some(waiter) => self.end_attempt(waiter, &mut transaction),
            None => Some(transaction.join()),
        };
        let settles = transaction.settles && transaction.outcome.is_some();
        self.unlock(transaction, settles);
    }

    /// Gives the locks back. With `settles` the end is not before everybody who waited for them is served.
    pub(super) fn unlock(&mut self, mut transaction: Transaction, settles: bool) {
        let reply_to = match settles {
            true => ReplyTo::Transaction {
                id: transaction.id,
                unit: 0,
                part: UNLOCKED,
            },
            false => ReplyTo::Nobody,
        };
        self.requests.begin();
        for shard in &transaction.locked {
            let what = What::Unlock(transaction.id);
            let words = std::iter::empty();
            self.requests[*shard].push(what, DbIndex(0), transaction.caller, reply_to, words);
        }
        if settles && !transaction.locked.is_empty() {
            transaction.stage = Stage::Settling;
            transaction.remaining = transaction.locked.len();
            self.transactions.insert(transaction.id, transaction);
        } else {
            self.end(transaction);
        }
    }

    /// All consequences of a transaction have happened.
    fn end(&mut self, transaction: Transaction) {
        if let Some(waiter) = transaction.waiter {
            match &transaction.outcome {
                Some(_) => {
                    self.tell_waiter(&transaction.held_at, What::Settled(waiter), ReplyTo::Nobody)
                }
                None => self.look_on(waiter, &transaction.held_at),
            }
        }
        let outcome = transaction
            .outcome
            .map(|outcome| (transaction.client, outcome));
        self.finished.extend(outcome);
    }
}

/// How long a command waits; the plan has found its words to be right.
fn patience(row: &Command, args: &Args<'_>) -> Patience {
    match row.run {
        Run::Blocking(waits) => (waits.patience)(args).unwrap_or(Patience::None),
        _ => Patience::None,
    }
}

/// An error found here needs no shard; the pipeline keeps its place in the order of replies.
fn answer_error(error: &CommandError, out: &mut Vec<u8>) -> Submitted {
    ReplyWriter::new(out, Protocol::Resp2).error(error.line());
    Submitted::Done
}
