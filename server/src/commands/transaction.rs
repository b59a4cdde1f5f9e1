//! MULTI, EXEC, DISCARD, WATCH, UNWATCH: what a connection does around the engine's transactions.
//!
//! A command that the connection's core answers itself (SELECT, INFO ..) takes its turn when the shards have answered
//! their part: its piece of EXEC's reply is filled in then, in the order of the queue.

use engine::command::args::{Args, OwnedArgs};
use engine::command::error::CommandError;
use engine::command::flags::{Acl, Flags};
use engine::command::keys::{KeyFlags, KeySpec};
use engine::command::spec::{Argument, Arity, Command, Docs, Run};
use engine::command::table::table;
use engine::order::Piece;
use engine::order::block::Client;
use engine::order::core::{Queued, Request, Watching};
use engine::resp::reply::ReplyWriter;
use engine::shard::DbIndex;
use engine::shard::watch::WatcherId;

use super::connection::auth::login;
use super::connection::select::database_number;
use super::{Answered, Family, SessionContext};
use crate::connection::Connection;
use crate::connection::Hold;
use crate::connection::queue::{Assembly, Queue, QueuedCommand};
use crate::core::ask::Waiting;
use crate::core::{ServerCore, is_script};
use crate::runtime::net::ConnId;

/// This family.
pub const FAMILY: Family = Family {
    rows: &[&MULTI, &EXEC, &DISCARD, &WATCH, &UNWATCH],
    handlers: &[
        ("multi", multi),
        ("exec", exec),
        ("discard", discard),
        ("watch", watch),
        ("unwatch", unwatch),
    ],
};

const ANYTIME: Flags = Flags::NOSCRIPT
    .union(Flags::LOADING)
    .union(Flags::STALE)
    .union(Flags::FAST)
    .union(Flags::ALLOW_BUSY);

const fn row(name: &'static str, arity: Arity, flags: Flags, docs: Docs) -> Command {
    Command {
        acl: Acl::TRANSACTION,
        ..crate::commands::row::row(name, arity, flags, docs)
    }
}

const MULTI: Command = row(
    "multi",
    Arity::Exactly(1),
    ANYTIME,
    Docs::new(
        "transactions",
        "1.2.0",
        "O(1)",
        "Begins a transaction: commands are queued until EXEC",
    ),
);
const DISCARD: Command = row(
    "discard",
    Arity::Exactly(1),
    ANYTIME,
    Docs::new(
        "transactions",
        "2.0.0",
        "O(N), when N is the number of queued commands",
        "Drops the queued commands of a transaction",
    ),
);
const UNWATCH: Command = row(
    "unwatch",
    Arity::Exactly(1),
    ANYTIME,
    Docs::new(
        "transactions",
        "2.2.0",
        "O(1)",
        "Forgets all keys this connection watches",
    ),
);
const EXEC: Command = row(
    "exec",
    Arity::Exactly(1),
    Flags::NOSCRIPT
        .union(Flags::LOADING)
        .union(Flags::STALE)
        .union(Flags::SKIP_SLOWLOG),
    Docs::new(
        "transactions",
        "1.2.0",
        "Depends on commands in the transaction",
        "Runs the queued commands as one",
    ),
);
const WATCH: Command = Command {
    keys: &[KeySpec::range(1, -1, 1, KeyFlags::RO)],
    ..row(
        "watch",
        Arity::AtLeast(2),
        ANYTIME,
        Docs::new(
            "transactions",
            "2.2.0",
            "O(1) for every key.",
            "Makes EXEC run only if these keys stay as they are",
        )
        .arguments(&[Argument::key().multiple()]),
    )
};

/// Bytes of a watch beside the key's name, about.
const WATCH_BYTES: usize = 96;

type Done = Result<Answered, CommandError>;

fn multi(context: &mut SessionContext<'_>, _: &Args<'_>, reply: &mut ReplyWriter<'_>) -> Done {
    if context.connection.queue.is_some() {
        return Err(CommandError::new("ERR MULTI calls can not be nested"));
    }
    context.connection.queue = Some(Queue::default());
    reply.ok();
    Ok(Answered::Now)
}

