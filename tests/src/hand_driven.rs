//! A whole server without sockets, threads and clocks: its cores take turns, and mail moves between them by hand.
//!
//! Invariants:
//! - Time is a counter that grows with every turn, so every flush is whole before the next core takes its logical time.
//! - A core's output leaves after its flush, as in the real driver.

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use engine::keyspace::key::HashSeed;
use engine::order::{ShardId, Stamp, Tag};
use engine::time::UnixMillis;
use persistence::disk::MemoryDisk;
use server::commands;
use server::config::load::Source;
use server::config::settings::Settings;
use server::core::mail::{Answer, Mail, Request};
use server::core::process::Process;
use server::core::{Output, ServerCore};
use server::runtime::net::{ConnId, PeerAddr};

/// The wall clock when a server starts: a moment in November 2023.
pub const START: UnixMillis = UnixMillis(1_700_000_000_000);
/// Rounds without an end after which a server is taken to be stuck.
const MOST_ROUNDS: usize = 100_000;

/// How long a thread that writes a file is waited for before the next round.
const A_MOMENT: Duration = Duration::from_micros(50);

/// Mail on its way to one core.
#[derive(Default)]
struct Inbox {
    requests: VecDeque<(Tag, Request)>,
    answers: VecDeque<Answer>,
}

/// A client of a [`HandDriven`] server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientId(usize);

struct Client {
    core: usize,
    conn: ConnId,
    /// What it sent and its core has not been given.
    sent: Vec<u8>,
    received: Vec<u8>,
    is_open: bool,
}

/// See the top of the file.
pub struct HandDriven {
    cores: Vec<ServerCore>,
    inboxes: Vec<Inbox>,
    clients: Vec<Client>,
    time: u64,
    now: UnixMillis,
}

impl HandDriven {
    /// A server of `shards` cores.
    pub fn new(shards: u16, settings: Settings) -> Self {
        commands::register();
        let settings = Arc::new(settings);
        let id = "0".repeat(40);
        let mut process = Process::new(shards, HashSeed(17), id, Source::Nowhere);
        process.disk = Arc::new(MemoryDisk::default());
        let process = Arc::new(process);
        let core = |shard| ServerCore::new(shard, process.clone(), settings.clone());
        HandDriven {
            cores: ShardId::first(shards).map(core).collect(),
            inboxes: ShardId::first(shards).map(|_| Inbox::default()).collect(),
            clients: Vec::new(),
            time: 1,
            now: START,
        }
    }

    /// Connects a client to the next core.
    pub fn connect(&mut self) -> ClientId {
        let number = self.clients.len();
        let core = number % self.cores.len();
        let conn = ConnId::from_bits(number as u64);
        let local = PeerAddr::Inet(SocketAddr::from((Ipv4Addr::LOCALHOST, 6379)));
        let peer = PeerAddr::Inet(SocketAddr::from((
            Ipv4Addr::LOCALHOST,
            40_000 + number as u16,
        )));
        self.cores[core].begin_tick(Stamp(self.time), self.now);
        self.cores[core].accept(conn, peer, local, None);
        self.clients.push(Client {
            core,
            conn,
            sent: Vec::new(),
            received: Vec::new(),
            is_open: true,
        });
        ClientId(number)
    }

    /// A client sends `bytes`; they are read in the next [`HandDriven::settle`].
    pub fn send(&mut self, client: ClientId, bytes: &[u8]) {
        self.clients[client.0].sent.extend_from_slice(bytes);
    }

    /// Whether the server has not closed the connection.
    pub fn is_open(&self, client: ClientId) -> bool {
        self.clients[client.0].is_open
    }

    /// Takes what a client received.
    pub fn take_received(&mut self, client: ClientId) -> Vec<u8> {
        std::mem::take(&mut self.clients[client.0].received)
    }

    /// Lets the wall clock go on, and the server do what is due then.
    ///
    /// # Panics
    /// As [`HandDriven::settle`].
    pub fn pass(&mut self, millis: i64) {
        self.now.0 += millis;
        self.settle();
    }

    /// Lets the cores take turns until nothing moves any more.
    ///
    /// # Panics
    /// If that never happens.
    pub fn settle(&mut self) {
        for _ in 0..MOST_ROUNDS {
            (0..self.cores.len()).for_each(|core| self.turn(core));
            if !self.is_quiet() {
                continue;
            }
            if !self.cores.iter().any(ServerCore::awaits_files) {
                return;
            }
            std::thread::sleep(A_MOMENT);
        }
        panic!("the server never comes to rest");
    }

    fn is_quiet(&self) -> bool {
        self.cores
            .iter()
            .all(|core| !core.has_mail_to_send() && !core.has_work() && !core.holds_output())
            && self
                .inboxes
                .iter()
                .all(|inbox| inbox.requests.is_empty() && inbox.answers.is_empty())
            && self.clients.iter().all(|client| client.sent.is_empty())
    }

    /// One tick of one core.
    fn turn(&mut self, index: usize) {
        self.time += 1;
        let (core, inbox) = (&mut self.cores[index], &mut self.inboxes[index]);
        let mut busy = !inbox.requests.is_empty() || !inbox.answers.is_empty();
        core.begin_tick(Stamp(self.time), self.now);
        inbox
            .answers
            .drain(..)
            .for_each(|answer| core.take_answer(answer));
        // Turn follows turn, so requests stand in the order of their stamps already.
        inbox
            .requests
            .drain(..)
            .for_each(|(tag, request)| core.take_request(tag, request));
        for client in self
            .clients
            .iter_mut()
            .filter(|client| client.core == index)
        {
            let bytes = std::mem::take(&mut client.sent);
            if client.is_open && !bytes.is_empty() {
                busy = true;
                core.receive(client.conn, &bytes);
            }
        }
        core.end_tick();
        self.flush(index);
        self.hand_out(index, busy);
    }

    fn flush(&mut self, index: usize) {
        let tag = Tag {
            stamp: Stamp(self.time),
            sender: ShardId(index as u16),
            place: 0,
        };
        let inboxes = &mut self.inboxes;
        self.cores[index].take_mail(|to, mail| match mail {
            Mail::Request(request) => inboxes[to.index()].requests.push_back((tag, request)),
            Mail::Answer(answer) => inboxes[to.index()].answers.push_back(answer),
        });
        self.cores[index].engine.flushed();
    }

    fn hand_out(&mut self, index: usize, busy: bool) {
        let mut closed = Vec::new();
        let clients = &mut self.clients;
        self.cores[index].take_output(busy, |output| match output {
            Output::Send(conn, bytes) => clients[conn.bits() as usize]
                .received
                .extend_from_slice(&bytes),
            Output::CloseAfterSend(conn) | Output::Close(conn) => closed.push(conn),
            // Deliberately no pausing, because a client here sends no more than its transcript says.
            Output::PauseReceive(_) | Output::ResumeReceive(_) => {}
        });
        for conn in closed {
            self.clients[conn.bits() as usize].is_open = false;
            self.cores[index].closed(conn);
        }
    }
}
