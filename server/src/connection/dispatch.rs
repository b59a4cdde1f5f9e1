//! From a request to its command: the gates it passes, then to a shard, to the queue of MULTI, or to the session.

use engine::command::args::{Args, OwnedArgs};
use engine::command::error::CommandError;
use engine::command::flags::Flags;
use engine::command::spec::{Command, Run};
use engine::command::table::{CommandId, table};
use engine::order::core::{Queued, Request, Submitted};
use engine::resp::reply::ReplyWriter;
use engine::shard::waiting::WaiterId;

use super::{Connection, Hold, ReplyMode};
use crate::commands::command::reads_subcommands;
use crate::commands::{Answered, SessionContext, handler};
use crate::core::ServerCore;
use crate::core::ask::Waiting;

impl ServerCore {
    /// Runs one request of `connection`, whose words are `args`. None at all is no command.
    pub(super) fn dispatch(&mut self, connection: &mut Connection, args: &Args<'_>) {
        if args.is_empty() {
            return;
        }
        connection.commands += 1;
        let muted = match connection.reply_mode {
            ReplyMode::On => false,
            ReplyMode::Off => true,
            ReplyMode::SkipNext => {
                connection.reply_mode = ReplyMode::On;
                true
            }
        };
        match table().resolve_after(connection.last_command, args) {
            Ok(id) => self.dispatch_command(connection, id, args, muted),
            Err(error) if args.is(0, "exec") => self.refuse_exec(connection, &error, muted),
            Err(error) => {
                let error = self.first_refusal(connection, args).unwrap_or(error);
                self.refuse_command(connection, table().find_command(args), &error, muted)
            }
        }
        self.mark(connection);
    }

    fn dispatch_command(
        &mut self,
        connection: &mut Connection,
        id: CommandId,
        args: &Args<'_>,
        muted: bool,
    ) {
        let row = table().row(id);
        if let Err(error) = self.gates(connection, id, args) {
            return match row.name {
                "exec" => self.refuse_exec(connection, &error, muted),
                _ => self.refuse_command(connection, Some(id), &error, muted),
            };
        }
        if self.engine.shard_ref().has_memory_limit() && !self.make_room_for(connection, row) {
            return match row.name {
                "exec" => self.refuse_exec(connection, &OUT_OF_MEMORY, muted),
                _ => self.refuse_command(connection, Some(id), &OUT_OF_MEMORY, muted),
            };
        }
        if self.pause.stops(row, connection.queue.as_ref(), self.now) {
            return self.hold_back(connection, args);
        }
        if let Some(queue) = &mut connection.queue
            && !leaves_queue(row)
        {
            queue.push(id, args);
            return respond(connection, muted, |reply| reply.simple("QUEUED"));
        }
        connection.last_command = Some(id);
        match row.run {
            Run::Session => self.run_session(connection, id, args, muted),
            _ => self.run_on_shards(connection, id, args, muted),
        }
        // An EXEC under way shows itself and what it runs when it is over.
        if self.is_monitored && connection.assembly.is_none() {
            self.show_command(connection, id, args);
        }
        self.tell_readers(Some(connection));
        // CLIENT CACHING is for the next command, or all of the next transaction.
        if let Some(tracked) = &mut connection.tracked
            && connection.queue.is_none()
            && !args.is(0, "client")
        {
            tracked.end_caching();
        }
    }

    /// Evicts what the limit of memory asks for. Returns whether the command of `row` may run.
    fn make_room_for(&mut self, connection: &mut Connection, row: &Command) -> bool {
        let has_room = self.make_room();
        // Whoever has read what was evicted hears of it before it gets the reply to this command.
        self.tell_readers(Some(connection));
        has_room || !needs_memory(row, connection)
    }

    /// Why the user may not even try a command that reads its subcommands itself, and so is known whatever its words are.
    fn first_refusal(
        &mut self,
        connection: &mut Connection,
        args: &Args<'_>,
    ) -> Option<CommandError> {
        let top = table().top(args.at(0))?;
        if !connection.is_checked || !reads_subcommands(top) {
            return None;
        }
        self.admit(connection, top, args).err()
    }

