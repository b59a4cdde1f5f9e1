//! From bytes of a client to commands: parsing in place, and holding back what a client sends faster than it may.

use engine::command::args::Args;
use engine::command::table::table;
use engine::resp::request::{Parsed, ProtocolError, RequestLimits, Sender};

use super::batch::{self, Batch};
use super::{Connection, Hold};
use crate::core::{Output, ServerCore};
use crate::runtime::net::ConnId;

/// Replies owed to one client beyond which its next commands wait: bytes it has not read yet, here and in the socket.
const MOST_OWED: usize = 32 << 20;
/// Such a client goes on when what the socket has not taken is less than this, in bytes.
pub(super) const GO_ON_BELOW: usize = MOST_OWED / 2;
/// A held client may send ahead so many bytes before it is no longer read from, unless one request needs more.
const READ_AHEAD: usize = 1 << 20;

/// How far serving came.
struct Served {
    /// Bytes that are done with.
    used: usize,
    /// Bytes, behind these, that the next step needs at least.
    need: usize,
}

/// Makes room for `need` bytes in all: for a large argument just as much as it takes, else some more, as what comes in
/// many small pieces would be moved again and again.
fn reserve(input: &mut Vec<u8>, need: usize) {
    let missing = need.saturating_sub(input.len());
    if missing > input.len() {
        input.reserve_exact(missing);
    } else {
        input.reserve(missing);
    }
}

/// What comes behind the whole requests of a batch.
enum Behind {
    /// Perhaps more of them.
    More,
    /// An inline command.
    Inline { line: Box<[u8]>, end: usize },
    /// A request whose end has not arrived.
    Incomplete { need: usize },
    /// No request.
    Broken(ProtocolError),
}

impl ServerCore {
    /// Bytes of a client arrived.
    pub fn receive(&mut self, conn: ConnId, bytes: &[u8]) {
        let Some(mut connection) = self.connections.take(conn) else {
            return;
        };
        if connection.hold == Hold::Closing {
            return self.connections.put(connection);
        }
        connection.received += bytes.len() as u64;
        connection.last_active = self.now;
        self.statistics.bytes_received += bytes.len() as u64;
        self.statistics.reads += 1;
        if connection.input.is_empty() && !self.must_wait(&mut connection) {
            let Served { used, need } = self.serve(&mut connection, bytes);
            reserve(&mut connection.input, need);
            connection.input.extend_from_slice(&bytes[used..]);
        } else {
            connection.input.extend_from_slice(bytes);
            self.serve_input(&mut connection);
        }
        self.check_query_buffer(&mut connection);
        self.weigh(&mut connection);
        self.connections.put(connection);
    }

    /// Serves what a client sent earlier, if it may go on.
    pub(super) fn serve_input(&mut self, connection: &mut Connection) {
        if connection.input.is_empty() || self.must_wait(connection) {
            return;
        }
        let mut input = std::mem::take(&mut connection.input);
        let Served { used, need } = self.serve(connection, &input);
        input.drain(..used);
        reserve(&mut input, need);
        connection.input_peak = connection.input_peak.max(input.len());
        connection.input = input;
    }

    /// Whether the next command of `connection` has to wait; if so, something will make it ready again.
    fn must_wait(&mut self, connection: &mut Connection) -> bool {
        if connection.hold != Hold::None {
            return true;
        }
        if self.flush_blocked {
            self.make_ready(connection.conn);
            return true;
        }
        if connection.pipeline.depth() >= connection.expectation.most_under_way() {
            connection.hold = Hold::UnderWay;
            return true;
        }
        if connection.out.len() + connection.pipeline.held() + connection.unsent >= MOST_OWED {
            connection.hold = Hold::Output;
            return true;
        }
        false
    }

    /// Runs the requests at the start of `input`.
    fn serve(&mut self, connection: &mut Connection, input: &[u8]) -> Served {
        let mut batch = std::mem::take(&mut self.batch);
        std::mem::swap(&mut batch.parsing, &mut connection.partial);
        let (mut at, mut needed) = (0, 0);
        while at < input.len() {
            batch.clear();
            let behind = self.parse_ahead(connection, input, at, &mut batch);
            self.prefetch(connection, &batch, input);
            let (done, held) = self.run_batch(connection, &batch, input, at);
            at = done;
            if held {
                connection.parser.restart();
                break;
            }
            at = match behind {
                Behind::More => continue,
                Behind::Inline { line, end } => {
                    connection.request_len = end - at;
                    self.engine.shard().meter.start();
                    self.dispatch(connection, &Args::new(&line, &batch.parsing));
                    end
                }
                Behind::Incomplete { need } => {
                    needed = need;
                    std::mem::swap(&mut batch.parsing, &mut connection.partial);
                    break;
                }
                Behind::Broken(error) => {
                    self.refuse_bytes(connection, &error);
                    input.len()
                }
            };
            if self.must_wait(connection) {
                break;
            }
        }
        self.batch = batch;
        let (used, need) = (at, needed);
        Served { used, need }
    }

