//! Questions to other cores, mostly to all of them: INFO adds up, CLIENT LIST collects, CONFIG SET spreads. They travel in
//! the one order, so all cores answer at the same point of it.

use std::any::Any;
use std::collections::HashMap;

use engine::command::error::CommandError;
use engine::order::block::Client;
use engine::order::{Exclusive, ShardId};
use engine::resp::reply::ReplyWriter;

use super::ServerCore;
use super::mail::{Mail, Request, TaskResult};
use crate::connection::Hold;
use crate::runtime::net::ConnId;

/// Whose reply waits for the answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waiting {
    /// A place in a pipeline.
    Client(Client),
    /// A piece of EXEC's reply.
    Piece(ConnId, usize),
    /// A script that runs under all locks.
    Script(Exclusive),
    /// Nobody: the work itself counts.
    Nobody,
}

type Then = Box<dyn FnOnce(&mut ServerCore, Waiting, Vec<TaskResult>)>;

struct Ask {
    waiting: Waiting,
    /// By core; those that are not asked stay empty.
    results: Vec<Option<TaskResult>>,
    missing: usize,
    then: Then,
}

/// The questions of one core that are not answered yet.
#[derive(Default)]
pub struct Asks {
    open: HashMap<u64, Ask>,
    next: u64,
}

impl ServerCore {
    /// Lets every core do `task`; when all have, `join` makes the reply of what came of it, in the order of the cores.
    pub fn ask_all<T: Send + 'static>(
        &mut self,
        waiting: Waiting,
        task: impl Fn(&mut ServerCore) -> T + Clone + Send + 'static,
        join: impl FnOnce(&mut ServerCore, Vec<T>, &mut ReplyWriter<'_>) -> Result<(), CommandError>
        + 'static,
    ) {
        let cores = self.process.all_cores();
        self.ask(cores, waiting, task, |core, waiting, results| {
            core.reply_to(waiting, |core, reply| join(core, results, reply));
        });
    }

    /// Lets `cores` do `task`; when all of them have, `then` goes on with what came of it, in the order of the cores. It
    /// asks again for `waiting`, or ends with [`ServerCore::reply_to`].
    pub fn ask<T: Send + 'static>(
        &mut self,
        cores: impl Iterator<Item = ShardId>,
        waiting: Waiting,
        task: impl Fn(&mut ServerCore) -> T + Clone + Send + 'static,
        then: impl FnOnce(&mut ServerCore, Waiting, Vec<T>) + 'static,
    ) {
        let ask = self.asks.next;
        self.asks.next += 1;
        let then: Then = Box::new(move |core, waiting, results| {
            let results = results
                .into_iter()
                .filter_map(|result| (result as Box<dyn Any>).downcast().ok());
            then(
                core,
                waiting,
                results.map(|result: Box<T>| *result).collect(),
            );
        });
        let mut missing = 0;
        for core in cores {
            let task = task.clone();
            let task = Box::new(move |core: &mut ServerCore| Box::new(task(core)) as TaskResult);
            self.send_mail(core, Mail::Request(Request::Ask { ask, task }));
            missing += 1;
        }
        let results = std::iter::repeat_with(|| None)
            .take(self.process.cores as usize)
            .collect();
        self.asks.open.insert(
            ask,
            Ask {
                waiting,
                results,
                missing,
                then,
            },
        );
    }

    pub(super) fn take_ask_answer(&mut self, ask: u64, from: ShardId, result: TaskResult) {
        let Some(open) = self.asks.open.get_mut(&ask) else {
            return;
        };
        open.results[from.index()] = Some(result);
        open.missing -= 1;
        if open.missing > 0 {
            return;
        }
        let Some(Ask {
            waiting,
            results,
            then,
            ..
        }) = self.asks.open.remove(&ask)
        else {
            return;
        };
        then(self, waiting, results.into_iter().flatten().collect());
    }

    /// Gives whoever waits the reply that `write` makes; an error becomes the reply.
    pub fn reply_to(
        &mut self,
        waiting: Waiting,
        write: impl FnOnce(&mut ServerCore, &mut ReplyWriter<'_>) -> Result<(), CommandError>,
    ) {
        let conn = match waiting {
            Waiting::Client(client) => ConnId::from_bits(client.connection),
            Waiting::Piece(conn, _) => conn,
            Waiting::Script(_) | Waiting::Nobody => ConnId::from_bits(u64::MAX),
        };
        let protocol = self
            .connections
            .get(conn)
            .map(|connection| connection.protocol)
            .unwrap_or_default();
        let mut bytes = Vec::new();
        let mut reply = ReplyWriter::new(&mut bytes, protocol);
        if let Err(error) = write(self, &mut reply) {
            reply.truncate(0);
            reply.error(error.line());
        }
        self.record_answer(waiting);
        self.settle(waiting, conn, bytes);
    }

    /// What other cores answer takes until the last of them has answered.
    fn record_answer(&mut self, waiting: Waiting) {
        let (conn, piece) = match waiting {
            Waiting::Client(client) => (ConnId::from_bits(client.connection), None),
            Waiting::Piece(conn, piece) => (conn, Some(piece)),
            Waiting::Script(_) | Waiting::Nobody => return,
        };
        let Some(connection) = self.connections.get_mut(conn) else {
            return;
        };
        let args = std::mem::take(&mut connection.asked);
        let command = match (piece, &connection.assembly) {
            (Some(piece), Some(assembly)) => assembly.queue.get(piece).map(|queued| queued.command),
            (None, _) => connection.last_command,
            _ => None,
        };
        let since = connection.asked_at;
        if let Some(command) = command {
            let meter = &mut self.engine.shard().meter;
            let took = meter.now().wrapping_sub(since);
            meter.record(command, took);
            self.statistics.called(command);
            if let Some(connection) = self.connections.take(conn) {
                self.note_time(&connection, command, took, &args.as_args());
                self.connections.put(connection);
            }
        }
    }

    fn settle(&mut self, waiting: Waiting, conn: ConnId, bytes: Vec<u8>) {
        match waiting {
            Waiting::Client(client) => {
                self.answer(client, &bytes);
                self.release(conn, Hold::Answer);
            }
            Waiting::Piece(conn, piece) => self.take_piece(conn, piece, bytes),
            Waiting::Script(exclusive) => self.take_script_reply(exclusive, bytes),
            Waiting::Nobody => {}
        }
    }
}