fn discard(context: &mut SessionContext<'_>, _: &Args<'_>, reply: &mut ReplyWriter<'_>) -> Done {
    if context.connection.queue.take().is_none() {
        return Err(CommandError::new("ERR DISCARD without MULTI"));
    }
    context.core.end_watch(context.connection);
    reply.ok();
    Ok(Answered::Now)
}

fn unwatch(context: &mut SessionContext<'_>, _: &Args<'_>, reply: &mut ReplyWriter<'_>) -> Done {
    context.core.end_watch(context.connection);
    reply.ok();
    Ok(Answered::Now)
}

fn watch(context: &mut SessionContext<'_>, args: &Args<'_>, _: &mut ReplyWriter<'_>) -> Done {
    if context.connection.queue.is_some() {
        return Err(CommandError::new("ERR WATCH inside MULTI is not allowed"));
    }
    let request = context.core.request_of(context.connection);
    let watcher = context.core.watcher(context.connection);
    let shards = context
        .core
        .engine
        .submit_watch(request, watcher, &args.skip(1));
    if context.connection.watching.is_none() {
        context.connection.watch_bytes = 0;
    }
    context.connection.watch_bytes += args
        .iter()
        .skip(1)
        .map(|key| key.len() + WATCH_BYTES)
        .sum::<usize>();
    let watching = context.connection.watching.get_or_insert(Watching {
        watcher,
        shards: Vec::new(),
    });
    watching.shards.extend(shards);
    watching.shards.sort_unstable();
    watching.shards.dedup();
    Ok(Answered::InTurn)
}

fn exec(context: &mut SessionContext<'_>, args: &Args<'_>, _: &mut ReplyWriter<'_>) -> Done {
    let Some(mut queue) = context.connection.queue.take() else {
        return Err(CommandError::new("ERR EXEC without MULTI"));
    };
    if queue.failed {
        context.core.end_watch(context.connection);
        return Err(CommandError::new(
            "EXECABORT Transaction discarded because of previous errors.",
        ));
    }
    let mut request = context.core.request_of(context.connection);
    // They change which reads count, from their place on. To hear of too many keys does no harm.
    request.caller.tracks |= queue.commands.iter().any(changes_tracking);
    let watching = context.connection.watching.take();
    check_again(context, &mut queue.commands);
    count_calls(context.core, &queue.commands);
    let (queued, is_mixed) = plan(
        &queue.commands,
        context.connection.db,
        context.core.settings.general.databases,
    );
    // What is monitored is shown in order, when it is known whether it ran.
    let is_mixed = is_mixed || context.core.is_monitored;
    if is_mixed {
        context.connection.assembly = Some(Assembly {
            place: request.client.place,
            pieces: Vec::new(),
            queue: queue.commands,
            shown: 0,
            exec: OwnedArgs::copy(args),
        });
    }
    if queued
        .iter()
        .any(|unit| unit.command.is_some_and(is_script))
    {
        context.core.roam(request, queued, true, watching);
    } else {
        context.core.engine.submit_exec(request, queued, watching);
    }
    // Session commands may change the connection: nothing of it goes on before they have run.
    Ok(if is_mixed {
        Answered::Later
    } else {
        Answered::InTurn
    })
}

fn changes_tracking(queued: &QueuedCommand) -> bool {
    matches!(
        table().full_name(queued.command),
        "client|tracking" | "client|caching"
    )
}

