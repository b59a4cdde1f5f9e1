//! Scripts that need more than one shard, and EXEC with scripts in it: they run here while all locks of all shards are held.
//!
//! ```text
//!   locks ──> unit by unit: commands, one hop after the other ──> replies
//!                           a script, which waits whenever its command has to run elsewhere
//!         ──> locks given back ──> the reply leaves
//! ```

use std::collections::{HashMap, VecDeque};

use engine::command::spec::Run;
use engine::command::table::{CommandId, table};
use engine::order::block::Client;
use engine::order::core::{Queued, Request, Watching};
use engine::order::program::Start;
use engine::order::{Exclusive, Piece};
use engine::resp::reply::ReplyWriter;
use engine::resp::reply_bound::ReplyBound;
use engine::shard::context::Caller;
use engine::time::UnixMillis;

use super::ServerCore;
use super::ask::Waiting;
use crate::commands::Answered;
use crate::runtime::net::ConnId;
use crate::scripting::desk::Pause;
use crate::scripting::pool::{Called, Step, Waits};

/// What runs under all locks.
pub(super) struct Roaming {
    client: Client,
    caller: Caller,
    is_exec: bool,
    /// What is still to run.
    units: VecDeque<Queued>,
    /// What has run.
    pieces: Vec<Piece>,
    state: State,
    /// The moment at which the script began.
    now: UnixMillis,
}

enum State {
    /// Commands are under way, or nothing is.
    Between,
    /// The script of this command waits.
    Script(CommandId, Waits),
}

impl Roaming {
    fn take(&mut self, command: CommandId, step: Step) {
        match step {
            Step::Ended(reply) => self.pieces.push(Piece::Reply(command, reply)),
            Step::Waits(waits) => self.state = State::Script(command, waits),
        }
    }

    /// The command whose script waits.
    fn command(&self) -> Option<CommandId> {
        match self.state {
            State::Script(command, _) => Some(command),
            State::Between => None,
        }
    }
}

/// All of them, by their locks.
#[derive(Default)]
pub(crate) struct Roamings {
    open: HashMap<Exclusive, Roaming>,
}

impl Roamings {
    /// Those whose script has run for long and wants its next turn.
    fn impatient(&self) -> Vec<Exclusive> {
        let waits_long = |roaming: &Roaming| matches!(&roaming.state, State::Script(_, waits) if waits.pause == Pause::Long);
        let open = self.open.iter().filter(|(_, roaming)| waits_long(roaming));
        open.map(|(exclusive, _)| *exclusive).collect()
    }
}

impl ServerCore {
    /// Runs `units` under all locks, for EXEC or for a single script. An EXEC with a watched key that has changed runs nothing.
    pub(crate) fn roam(
        &mut self,
        request: Request,
        units: Vec<Queued>,
        is_exec: bool,
        watching: Option<Watching>,
    ) {
        let exclusive = self.engine.submit_exclusive_if(request, watching.as_ref());
        let roaming = Roaming {
            client: request.client,
            caller: request.caller,
            is_exec,
            units: units.into(),
            pieces: Vec::new(),
            state: State::Between,
            now: request.now,
        };
        self.roamings.open.insert(exclusive, roaming);
    }

    /// A script that was sent to a shard needs more than that one.
    pub(super) fn roam_after_all(&mut self, client: Client, caller: Caller, unit: Queued) {
        let request = Request {
            client,
            caller,
            db: unit.db,
            must_travel: true,
            now: self.now,
        };
        self.roam(request, vec![unit], false, None);
    }

    /// An EXEC was aborted before it had its locks.
    pub(super) fn forget_roaming(&mut self, client: Client) {
        self.roamings
            .open
            .retain(|_, roaming| roaming.client != client);
    }

    /// The locks are there, or commands under them have run. Returns what came of those if the locks are another's.
    pub(super) fn roam_on(
        &mut self,
        exclusive: Exclusive,
        pieces: Vec<Piece>,
    ) -> Option<Vec<Piece>> {
        let Some(mut roaming) = self.roamings.open.remove(&exclusive) else {
            return Some(pieces);
        };
        match std::mem::replace(&mut roaming.state, State::Between) {
            State::Between => {
                let ran = roaming.pieces.len();
                roaming
                    .pieces
                    .extend(pieces.into_iter().map(|piece| match piece {
                        Piece::Session(index) => Piece::Session(ran + index),
                        piece => piece,
                    }));
            }
            State::Script(command, waits) => {
                let reply = pieces.into_iter().find_map(|piece| match piece {
                    Piece::Reply(_, reply) => Some(reply),
                    Piece::Session(_) => None,
                });
                let step = self.go_on_with(exclusive, &roaming, waits, reply.as_deref());
                roaming.take(command, step);
            }
        }
        self.run_units(exclusive, roaming);
        None
    }

