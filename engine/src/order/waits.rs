//! Blocking commands as the core of their client sees them.
//!
//! A blocking command is an ordinary transaction that may end in "wait". It looks at its keys and stands in their queues
//! in one atomic step: at once where all keys are on one shard, else under the locks with which it has looked. From then
//! on nothing is held; the queues (see [`crate::shard::waiting`]) are all there is of it, and the [`Wait`] here.
//!
//! When a unit of work has ended on a shard, the shard looks at the queues of the keys that changed
//! ([`super::serving`]). Who is served, and where, follows from what the service needs:
//!
//! ```text
//!   all keys on that shard    served there, in the same moment, in order of arrival; the home gets the reply
//!   keys on several shards,   the same: if two shards do it at once, one answer is dropped, as nothing was changed
//!     nothing is taken
//!   keys on several shards,   the key is reserved, its home is asked: Ready ──> Serve ──> the reply.
//!     one of them is enough     Home lets one shard serve and makes the others let go (Leave)
//!   keys on several shards,   whoever changes the key serves it under locks of its own: see [`super::links`]. Where that
//!     all are needed            can't be, the home runs the command again as an ordinary transaction:
//!                               Ready ──> locks, gathers .. which ends in a reply (Leave) or in waiting on (Missed)
//! ```
//!
//! A reader of several streams is shown those of the shard that was first. What the same transaction added elsewhere is
//! still there for its next command, as if COUNT had ended the answer.
//!
//! Why nobody comes in between: a reservation is a lock that is taken in the moment of the change, before anybody who
//! waits for the key, so what the waiter takes is taken at the pusher's place in the order, on the only shard it changes.
//!
//! Why nothing deadlocks: a reservation ends with a message from the waiter's home. Home sends it as soon as it hears of
//! the reservation, or, while another shard may serve the same waiter, as soon as that one has answered; and that one
//! answers without waiting for any lock, as `Serve` needs nothing but what is reserved there. So a reservation is never
//! part of a circle, and whoever waits behind one, with or without locks elsewhere, waits for messages alone.
//!
//! Why a second run reserves nothing: it takes its place in the order when it is sent, long after the change. A transaction
//! from between may hold a lock that the second run needs, and want the key; it has to go first. To let only single
//! commands wait would break the order for everybody who sees both keys. So it may find that somebody was faster, and then
//! waits on, at its old place.

use super::block::{Client, ReplyTo, What};
use super::core::{Core, Request, Submitted};
use super::plan::{Plan, placed_keys};
use super::serving::{Asker, waited_keys, waits_of};
use super::stamp::ShardId;
use super::transaction::{Outcome, Transaction, Unit};
use crate::command::args::{Args, OwnedArgs};
use crate::command::table::{CommandId, table};
use crate::command::waits::Manner;
use crate::resp::elements::integer;
use crate::resp::reply::ReplyWriter;
use crate::shard::DbIndex;
use crate::shard::context::Caller;
use crate::shard::waiting::WaiterId;

/// Why a client waits no more though nobody served it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leave {
    /// Its time is over: the reply is a null array.
    Timeout,
    /// CLIENT UNBLOCK ERROR.
    Unblocked,
    /// It is gone: nobody needs a reply.
    Gone,
}

/// Where a blocking command stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// It looks at its keys for the first time.
    Asked,
    /// It found nothing; all cores are told that it will wait, and this many have not heard yet. See [`super::links`].
    Announced(usize),
    /// It stands in the queues of its keys.
    Waiting,
    /// One shard was told to serve it.
    Serving(ShardId),
    /// It runs again.
    Running,
    /// Its only shard was told that it leaves, and may have served it before that.
    Leaving(Leave),
}

/// See the top of the file.
pub(super) struct Wait {
    command: CommandId,
    client: Client,
    caller: Caller,
    db: DbIndex,
    args: OwnedArgs,
    /// The words it came with, if somebody may ask.
    words: OwnedArgs,
    /// How long it took so far, in the meter's unit, without waiting.
    took: u64,
    /// When it last ran, on the meter's clock.
    ended: u64,
    /// Where it waits.
    shards: Vec<ShardId>,
    /// All its keys are on one shard, which serves it without asking.
    is_local: bool,
    /// Every core knows of it.
    is_linked: bool,
    state: State,
    /// Shards that are ready for it while another one serves it.
    ready: Vec<ShardId>,
    /// It is to leave when what is under way for it has failed.
    leaves: Option<Leave>,
}

/// A waiter leaves, and nothing comes of it.
fn leave_of(waiter: WaiterId) -> What {
    What::Leave {
        waiter,
        is_settled: true,
    }
}