    /// Whether a command may run at all for this client. In MULTI, a refusal spoils the transaction.
    fn gates(
        &mut self,
        connection: &mut Connection,
        id: CommandId,
        args: &Args<'_>,
    ) -> Result<(), CommandError> {
        let row = table().row(id);
        if connection.queue.is_some() && row.flags.contains(Flags::NO_MULTI) {
            return Err(CommandError::new(
                "ERR Command not allowed inside a transaction",
            ));
        }
        if connection.is_checked {
            self.admit(connection, id, args)?;
        }
        if connection.only_listens() && !suits_listeners(row) {
            return Err(CommandError::with(format!(
                "ERR Can't execute '{}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this \
                 context",
                table().full_name(id)
            )));
        }
        if let Some(origin) = self.process.busy.origin()
            && !row.flags.contains(Flags::ALLOW_BUSY)
        {
            return Err(CommandError::new(origin.busy()));
        }
        if row.flags.contains(Flags::PROTECTED) {
            self.check_protected(connection, row, args)?;
        }
        self.check_files(connection, row)?;
        if connection.monitors && row.flags.intersects(KEYSPACE) {
            return Err(CommandError::new(
                "ERR Replica can't interact with the keyspace",
            ));
        }
        Ok(())
    }

    fn check_protected(
        &self,
        connection: &Connection,
        row: &Command,
        _args: &Args<'_>,
    ) -> Result<(), CommandError> {
        let security = &self.settings.security;
        let (parameter, allowed) = match row.docs.group {
            "module" => ("enable-module-command", security.enable_module_command),
            _ => ("enable-debug-command", security.enable_debug_command),
        };
        if allowed.admits(connection.peer.is_local()) {
            return Ok(());
        }
        let name = if parameter == "enable-module-command" {
            "MODULE"
        } else {
            "DEBUG"
        };
        Err(CommandError::with(format!(
            "ERR {name} command not allowed. If the {parameter} option is set to \"local\", you can run it from a local \
             connection, otherwise you need to set this option in the configuration file, and then restart the server."
        )))
    }

    /// Keeps a request until the pause is over. It is encoded again, as its bytes may be gone by then.
    fn hold_back(&mut self, connection: &mut Connection, args: &Args<'_>) {
        let mut bytes = Vec::new();
        let mut writer = ReplyWriter::new(&mut bytes, engine::resp::reply::Protocol::Resp2);
        writer.array(args.len());
        args.iter().for_each(|arg| writer.bulk(arg));
        connection.held_back = bytes;
        connection.hold = Hold::Pause;
        connection.commands -= 1;
    }

    fn refuse_command(
        &mut self,
        connection: &mut Connection,
        id: Option<CommandId>,
        error: &CommandError,
        muted: bool,
    ) {
        if let Some(queue) = &mut connection.queue {
            queue.failed = true;
        }
        self.statistics.rejected(id, error);
        respond(connection, muted, |reply| reply.error(error.line()));
    }

    /// An EXEC that is refused ends the transaction.
    fn refuse_exec(&mut self, connection: &mut Connection, error: &CommandError, muted: bool) {
        connection.queue = None;
        self.end_watch(connection);
        let why = error.line().strip_prefix("ERR ").unwrap_or(error.line());
        let error =
            CommandError::with(format!("EXECABORT Transaction discarded because of: {why}"));
        self.refuse_command(connection, table().top(b"exec"), &error, muted);
    }

    fn run_on_shards(
        &mut self,
        connection: &mut Connection,
        id: CommandId,
        args: &Args<'_>,
        muted: bool,
    ) {
        let request = Request {
            client: connection.next_client(),
            caller: connection.caller(&self.settings.memory.client_output_buffer_limit),
            db: connection.db,
            must_travel: connection.pipeline.must_travel(self.logical),
            now: self.now,
        };
        self.statistics.called(id);
        if connection.pipeline.is_idle() && !muted {
            let start = connection.out.len();
            match self.engine.submit(request, id, args, &mut connection.out) {
                Submitted::Done => {
                    let took = self.engine.shard().meter.lap(id);
                    self.note_time(connection, id, took, args);
                    self.statistics.check_reply(id, &connection.out[start..]);
                }
                Submitted::Waiting(waiter) => {
                    self.travel_and_wait(connection, id, args, muted, waiter)
                }
                later => self.travel(connection, request, id, args, muted, later),
            }
            return;
        }
        let mut scratch = std::mem::take(&mut self.scratch);
        scratch.clear();
        match self.engine.submit(request, id, args, &mut scratch) {
            Submitted::Done => {
                let took = self.engine.shard().meter.lap(id);
                self.note_time(connection, id, took, args);
                self.statistics.check_reply(id, &scratch);
                if !muted {
                    connection
                        .pipeline
                        .answer_now(&scratch, &mut connection.out);
                }
            }
            Submitted::Waiting(waiter) => self.travel_and_wait(connection, id, args, muted, waiter),
            later => self.travel(connection, request, id, args, muted, later),
        }
        self.scratch = scratch;
    }