/// What the shards are to run is checked now, for the user that its turn will find; the commands of this core when their
/// turn comes. Changes of users by the transaction itself count for the latter only.
fn check_again(context: &mut SessionContext<'_>, commands: &mut [QueuedCommand]) {
    let core = &mut *context.core;
    let logs_in = |queued: &QueuedCommand| login(queued.command, &queued.args.as_args()).is_some();
    if !context.connection.is_checked && !commands.iter().any(logs_in) {
        return;
    }
    let mut user = context.connection.user.clone();
    for queued in commands {
        let args = queued.args.as_args();
        if is_session(queued) {
            let next = login(queued.command, &args).and_then(|(name, password)| {
                let user = core.users.users.find(name);
                user.filter(|user| user.admits(password)).cloned()
            });
            user = next.unwrap_or(user);
        } else if !user.is_unrestricted() {
            let admitted = core.admit_queued_as(&user, context.connection, queued.command, &args);
            queued.refusal = admitted.err();
        }
    }
}

fn is_session(queued: &QueuedCommand) -> bool {
    matches!(table().row(queued.command).run, Run::Session)
}

/// Whether this core makes a command's piece of the reply.
fn is_answered_here(queued: &QueuedCommand) -> bool {
    queued.refusal.is_some() || is_session(queued)
}

/// The commands that shards answer run now; those of this core count when their turn comes.
fn count_calls(core: &mut ServerCore, commands: &[QueuedCommand]) {
    for queued in commands.iter().filter(|queued| !is_answered_here(queued)) {
        core.statistics.called(queued.command);
    }
}

/// What the shards get of a queue, each command with the database that is selected when its turn comes. Second: whether
/// there are commands that no shard answers.
fn plan(commands: &[QueuedCommand], selected: DbIndex, databases: u32) -> (Vec<Queued>, bool) {
    let mut db = selected;
    let mut is_mixed = false;
    let queued = commands.iter().map(|queued| {
        let row = table().row(queued.command);
        let is_answered_here = is_answered_here(queued);
        is_mixed |= is_answered_here;
        if row.name == "select" {
            db = database_number(queued.args.as_args().at(1), databases).unwrap_or(db);
        }
        let command = (!is_answered_here).then_some(queued.command);
        Queued {
            command,
            db,
            args: if is_answered_here {
                Default::default()
            } else {
                queued.args.clone()
            },
        }
    });
    (queued.collect(), is_mixed)
}

impl ServerCore {
    /// The request of a command of `connection` that is sent now.
    pub(crate) fn request_of(&self, connection: &mut Connection) -> Request {
        Request {
            client: connection.next_client(),
            caller: connection.caller(&self.settings.memory.client_output_buffer_limit),
            db: connection.db,
            must_travel: connection.pipeline.must_travel(self.logical),
            now: self.now,
        }
    }

    fn watcher(&self, connection: &Connection) -> WatcherId {
        WatcherId {
            core: self.me().0,
            connection: connection.conn.bits(),
        }
    }

    /// Forgets what `connection` watches.
    pub(crate) fn end_watch(&mut self, connection: &mut Connection) {
        if let Some(watching) = connection.watching.take() {
            self.engine.submit_unwatch(&watching);
        }
    }

    /// EXEC ran: makes its reply, once the pieces that this core answers are there.
    pub(crate) fn assemble(&mut self, client: Client, pieces: Vec<Piece>) {
        let conn = ConnId::from_bits(client.connection);
        for piece in &pieces {
            if let Piece::Reply(command, reply) = piece {
                self.statistics.check_reply(*command, reply);
            }
        }
        let Some(mut connection) = self.connections.take(conn) else {
            return;
        };
        match &mut connection.assembly {
            Some(assembly) if assembly.place == client.place => {
                assembly.pieces = pieces.into_iter().map(piece_reply).collect();
                self.fill_in(&mut connection);
                self.connections.put(connection);
            }
            _ => {
                self.connections.put(connection);
                let replies = pieces.into_iter().filter_map(piece_reply).collect();
                self.answer(client, &joined(replies));
            }
        }
    }