impl Core {
    /// Runs a command that may wait. `plan` is its plan.
    pub(super) fn submit_blocking(
        &mut self,
        request: Request,
        command: CommandId,
        args: &Args<'_>,
        plan: Plan,
        out: &mut Vec<u8>,
    ) -> Submitted {
        let Some(waits) = waits_of(command) else {
            unreachable!("only blocking commands come here")
        };
        let row = table().row(command);
        let plan = match waits.manner {
            // Whoever it wakes may need a key of another shard.
            Manner::Move if self.is_linked(row, args) => {
                Plan::Steps(placed_keys(row, args, self.placement()))
            }
            _ => plan,
        };
        let id = WaiterId(self.next_waiter);
        self.next_waiter += 1;
        let is_local = !matches!(plan, Plan::Steps(_));
        let mut shards: Vec<ShardId> = waited_keys(row, waits, args)
            .iter()
            .map(|key| self.placement().of_key(args.at(*key)))
            .collect();
        shards.sort_unstable();
        shards.dedup();
        let mut wait = Wait {
            command,
            client: request.client,
            caller: request.caller,
            db: request.db,
            args: OwnedArgs::new(),
            words: OwnedArgs::new(),
            took: 0,
            ended: 0,
            shards,
            is_local,
            is_linked: false,
            state: State::Asked,
            ready: Vec::new(),
            leaves: None,
        };
        match plan {
            Plan::One(shard)
                if shard == self.me()
                    && !request.must_travel
                    && self.participant.may_run(row, args) =>
            {
                let asker = Asker {
                    id,
                    command,
                    db: request.db,
                    caller: request.caller,
                };
                let (start, changes) = (out.len(), self.shard_ref().changes);
                self.begin_own();
                let answered = self.participant.try_here(asker, args, request.now, out);
                self.participant.record(changes, request.db, args);
                self.serve_after(request.now);
                if answered {
                    return self.answer_now_or_later(request.client, command, args, start, out);
                }
                wait.state = State::Waiting;
                wait.words = self.words_to_note(args);
                self.waits.insert(id, wait);
            }
            Plan::Steps(_) => {
                wait.words = self.words_to_note(args);
                let words = OwnedArgs::copy(args);
                let shards = self.placement().shards();
                let unit = Unit::new(command, request.db, words, plan, shards);
                self.waits.insert(id, wait);
                self.begin(request, vec![unit], false, None, Some(id));
            }
            _ => {
                wait.words = self.words_to_note(args);
                let what = What::Try {
                    command,
                    waiter: id,
                };
                let shard = wait.shards.first().copied().unwrap_or(self.me());
                self.requests.begin();
                self.requests[shard].push(
                    what,
                    request.db,
                    request.caller,
                    ReplyTo::Waiter(id),
                    args.iter(),
                );
                self.waits.insert(id, wait);
            }
        }
        Submitted::Waiting(id)
    }

    /// The client of a waiter shall wait no more. Returns false if it does not wait, or leaves already. Its reply comes
    /// with [`Core::take_finished`], unless it is gone; it may still turn out that it was served before.
    pub fn leave(&mut self, id: WaiterId, why: Leave) -> bool {
        let Some(wait) = self.waits.get_mut(&id) else {
            return false;
        };
        match wait.state {
            State::Asked | State::Announced(_) | State::Serving(_) | State::Running
                if wait.leaves.is_none() =>
            {
                wait.leaves = Some(why);
            }
            State::Waiting if wait.is_local || wait.is_linked => {
                wait.state = State::Leaving(why);
                let shards = wait.shards.clone();
                self.tell_waiter(&shards, leave_of(id), ReplyTo::Waiter(id));
            }
            State::Waiting => self.let_go(id, why),
            // Whoever is gone gets no other reason.
            State::Leaving(_) if why == Leave::Gone => wait.state = State::Leaving(why),
            _ if why == Leave::Gone => wait.leaves = Some(why),
            _ => return false,
        }
        true
    }

    /// Whether a command stands in the queues of its keys, and nothing is under way for it.
    pub fn stands_in_line(&self, id: WaiterId) -> bool {
        let wait = self.waits.get(&id);
        wait.is_some_and(|wait| wait.state == State::Waiting)
    }

    /// Commands that have not yet found out that they have to wait, or that not all cores know of.
    pub fn open_looks(&self) -> usize {
        let is_open = |wait: &&Wait| matches!(wait.state, State::Asked | State::Announced(_));
        self.waits.values().filter(is_open).count()
    }

    /// Commands that wait, or are about to.
    pub fn open_waits(&self) -> usize {
        self.waits.len()
    }