    /// A command is answered later. The shards that run it tell how long it takes.
    fn travel(
        &mut self,
        connection: &mut Connection,
        request: Request,
        id: CommandId,
        args: &Args<'_>,
        muted: bool,
        submitted: Submitted,
    ) {
        self.engine.shard().meter.start();
        connection.pipeline.travel(self.logical, id, muted);
        match submitted {
            Submitted::Alone => connection.hold = Hold::Script,
            Submitted::Roams => {
                let unit = Queued {
                    command: Some(id),
                    db: request.db,
                    args: OwnedArgs::copy(args),
                };
                self.roam(request, vec![unit], false, None);
            }
            _ => {}
        }
    }

    /// A command may wait for keys.
    fn travel_and_wait(
        &mut self,
        connection: &mut Connection,
        id: CommandId,
        args: &Args<'_>,
        muted: bool,
        waiter: WaiterId,
    ) {
        self.engine.shard().meter.start();
        let place = connection.pipeline.travel(self.logical, id, muted);
        self.begin_wait(connection, waiter, place, table().row(id), args);
    }

    /// Runs a command of the connection itself.
    fn run_session(
        &mut self,
        connection: &mut Connection,
        id: CommandId,
        args: &Args<'_>,
        muted: bool,
    ) {
        let client = connection.next_client();
        let mut bytes = Vec::new();
        let answered = self.call_session(connection, id, args, Waiting::Client(client), &mut bytes);
        match answered {
            // What cores are asked is counted and timed when they have answered; EXEC asks no core.
            Answered::Later if connection.assembly.is_none() => {
                connection.asked_at = self.engine.shard_ref().meter.now();
                connection.asked = OwnedArgs::copy(args);
            }
            _ => {
                self.statistics.called(id);
                let took = self.engine.shard().meter.lap(id);
                self.note_time(connection, id, took, args);
            }
        }
        self.statistics.check_reply(id, &bytes);
        match answered {
            Answered::Now if !muted => connection.pipeline.answer_now(&bytes, &mut connection.out),
            Answered::Aloud => connection.pipeline.answer_now(&bytes, &mut connection.out),
            Answered::Now => {}
            Answered::Later => {
                connection.pipeline.wait(id, muted);
                connection.hold = Hold::Answer;
            }
            Answered::InTurn => {
                connection.pipeline.travel(self.logical, id, muted);
            }
            Answered::Nothing => {}
        }
    }

    /// Calls the handler of a session command; errors become replies.
    pub(crate) fn call_session(
        &mut self,
        connection: &mut Connection,
        id: CommandId,
        args: &Args<'_>,
        waiting: Waiting,
        bytes: &mut Vec<u8>,
    ) -> Answered {
        let protocol = connection.protocol;
        let mut reply = ReplyWriter::new(bytes, protocol);
        let mut context = SessionContext {
            core: self,
            connection,
            waiting,
        };
        handler(id)(&mut context, args, &mut reply).unwrap_or_else(|error| {
            reply.truncate(0);
            reply.error(error.line());
            Answered::Now
        })
    }
}

/// Commands that MULTI does not queue.
fn leaves_queue(row: &Command) -> bool {
    matches!(
        row.name,
        "exec" | "discard" | "multi" | "watch" | "quit" | "reset"
    )
}

/// What a client that monitors must not run. To Redis it is a kind of replica.
const KEYSPACE: Flags = Flags::WRITE
    .union(Flags::READONLY)
    .union(Flags::MAY_REPLICATE);

const OUT_OF_MEMORY: CommandError =
    CommandError::new("OOM command not allowed when used memory > 'maxmemory'.");

/// Whether a command is refused when memory is full: by its row, or EXEC by those of what it runs.
fn needs_memory(row: &Command, connection: &Connection) -> bool {
    let queued = connection.queue.iter().flat_map(|queue| &queue.commands);
    row.flags.contains(Flags::DENYOOM)
        || (row.name == "exec"
            && queued
                .map(|queued| table().row(queued.command))
                .any(|row| row.flags.contains(Flags::DENYOOM)))
}

/// Commands that a client may send while it only listens.
fn suits_listeners(row: &Command) -> bool {
    matches!(
        row.name,
        "subscribe"
            | "unsubscribe"
            | "psubscribe"
            | "punsubscribe"
            | "ssubscribe"
            | "sunsubscribe"
            | "ping"
            | "quit"
            | "reset"
    )
}

fn respond(connection: &mut Connection, muted: bool, write: impl FnOnce(&mut ReplyWriter<'_>)) {
    if muted {
        return;
    }
    let mut bytes = Vec::new();
    write(&mut ReplyWriter::new(&mut bytes, connection.protocol));
    connection.pipeline.answer_now(&bytes, &mut connection.out);
}