    /// EXEC ran nothing, as a watched key had changed.
    pub(crate) fn abort_exec(&mut self, client: Client) {
        let conn = ConnId::from_bits(client.connection);
        let mut bytes = Vec::new();
        ReplyWriter::new(&mut bytes, self.protocol_of(client)).null_array();
        self.answer(client, &bytes);
        let Some(mut connection) = self.connections.take(conn) else {
            return;
        };
        let assembly = connection
            .assembly
            .take_if(|assembly| assembly.place == client.place);
        if let Some(assembly) = &assembly {
            self.show_exec(&mut connection, assembly);
        }
        self.connections.put(connection);
        if assembly.is_some() {
            self.release(conn, Hold::Answer);
        }
    }

    /// A piece of EXEC's reply came from the cores that were asked for it.
    pub(crate) fn take_piece(&mut self, conn: ConnId, piece: usize, reply: Vec<u8>) {
        let Some(mut connection) = self.connections.take(conn) else {
            return;
        };
        if let Some(assembly) = &mut connection.assembly {
            self.statistics
                .check_reply(assembly.queue[piece].command, &reply);
            assembly.pieces[piece] = Some(reply);
        }
        self.fill_in(&mut connection);
        self.connections.put(connection);
    }

    /// Answers the missing pieces in their order, as far as they can be answered now.
    fn fill_in(&mut self, connection: &mut Box<Connection>) {
        while let Some(mut assembly) = connection.assembly.take() {
            let Some(missing) = assembly.next_missing() else {
                let all = assembly.queue.len();
                self.show_queued(connection, &mut assembly, all);
                let replies = std::mem::take(&mut assembly.pieces);
                let replies = replies.into_iter().flatten().collect();
                // CLIENT KILL may have been one of the commands.
                if connection.hold == Hold::Answer {
                    connection.hold = Hold::None;
                }
                connection
                    .pipeline
                    .answer(assembly.place, &joined(replies), &mut connection.out);
                self.show_exec(connection, &assembly);
                self.make_ready(connection.conn);
                return self.mark(connection);
            };
            self.show_queued(connection, &mut assembly, missing);
            let queued = &assembly.queue[missing];
            let (command, args) = (queued.command, queued.args.clone());
            let refusal = queued.refusal.clone();
            connection.assembly = Some(assembly);
            let refusal = refusal.or_else(|| {
                self.admit_queued(connection, command, &args.as_args())
                    .err()
            });
            if let Some(refusal) = refusal {
                self.refuse_piece(connection, missing, &refusal);
                continue;
            }
            let mut bytes = Vec::new();
            let waiting = Waiting::Piece(connection.conn, missing);
            self.engine.shard().meter.start();
            connection.asked_at = self.engine.shard_ref().meter.now();
            match self.call_session(connection, command, &args.as_args(), waiting, &mut bytes) {
                Answered::Later => {
                    connection.asked = args;
                    return;
                }
                _ => {
                    self.statistics.called(command);
                    let took = self.engine.shard().meter.lap(command);
                    self.note_time(connection, command, took, &args.as_args());
                    self.statistics.check_reply(command, &bytes);
                    if let Some(assembly) = &mut connection.assembly {
                        assembly.pieces[missing] = Some(bytes);
                    }
                }
            }
        }
    }

    /// A command of EXEC is refused.
    fn refuse_piece(&mut self, connection: &mut Connection, piece: usize, refusal: &CommandError) {
        let mut bytes = Vec::new();
        ReplyWriter::new(&mut bytes, connection.protocol).error(refusal.line());
        self.statistics.rejected(None, refusal);
        if let Some(assembly) = &mut connection.assembly {
            assembly.pieces[piece] = Some(bytes);
        }
    }
}

fn piece_reply(piece: Piece) -> Option<Vec<u8>> {
    match piece {
        Piece::Reply(_, reply) => Some(reply),
        Piece::Session(_) => None,
    }
}

fn joined(replies: Vec<Vec<u8>>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(16 + replies.iter().map(Vec::len).sum::<usize>());
    let protocol = engine::resp::reply::Protocol::Resp2;
    ReplyWriter::new(&mut bytes, protocol).array(replies.len());
    replies
        .iter()
        .for_each(|reply| bytes.extend_from_slice(reply));
    bytes
}