    /// An answer came that concerns a waiter.
    pub(super) fn take_wait_answer(
        &mut self,
        id: WaiterId,
        what: What,
        (took, ended): (u64, u64),
        reply: &[u8],
    ) {
        let Some(wait) = self.waits.get_mut(&id) else {
            // It has left, and the shard that tells of it will hear so.
            return;
        };
        wait.took += took;
        wait.ended = wait.ended.max(ended);
        match (what, wait.state) {
            (What::Try { .. }, _) if !reply.is_empty() => {
                if !wait.is_local {
                    let shards = wait.shards.clone();
                    self.tell_waiter(&shards, leave_of(id), ReplyTo::Nobody);
                }
                self.served(id, reply.to_vec());
            }
            (What::Try { .. }, State::Asked) => self.waits_on(id),
            (What::Link { .. } | What::Linked(_), State::Announced(unheard)) if unheard > 0 => {
                wait.state = State::Announced(unheard - 1);
                if unheard == 1 {
                    let me = self.me();
                    self.tell_waiter(&[me], What::Linked(id), ReplyTo::Waiter(id));
                }
            }
            (What::Linked(_), State::Announced(_)) => match wait.leaves {
                Some(why) => self.conclude(id, why),
                None => {
                    wait.state = State::Asked;
                    self.run_again(id);
                }
            },
            (What::Ready(shard), State::Waiting) => self.let_serve(id, shard),
            (What::Ready(shard), _) => wait.ready.push(shard),
            (What::Serve(_), State::Serving(_)) if reply.is_empty() => self.waits_on(id),
            (What::Serve(_), State::Serving(shard)) => {
                let others: Vec<ShardId> = wait
                    .shards
                    .iter()
                    .copied()
                    .filter(|other| *other != shard)
                    .collect();
                self.tell_waiter(&others, leave_of(id), ReplyTo::Nobody);
                self.served(id, reply.to_vec());
            }
            (What::Leave { .. }, State::Leaving(why)) if integer(reply) == Some(1) => {
                self.conclude(id, why);
            }
            // It was served before it could leave: that answer came, or is behind this one.
            (What::Leave { .. }, _) => {}
            _ => debug_assert!(false, "an answer that nobody asked for"),
        }
    }

    /// A transaction of a waiter's command has ended, but not given back its locks. Returns the outcome, unless it waits.
    pub(super) fn end_attempt(
        &mut self,
        id: WaiterId,
        transaction: &mut Transaction,
    ) -> Option<Outcome> {
        let unit = &mut transaction.units[0];
        let (reply, words) = (std::mem::take(&mut unit.reply), unit.waits.take());
        let Some(wait) = self.waits.get_mut(&id) else {
            debug_assert!(
                false,
                "a waiter is known as long as something is under way for it"
            );
            return None;
        };
        wait.took += unit.took;
        wait.ended = unit.ended;
        let shards = wait.shards.clone();
        let is_first = wait.state == State::Asked;
        match words {
            None => {
                if let Some(wait) = self.waits.remove(&id) {
                    self.unlink(id, &wait);
                    self.note_wait(&wait);
                }
                if !is_first {
                    let leave = What::Leave {
                        waiter: id,
                        is_settled: !transaction.settles,
                    };
                    self.tell_waiter(&shards, leave, ReplyTo::Nobody);
                    if transaction.settles {
                        transaction.held_at = shards;
                    }
                }
                return Some(Outcome::Reply(reply));
            }
            Some(words) if is_first => {
                if let Some(why) = wait.leaves {
                    self.conclude(id, why);
                    return None;
                }
                wait.args = words;
                let moves =
                    waits_of(wait.command).is_some_and(|waits| waits.manner == Manner::Move);
                if moves && !wait.is_linked {
                    self.announce(id);
                } else {
                    self.stand_in_line(id, &shards);
                    self.waits_on(id);
                }
            }
            Some(_) => transaction.held_at = shards,
        }
        None
    }

    /// A waiter ran again, found nothing, and has given back its locks.
    pub(super) fn look_on(&mut self, id: WaiterId, shards: &[ShardId]) {
        let Some(wait) = self.waits.get_mut(&id) else {
            return;
        };
        if wait.state != State::Running {
            return;
        }
        if wait.leaves.is_none() {
            // A shard that is ready again will say so again.
            wait.ready.clear();
            self.tell_waiter(shards, What::Missed(id), ReplyTo::Nobody);
        }
        self.waits_on(id);
    }

    fn stand_in_line(&mut self, id: WaiterId, shards: &[ShardId]) {
        let Some(wait) = self.waits.get(&id) else {
            return;
        };
        let what = What::Wait {
            command: wait.command,
            waiter: id,
        };
        for shard in shards {
            let words = wait.args.as_args();
            self.requests[*shard].push(what, wait.db, wait.caller, ReplyTo::Nobody, words.iter());
        }
    }