    /// Runs on until something has to be waited for.
    fn run_units(&mut self, exclusive: Exclusive, mut roaming: Roaming) {
        loop {
            let (command, mut waits) = match std::mem::replace(&mut roaming.state, State::Between) {
                State::Script(command, waits) => (command, waits),
                State::Between => match roaming.units.front() {
                    Some(Queued {
                        command: Some(command),
                        ..
                    }) if is_script(*command) => {
                        let command = *command;
                        self.begin_script(exclusive, &mut roaming, command);
                        continue;
                    }
                    Some(_) => {
                        let batch = plain_units(&mut roaming.units);
                        let caller = roaming.caller;
                        self.roamings.open.insert(exclusive, roaming);
                        return self.engine.run_under_for(exclusive, caller, batch);
                    }
                    None => {
                        self.roamings.open.insert(exclusive, roaming);
                        return self.engine.release(exclusive, |_| None);
                    }
                },
            };
            let called = match waits.pause {
                Pause::Command(called) => waits.call(called),
                Pause::Long => return self.wait(exclusive, roaming, command, waits),
            };
            if !matches!(table().row(called.command).run, Run::Session) {
                let queued = Queued {
                    command: Some(called.command),
                    db: called.db,
                    args: called.args,
                };
                let mut caller = roaming.caller;
                caller.protocol = called.protocol;
                caller.bound = ReplyBound::default();
                self.wait(exclusive, roaming, command, waits);
                return self.engine.run_under_for(exclusive, caller, vec![queued]);
            }
            let Some(reply) = self.answer_script(exclusive, roaming.client, called) else {
                return self.wait(exclusive, roaming, command, waits);
            };
            let step = self.go_on_with(exclusive, &roaming, waits, Some(&reply));
            roaming.take(command, step);
        }
    }

    fn wait(
        &mut self,
        exclusive: Exclusive,
        mut roaming: Roaming,
        command: CommandId,
        waits: Waits,
    ) {
        roaming.state = State::Script(command, waits);
        self.roamings.open.insert(exclusive, roaming);
    }

    fn begin_script(&mut self, exclusive: Exclusive, roaming: &mut Roaming, command: CommandId) {
        let Some(unit) = roaming.units.pop_front() else {
            return;
        };
        roaming.now = self.now;
        let start = Start {
            command,
            args: unit.args.as_args(),
            db: unit.db,
            caller: roaming.caller,
        };
        let scripting = self.scripting.clone();
        let Some(mut ground) = self.engine.ground_under(exclusive, roaming.now) else {
            return;
        };
        let step = scripting.borrow_mut().begin(start, &mut ground);
        roaming.take(command, step);
    }

    fn go_on_with(
        &mut self,
        exclusive: Exclusive,
        roaming: &Roaming,
        waits: Waits,
        reply: Option<&[u8]>,
    ) -> Step {
        let scripting = self.scripting.clone();
        let mut pool = scripting.borrow_mut();
        match self.engine.ground_under(exclusive, roaming.now) {
            Some(mut ground) => pool.go_on(waits, reply, &mut ground),
            None => pool.abandon(waits),
        }
    }

    /// A script called a command that this core answers. None if it asks the others first.
    fn answer_script(
        &mut self,
        exclusive: Exclusive,
        client: Client,
        called: Called,
    ) -> Option<Vec<u8>> {
        let mut reply = Vec::new();
        let conn = ConnId::from_bits(client.connection);
        if let Some(mut connection) = self.connections.take(conn) {
            let own = std::mem::replace(&mut connection.protocol, called.protocol);
            let (waiting, args) = (Waiting::Script(exclusive), called.args.as_args());
            let command = called.command;
            let answered = self.call_session(&mut connection, command, &args, waiting, &mut reply);
            connection.protocol = own;
            self.connections.put(connection);
            if answered == Answered::Later {
                return None;
            }
        }
        if reply.is_empty() {
            ReplyWriter::new(&mut reply, called.protocol).null();
        }
        Some(reply)
    }

    /// What a script asked the cores about is answered.
    pub(super) fn take_script_reply(&mut self, exclusive: Exclusive, reply: Vec<u8>) {
        let command = self
            .roamings
            .open
            .get(&exclusive)
            .and_then(Roaming::command);
        if let Some(command) = command {
            self.roam_on(exclusive, vec![Piece::Reply(command, reply)]);
        }
    }

    /// All is done and the locks are back.
    pub(super) fn end_roaming(&mut self, exclusive: Exclusive) -> bool {
        let Some(mut roaming) = self.roamings.open.remove(&exclusive) else {
            return false;
        };
        if roaming.is_exec {
            self.assemble(roaming.client, roaming.pieces);
        } else if let Some(Piece::Reply(_, reply)) = roaming.pieces.pop() {
            self.answer(roaming.client, &reply);
        }
        true
    }

    /// Lets scripts go on that have run for long, once a tick.
    pub(super) fn go_on_with_scripts(&mut self) {
        if self.engine.has_paused() {
            self.engine.go_on_paused(self.now);
        }
        if !self.roamings.open.is_empty() {
            for exclusive in self.roamings.impatient() {
                self.roam_on(exclusive, Vec::new());
            }
        }
        if self.scripting.borrow().has_calls() {
            let calls = self.scripting.borrow_mut().take_calls();
            calls
                .into_iter()
                .for_each(|command| self.statistics.called(command));
        }
    }

    /// Whether a script wants its next turn.
    pub(super) fn has_impatient_script(&self) -> bool {
        self.engine.has_paused()
            || (!self.roamings.open.is_empty() && !self.roamings.impatient().is_empty())
    }
}

/// Whether a command runs a script.
pub(crate) fn is_script(command: CommandId) -> bool {
    matches!(table().row(command).run, Run::Program)
}

/// Takes the units before the next script.
fn plain_units(units: &mut VecDeque<Queued>) -> Vec<Queued> {
    let is_plain = |unit: &Queued| !unit.command.is_some_and(is_script);
    let count = units.iter().take_while(|unit| is_plain(unit)).count();
    units.drain(..count).collect()
}
