//! Questions that every core must answer: INFO adds up, CLIENT LIST collects, CONFIG SET spreads. They travel in the one
//! order, so all cores answer at the same point of it.

use std::any::Any;
use std::collections::HashMap;

use engine::command::error::CommandError;
use engine::order::ShardId;
use engine::order::block::Client;
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
    /// Nobody: the work itself counts.
    Nobody,
}

type Join = Box<dyn FnOnce(&mut ServerCore, Vec<TaskResult>, &mut ReplyWriter<'_>) -> Result<(), CommandError>>;

struct Ask {
    waiting: Waiting,
    results: Vec<Option<TaskResult>>,
    join: Join,
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
        join: impl FnOnce(&mut ServerCore, Vec<T>, &mut ReplyWriter<'_>) -> Result<(), CommandError> + 'static,
    ) {
        let ask = self.asks.next;
        self.asks.next += 1;
        let join: Join = Box::new(move |core, results, reply| {
            let results = results.into_iter().filter_map(|result| (result as Box<dyn Any>).downcast().ok());
            join(core, results.map(|result: Box<T>| *result).collect(), reply)
        });
        let results = std::iter::repeat_with(|| None).take(self.process.cores as usize).collect();
        self.asks.open.insert(ask, Ask { waiting, results, join });
        for core in self.process.all_cores() {
            let task = task.clone();
            let task = Box::new(move |core: &mut ServerCore| Box::new(task(core)) as TaskResult);
            self.send_mail(core, Mail::Request(Request::Ask { ask, task }));
        }
    }

    pub(super) fn take_ask_answer(&mut self, ask: u64, from: ShardId, result: TaskResult) {
        let Some(open) = self.asks.open.get_mut(&ask) else { return };
        open.results[from.index()] = Some(result);
        if open.results.iter().any(Option::is_none) {
            return;
        }
        let Some(Ask { waiting, results, join }) = self.asks.open.remove(&ask) else { return };
        let conn = match waiting {
            Waiting::Client(client) => ConnId::from_bits(client.connection),
            Waiting::Piece(conn, _) => conn,
            Waiting::Nobody => ConnId::from_bits(u64::MAX),
        };
        let protocol = self.connections.get(conn).map(|connection| connection.protocol).unwrap_or_default();
        let mut bytes = Vec::new();
        let mut reply = ReplyWriter::new(&mut bytes, protocol);
        if let Err(error) = join(self, results.into_iter().flatten().collect(), &mut reply) {
            reply.truncate(0);
            reply.error(error.line());
        }
        self.settle(waiting, conn, bytes);
    }

    fn settle(&mut self, waiting: Waiting, conn: ConnId, bytes: Vec<u8>) {
        match waiting {
            Waiting::Client(client) => {
                self.answer(client, &bytes);
                self.release(conn, Hold::Answer);
            }
            Waiting::Piece(conn, piece) => self.take_piece(conn, piece, bytes),
            Waiting::Nobody => {}
        }
    }
}