    /// Nothing is under way for a waiter any more; it stands in its queues.
    fn waits_on(&mut self, id: WaiterId) {
        let Some(wait) = self.waits.get_mut(&id) else {
            return;
        };
        wait.state = State::Waiting;
        if let Some(why) = wait.leaves.take() {
            self.leave(id, why);
        } else if let Some(shard) = wait.ready.pop() {
            self.let_serve(id, shard);
        }
    }

    /// A shard is ready for a waiter.
    fn let_serve(&mut self, id: WaiterId, shard: ShardId) {
        let Some(wait) = self.waits.get_mut(&id) else {
            return;
        };
        let one_key = waits_of(wait.command).is_some_and(|waits| waits.manner.needs_one_key());
        if one_key {
            wait.state = State::Serving(shard);
            return self.tell_waiter(&[shard], What::Serve(id), ReplyTo::Waiter(id));
        }
        wait.state = State::Running;
        self.run_again(id);
    }

    /// Tells every core that a command will wait for a key of one shard and then need one of another.
    fn announce(&mut self, id: WaiterId) {
        let shards: Vec<ShardId> = ShardId::first(self.placement().shards()).collect();
        let Some(wait) = self.waits.get_mut(&id) else {
            return;
        };
        wait.is_linked = true;
        wait.state = State::Announced(shards.len());
        let (command, db, caller) = (wait.command, wait.db, wait.caller);
        self.requests.begin();
        for shard in shards {
            let what = What::Link {
                command,
                waiter: id,
            };
            let words = self.waits[&id].args.as_args();
            self.requests[shard].push(what, db, caller, ReplyTo::Waiter(id), words.iter());
        }
    }

    /// Whoever was announced waits no more.
    fn unlink(&mut self, id: WaiterId, wait: &Wait) {
        if wait.is_linked {
            let shards: Vec<ShardId> = ShardId::first(self.placement().shards()).collect();
            self.tell_waiter(&shards, What::Unlink(id), ReplyTo::Nobody);
        }
    }

    fn run_again(&mut self, id: WaiterId) {
        let Some(wait) = self.waits.get(&id) else {
            return;
        };
        let (command, db, words) = (wait.command, wait.db, wait.args.clone());
        let (client, caller) = (wait.client, wait.caller);
        let row = table().row(command);
        let plan = Plan::Steps(placed_keys(row, &words.as_args(), self.placement()));
        let unit = Unit::new(command, db, words, plan, self.placement().shards());
        self.begin_again(client, caller, unit, id);
    }

    /// A waiter of several shards leaves them all. None can serve it without asking, so all is said.
    fn let_go(&mut self, id: WaiterId, why: Leave) {
        let shards = self.waits.get(&id).map(|wait| wait.shards.clone());
        self.tell_waiter(&shards.unwrap_or_default(), leave_of(id), ReplyTo::Nobody);
        self.conclude(id, why);
    }

    pub(super) fn tell_waiter(&mut self, shards: &[ShardId], what: What, reply_to: ReplyTo) {
        self.requests.begin();
        for shard in shards {
            let words = std::iter::empty();
            self.requests[*shard].push(what, DbIndex(0), Caller::default(), reply_to, words);
        }
    }

    fn served(&mut self, id: WaiterId, reply: Vec<u8>) {
        if let Some(wait) = self.waits.remove(&id) {
            self.unlink(id, &wait);
            self.note_wait(&wait);
            self.finished.push((wait.client, Outcome::Reply(reply)));
        }
    }

    /// The words of a command that may be answered when they are gone.
    fn words_to_note(&self, args: &Args<'_>) -> OwnedArgs {
        if self.shard_ref().meter.has_notable() {
            OwnedArgs::copy(args)
        } else {
            OwnedArgs::new()
        }
    }

    /// A command that may have waited is answered.
    fn note_wait(&mut self, wait: &Wait) {
        let words = if wait.words.as_args().is_empty() {
            &wait.args
        } else {
            &wait.words
        };
        self.note_time(
            wait.client,
            wait.command,
            wait.took,
            wait.ended,
            &words.as_args(),
        );
    }

    /// The reply of a client that nobody served.
    fn conclude(&mut self, id: WaiterId, why: Leave) {
        let Some(mut wait) = self.waits.remove(&id) else {
            return;
        };
        self.unlink(id, &wait);
        let mut bytes = Vec::new();
        let mut reply = ReplyWriter::new(&mut bytes, wait.caller.protocol);
        match why {
            Leave::Timeout => reply.null_array(),
            Leave::Unblocked => reply.error("UNBLOCKED client unblocked via CLIENT UNBLOCK"),
            Leave::Gone => return,
        }
        wait.ended = self.shard_ref().meter.now();
        self.note_wait(&wait);
        self.finished.push((wait.client, Outcome::Reply(bytes)));
    }
}