    /// Parses whole requests from `at` on, as many as a batch holds, and tells what is behind them.
    fn parse_ahead(
        &mut self,
        connection: &mut Connection,
        input: &[u8],
        at: usize,
        batch: &mut Batch,
    ) -> Behind {
        // Whoever is not logged in may become so by any request, and then may send more.
        let most = if connection.authenticated {
            batch::MOST
        } else {
            1
        };
        let limits = self.request_limits(connection);
        let mut start = at;
        while batch.len() < most && start < input.len() {
            match connection
                .parser
                .parse(&input[start..], &limits, &mut batch.parsing)
            {
                Ok(Parsed::Complete { consumed }) => {
                    batch.take_parsed(start, start + consumed);
                    start += consumed;
                }
                Ok(Parsed::Inline { consumed, line }) => {
                    return Behind::Inline {
                        line,
                        end: start + consumed,
                    };
                }
                Ok(Parsed::Incomplete { need }) => return Behind::Incomplete { need },
                Err(error) => return Behind::Broken(error),
            }
        }
        Behind::More
    }

    /// Runs the requests of a batch. Returns where in `input` the next one starts, and whether it has to wait.
    fn run_batch(
        &mut self,
        connection: &mut Connection,
        batch: &Batch,
        input: &[u8],
        at: usize,
    ) -> (usize, bool) {
        let mut done = at;
        self.engine.shard().meter.start();
        for index in 0..batch.len() {
            let (args, end) = batch.request(index, input);
            connection.request_len = end - done;
            self.dispatch(connection, &args);
            done = end;
            if self.must_wait(connection) {
                return (done, true);
            }
        }
        (done, false)
    }

    /// Asks the processor for the memory that the commands of a batch will look at.
    fn prefetch(&self, connection: &Connection, batch: &Batch, input: &[u8]) {
        if batch.len() < 2 {
            return;
        }
        let mut last = connection.last_command;
        let mut keys = [None; batch::MOST];
        for (index, key) in keys.iter_mut().enumerate().take(batch.len()) {
            let (args, _) = batch.request(index, input);
            if args.is_empty() {
                continue;
            }
            if let Ok(id) = table().resolve_after(last, &args) {
                last = Some(id);
                *key = self.engine.own_key(table().row(id), &args);
            }
        }
        let database = self.engine.shard_ref().database(connection.db);
        keys.iter()
            .flatten()
            .for_each(|key| database.prefetch_bucket(*key));
        keys.iter()
            .flatten()
            .for_each(|key| database.prefetch_entry(*key));
    }

    fn refuse_bytes(&mut self, connection: &mut Connection, error: &ProtocolError) {
        let mut reply = b"-ERR Protocol error: ".to_vec();
        reply.extend_from_slice(&error.text());
        reply.extend_from_slice(b"\r\n");
        connection.reply_now(&reply);
        self.close_when_sent(connection);
    }

    fn request_limits(&self, connection: &Connection) -> RequestLimits {
        RequestLimits {
            max_bulk: self.settings.memory.proto_max_bulk_len,
            sender: if connection.authenticated {
                Sender::Known
            } else {
                Sender::Stranger
            },
            ..RequestLimits::default()
        }
    }

    /// A client that sends more than anybody may is closed; one that is merely too fast is not read from for a while.
    fn check_query_buffer(&mut self, connection: &mut Connection) {
        let waiting = connection.input.len();
        if waiting as u64 > self.settings.memory.client_query_buffer_limit {
            tracing::warn!(
                "Closing client that reached max query buffer length: id={} qbuf={waiting}",
                connection.id
            );
            self.statistics.query_buffer_limit_disconnections += 1;
            connection.hold = Hold::Closing;
            connection.input = Vec::new();
            self.act(Output::Close(connection.conn));
            return;
        }
        let too_fast = matches!(
            connection.hold,
            Hold::Answer | Hold::Pause | Hold::Blocked | Hold::UnderWay | Hold::Script
        );
        if waiting > READ_AHEAD && too_fast && !connection.receive_paused {
            connection.receive_paused = true;
            self.act(Output::PauseReceive(connection.conn));
        }
    }

    /// The reason `hold` for which `conn` waited is gone.
    pub(crate) fn release(&mut self, conn: ConnId, hold: Hold) {
        let Some(connection) = self.connections.get_mut(conn) else {
            return;
        };
        if connection.hold == hold {
            connection.hold = Hold::None;
            if !connection.held_back.is_empty() {
                let behind = std::mem::replace(
                    &mut connection.input,
                    std::mem::take(&mut connection.held_back),
                );
                connection.input.extend_from_slice(&behind);
            }
            let paused = std::mem::take(&mut connection.receive_paused);
            self.make_ready(conn);
            if paused {
                self.act(Output::ResumeReceive(conn));
            }
        }
    }

    /// Serves clients that may go on since something changed.
    pub(crate) fn serve_ready(&mut self) {
        for conn in self.take_ready() {
            if let Some(mut connection) = self.connections.take(conn) {
                self.serve_input(&mut connection);
                self.connections.put(connection);
            }
        }
    }
}
