//! One core of the server without its sockets: clients' bytes and other cores' mail come in, replies and mail go out. The
//! runtime moves them; tests drive the same thing by hand.
//!
//! A tick, in this order:
//! 1. [`ServerCore::begin_tick`] with the logical time taken after completions were reaped,
//! 2. mail: [`ServerCore::take_request`] in the order of the stamps, [`ServerCore::take_answer`],
//! 3. clients: [`ServerCore::receive`] and its relatives,
//! 4. [`ServerCore::end_tick`], then the caller flushes [`ServerCore::take_mail`],
//! 5. only after the flush, [`ServerCore::take_output`] leaves for the sockets.
//!
//! Invariant: while a flush waits for room, step 3 does not happen.

pub mod ask;
pub mod blocked;
pub mod budget;
pub mod clock;
pub mod cron;
pub mod exclusive;
pub mod mail;
pub mod pause;
pub mod process;
pub mod reconfigure;
mod roaming;
pub mod shutdown;
pub mod statistics;
pub mod users;
pub mod weights;

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;

use engine::key::placement::Placement;
use engine::limits::{AccessPolicy, Limits};
use engine::order::block::Client;
use engine::order::core::Core;
use engine::order::{Outcome, ShardId, Stamp, Tag};
use engine::resp::reply::Protocol;
use engine::shard::Shard;
use engine::shard::eviction::{Among, Policy};
use engine::shard::meter::Meter;
use engine::shard::stats::ShardStats;
use engine::time::UnixMillis;

use crate::acl::published::Version;
use crate::append_only::held::Held;
use crate::append_only::replay::{REPLAY, Replaying};
use crate::append_only::shipping::Shipping;
use crate::append_only::state::Phase;
use crate::config::Settings;
use crate::config::topic::memory::EvictionPolicy;
use crate::connection::Hold;
use crate::connection::batch::Batch;
use crate::connection::registry::Registry;
use crate::persistence::decode::Decoding;
use crate::persistence::save::Saving;
use crate::persistence::thread::Awaited;
use crate::persistence::walk::Walk;
use crate::pubsub::subscriptions::Subscriptions;
use crate::runtime::net::ConnId;
use crate::scripting::pool::{Pool, Shared};
use crate::tracking::limit::Share;
use crate::tracking::listeners::Listeners;
use ask::Asks;
use blocked::Deadlines;
use cron::Cron;
use exclusive::Exclusives;
use mail::{Answer, Mail, Request};
use pause::Pause;
use process::Process;
use reconfigure::Reconfigured;
use roaming::Roamings;
pub(crate) use roaming::is_script;
use statistics::Statistics;
use weights::Scale;

/// What the runtime shall do to a connection.
#[derive(Debug, PartialEq, Eq)]
pub enum Output {
    /// Send these bytes.
    Send(ConnId, Vec<u8>),
    /// Close it when everything is sent.
    CloseAfterSend(ConnId),
    /// Close it now.
    Close(ConnId),
    /// Stop reading from it.
    PauseReceive(ConnId),
    /// Read from it again.
    ResumeReceive(ConnId),
}

/// See the top of the file.
pub struct ServerCore {
    /// This core's shard and its transactions.
    pub engine: Core,
    /// Its clients.
    pub connections: Registry,
    /// What all cores share.
    pub process: Arc<Process>,
    /// The configuration in force.
    pub settings: Arc<Settings>,
    /// The users it serves by.
    pub users: Version,
    /// What it counted.
    pub statistics: Statistics,
    /// Wall-clock time of this tick.
    pub now: UnixMillis,
    /// CLIENT PAUSE.
    pub pause: Pause,
    pub(super) reconfigured: Reconfigured,
    pub(crate) logical: Stamp,
    /// When this tick began, on the meter's clock.
    tick_began: Option<u64>,
    /// What its clients subscribed to.
    pub subscriptions: Subscriptions,
    /// Which of its clients listen to which prefixes of keys.
    pub(crate) listeners: Listeners,
    pub(crate) tracking_share: Share,
    scale: Scale,
    /// Its clients that monitor.
    pub(crate) monitoring: Vec<ConnId>,
    /// Whether a client of any core monitors, as known in this tick.
    pub(crate) is_monitored: bool,
    pub(crate) asks: Asks,
    pub(super) exclusives: Exclusives,
    pub(super) roamings: Roamings,
    /// This core's Lua machines.
    pub(crate) scripting: Rc<RefCell<Pool>>,
    pub(crate) deadlines: Deadlines,
    pub(crate) cron: Cron,
    /// Snapshots that this core began.
    pub(crate) saving: Vec<Saving>,
    /// The one its shard is walked for.
    pub(crate) walk: Option<Walk>,
    /// What it decodes of a file that is loaded.
    pub(crate) decoding: Option<Decoding>,
    /// What of files it waits for.
    pub(crate) awaited: Awaited,
    /// FLUSHALLs that it has drawn its conclusions from.
    pub(crate) flushes_seen: u64,
    /// Its end of the log.
    pub(crate) shipping: Shipping,
    /// What waits until it is durable.
    pub(crate) held_for_disk: Held,
    /// What it replays of a file.
    pub(crate) replaying: Replaying,
    mail: VecDeque<(ShardId, Mail)>,
    /// Connections whose `out` holds something, or that are to be closed.
    dirty: Vec<ConnId>,
    output: Vec<Output>,
    /// Only its memory is used: the next list of `dirty`.
    held: Vec<ConnId>,
    /// Connections whose commands under way have become few enough, while a block of answers is taken.
    going_on: Vec<(ConnId, Hold)>,
    /// Connections that were held and may go on.
    ready: Vec<ConnId>,
    spare_buffers: Vec<Vec<u8>>,
    pub(crate) batch: Batch,
    pub(crate) scratch: Vec<u8>,
    /// Whether clients may be served at all in this tick.
    pub(crate) flush_blocked: bool,
}

impl ServerCore {
    /// The core of shard `me`.
    pub fn new(me: ShardId, process: Arc<Process>, settings: Arc<Settings>) -> Self {
        let placement = Placement::even(process.cores);
        let mut shard = Shard::new(
            process.seed,
            process.seed.0 ^ u64::from(me.0).wrapping_mul(0x9e37),
            limits(&settings),
        );
        let budget = process.clone();
        shard.set_gauge(Box::new(move || budget.budget.used(me)));
        shard.meter = Meter::new(clock::clock(), settings.slow_log.latency_tracking);
        let users = process.users(&settings).newest();
        let shipping = Shipping::new(me, process.cores);
        process.append_only.set_settings(&settings);
        let mut pool = Pool::new(process.clone(), me.0);
        pool.set_patience(settings.scripting.busy_reply_threshold);
        let scripting = Rc::new(RefCell::new(pool));
        let mut engine = Core::new(me, placement, shard);
        engine.set_programs(Box::new(Shared(scripting.clone())));
        let mut core = ServerCore {
            engine,
            connections: Registry::default(),
            process,
            settings,
            users,
            statistics: Statistics::new(),
            now: UnixMillis(0),
            pause: Pause::default(),
            reconfigured: Reconfigured::default(),
            logical: Stamp(0),
            tick_began: None,
            subscriptions: Subscriptions::default(),
            listeners: Listeners::default(),
            tracking_share: Share::default(),
            scale: Scale::default(),
            monitoring: Vec::new(),
            is_monitored: false,
            asks: Asks::default(),
            exclusives: Exclusives::default(),
            roamings: Roamings::default(),
            scripting,
            deadlines: Deadlines::default(),
            cron: Cron::default(),
            saving: Vec::new(),
            walk: None,
            decoding: None,
            awaited: Awaited::default(),
            flushes_seen: 0,
            shipping,
            held_for_disk: Held::default(),
            replaying: Replaying::default(),
            mail: VecDeque::new(),
            dirty: Vec::new(),
            output: Vec::new(),
            held: Vec::new(),
            going_on: Vec::new(),
            ready: Vec::new(),
            spare_buffers: Vec::new(),
            batch: Batch::default(),
            scratch: Vec::new(),
            flush_blocked: false,
        };
        core.tell_meter();
        let records = core.process.append_only.phase() == Phase::On;
        core.engine.shard().log.is_read = records;
        core
    }

    /// This core's number.
    pub fn me(&self) -> ShardId {
        self.engine.me()
    }

    /// A tick begins at logical time `logical` and wall-clock time `now`.
    pub fn begin_tick(&mut self, logical: Stamp, now: UnixMillis) {
        self.logical = logical;
        self.now = now;
        self.engine.begin_tick(logical);
        self.is_monitored = self.process.monitors.any();
        if self.tick_began.is_none() {
            self.tick_began = Some(self.engine.shard_ref().meter.now());
        }
    }

    /// The time at which commands run. While a log is replayed nothing is past its expiry: what had expired is deleted
    /// by the log itself.
    pub(crate) fn data_now(&self) -> UnixMillis {
        match self.process.append_only.replay.is_under_way() {
            true => UnixMillis(0),
            false => self.now,
        }
    }

    /// A message whose turn in the order has come.
    pub fn take_request(&mut self, tag: Tag, request: Request) {
        match request {
            Request::Block(block) => {
                self.engine.run_block(tag, block, self.data_now());
                self.tell_readers(None);
            }
            Request::TellLog => self.ask_for_log(),
            Request::Ask { ask, task } => {
                let result = task(self);
                let answer = Answer::Ask {
                    ask,
                    from: self.me(),
                    result,
                };
                self.mail.push_back((tag.sender, Mail::Answer(answer)));
            }
        }
    }

    /// An answer to an earlier request.
    pub fn take_answer(&mut self, answer: Answer) {
        match answer {
            Answer::Block(block) => {
                let ServerCore {
                    engine,
                    connections,
                    dirty,
                    statistics,
                    going_on,
                    ..
                } = self;
                let mut replayed = 0;
                engine.take_answers(block, &mut |client, reply| {
                    replayed += u64::from(client == REPLAY);
                    if let Some(connection) =
                        connections.get_mut(ConnId::from_bits(client.connection))
                    {
                        let (command, goes_on) = connection.take_reply(client.place, reply);
                        statistics.answered(command, reply);
                        mark_dirty(dirty, connection);
                        if let Some(hold) = goes_on {
                            going_on.push((connection.conn, hold));
                        }
                    }
                });
                (0..replayed).for_each(|_| self.replayed());
                self.note_slow_on_shards();
                while let Some((conn, hold)) = self.going_on.pop() {
                    self.release(conn, hold);
                }
                self.take_finished();
            }
            Answer::Log(shipment) => self.take_shipment(*shipment),
            Answer::Ask { ask, from, result } => self.take_ask_answer(ask, from, result),
        }
    }

    /// Hands the outcomes of transactions to the clients that wait for them.
    pub(crate) fn take_finished(&mut self) {
        self.note_slow_on_shards();
        if !self.engine.has_finished() {
            return;
        }
        for (client, outcome) in self.engine.take_finished() {
            match outcome {
                _ if client == REPLAY => self.replayed(),
                Outcome::Reply(reply) => self.answer(client, &reply),
                Outcome::Executed(pieces) => self.assemble(client, pieces),
                Outcome::Aborted => {
                    self.forget_roaming(client);
                    self.abort_exec(client);
                }
                Outcome::Granted(exclusive, pieces) => {
                    if let Some(pieces) = self.roam_on(exclusive, pieces) {
                        self.go_on_under(exclusive, pieces);
                    }
                }
                Outcome::Released(exclusive) => {
                    if !self.end_roaming(exclusive) {
                        self.go_on_under(exclusive, Vec::new());
                    }
                }
                Outcome::Roams(caller, unit) => self.roam_after_all(client, caller, unit),
            }
        }
    }

    /// Answers a command that was under way. The client may be gone.
    pub(crate) fn answer(&mut self, client: Client, reply: &[u8]) {
        let Some(connection) = self
            .connections
            .get_mut(ConnId::from_bits(client.connection))
        else {
            return;
        };
        let blocked = connection.blocked.as_ref();
        let refusal = blocked
            .and_then(|blocked| blocked.refused(client.place, reply))
            .cloned();
        let goes_on = match &refusal {
            Some(error) => {
                let line = format!("-{}\r\n", error.line());
                let (command, goes_on) = connection.take_reply(client.place, line.as_bytes());
                self.statistics.refused_late(command, error);
                goes_on
            }
            None => {
                let (command, goes_on) = connection.take_reply(client.place, reply);
                self.statistics.answered(command, reply);
                goes_on
            }
        };
        mark_dirty(&mut self.dirty, connection);
        let conn = connection.conn;
        if let Some(hold) = goes_on {
            self.release(conn, hold);
        }
        self.end_wait(conn, client.place);
    }

    /// The client side of the tick is over: background work in its slice of time, and clients that may go on.
    pub fn end_tick(&mut self) {
        self.run_cron();
        self.end_waits_in_time();
        self.go_on_with_scripts();
        self.take_finished();
        self.serve_ready();
        self.take_finished();
        self.publish_notices();
        self.limit_tracking();
        self.tell_readers(None);
        self.broadcast_invalid();
        self.limit_clients();
        self.replay_some();
        self.tell_log();
        self.statistics.ticks += 1;
        if let Some(began) = self.tick_began.take() {
            self.statistics.tick_time += self.engine.shard_ref().meter.now().wrapping_sub(began);
        }
    }

    /// Everything that is counted is zero again (CONFIG RESETSTAT), on this core.
    pub fn reset_statistics(&mut self) {
        self.statistics.reset();
        let shard = self.engine.shard();
        shard.stats = ShardStats::default();
        shard.meter.reset();
    }

    /// Takes the mail to be flushed, if there is any.
    pub fn take_mail(&mut self, mut send: impl FnMut(ShardId, Mail)) {
        self.engine
            .take_requests(|to, block| send(to, Mail::Request(Request::Block(block))));
        self.engine
            .take_returns(|to, block| send(to, Mail::Answer(Answer::Block(block))));
        for (to, mail) in self.mail.drain(..) {
            send(to, mail);
        }
    }

    /// Whether there is mail to be flushed.
    pub fn has_mail_to_send(&self) -> bool {
        !self.mail.is_empty() || self.engine.has_outgoing()
    }

    /// Whether there is more to do right now, without anything arriving.
    pub fn has_work(&self) -> bool {
        !self.ready.is_empty()
            || self.cron.has_more()
            || self.tracking_share.has_more()
            || self.has_impatient_script()
    }

    /// Takes what is to happen to sockets. Invariant: the mail of this tick is flushed.
    ///
    /// Replies of a pipeline that waits for other cores are held for a few ticks, as long as the core is busy anyway
    /// (`may_hold`): what comes back then leaves with them in one send.
    pub(crate) fn collect_output(&mut self, may_hold: bool, mut act: impl FnMut(Output)) {
        for output in self.output.drain(..) {
            act(output);
        }
        let mut held = std::mem::take(&mut self.held);
        let mut over_limit = Vec::new();
        for conn in self.dirty.drain(..) {
            let Some(connection) = self.connections.get_mut(conn) else {
                continue;
            };
            if may_hold && connection.may_be_held() {
                held.push(conn);
                continue;
            }
            connection.in_dirty_list = false;
            connection.ticks_held = 0;
            if !connection.out.is_empty() {
                let fresh = self.spare_buffers.pop().unwrap_or_default();
                let bytes = std::mem::replace(&mut connection.out, fresh);
                connection.sent += bytes.len() as u64;
                connection.unsent += bytes.len();
                self.statistics.bytes_sent += bytes.len() as u64;
                self.statistics.writes += 1;
                if connection
                    .owes_too_much(&self.settings.memory.client_output_buffer_limit, self.now)
                {
                    self.statistics.output_buffer_limit_disconnections += 1;
                    over_limit.push(conn);
                    continue;
                }
                act(Output::Send(conn, bytes));
            }
            if connection.close_when_sent && connection.pipeline.is_idle() {
                act(Output::CloseAfterSend(conn));
            }
        }
        self.held = std::mem::replace(&mut self.dirty, held);
        for conn in over_limit {
            self.closed(conn);
            act(Output::Close(conn));
        }
    }

    /// Whether replies are held for company.
    pub fn holds_output(&self) -> bool {
        !self.dirty.is_empty()
    }

    /// A sent buffer comes back for reuse.
    pub fn reuse(&mut self, mut buffer: Vec<u8>) {
        const KEPT: usize = 256;
        // Where memory is scarce, what is kept for reuse would have keys evicted.
        let largest = match self.settings.memory.maxmemory {
            0 => 64 << 10,
            _ => 1 << 10,
        };
        if self.spare_buffers.len() < KEPT && buffer.capacity() <= largest {
            buffer.clear();
            self.spare_buffers.push(buffer);
        }
    }

    /// The mesh had no room, or has it again.
    pub fn set_flush_blocked(&mut self, blocked: bool) {
        self.flush_blocked = blocked;
    }

    /// `connection` has something to send or is to be closed.
    pub(crate) fn mark(&mut self, connection: &mut crate::connection::Connection) {
        mark_dirty(&mut self.dirty, connection);
    }

    /// Does `work` to a connection of this core, which may be the one that is `served`. None if there is no such connection.
    pub(crate) fn visit<T>(
        &mut self,
        conn: ConnId,
        served: Option<&mut crate::connection::Connection>,
        work: impl FnOnce(&mut crate::connection::Connection) -> T,
    ) -> Option<T> {
        let connection = match served.filter(|served| served.conn == conn) {
            Some(served) => served,
            None => self.connections.get_mut(conn)?,
        };
        let result = work(connection);
        mark_dirty(&mut self.dirty, connection);
        Some(result)
    }

    pub(crate) fn act(&mut self, output: Output) {
        self.output.push(output);
    }

    pub(crate) fn send_mail(&mut self, to: ShardId, mail: Mail) {
        self.mail.push_back((to, mail));
    }

    pub(crate) fn make_ready(&mut self, conn: ConnId) {
        self.ready.push(conn);
    }

    pub(crate) fn take_ready(&mut self) -> Vec<ConnId> {
        std::mem::take(&mut self.ready)
    }

    /// RESP3 replies for a client, or RESP2.
    pub fn protocol_of(&self, client: Client) -> Protocol {
        self.connections
            .get(ConnId::from_bits(client.connection))
            .map_or(Protocol::Resp2, |c| c.protocol)
    }
}

fn mark_dirty(dirty: &mut Vec<ConnId>, connection: &mut crate::connection::Connection) {
    if !connection.in_dirty_list {
        connection.in_dirty_list = true;
        dirty.push(connection.conn);
    }
}

fn eviction(policy: EvictionPolicy) -> Policy {
    match policy {
        EvictionPolicy::VolatileLru => Policy::Recency(Among::Volatile),
        EvictionPolicy::VolatileLfu => Policy::Frequency(Among::Volatile),
        EvictionPolicy::VolatileRandom => Policy::Random(Among::Volatile),
        EvictionPolicy::VolatileTtl => Policy::SoonestExpiry,
        EvictionPolicy::AllkeysLru => Policy::Recency(Among::All),
        EvictionPolicy::AllkeysLfu => Policy::Frequency(Among::All),
        EvictionPolicy::AllkeysRandom => Policy::Random(Among::All),
        EvictionPolicy::Noeviction => Policy::Never,
    }
}

/// The part of the configuration that commands look at.
pub(super) fn limits(settings: &Settings) -> Limits {
    let policy = settings.memory.maxmemory_policy;
    let sizes = &settings.advanced;
    Limits {
        databases: settings.general.databases,
        max_bulk: settings.memory.proto_max_bulk_len,
        access: if policy.counts_frequency() {
            AccessPolicy::Frequency
        } else {
            AccessPolicy::Recency
        },
        lfu_log_factor: settings.memory.lfu_log_factor,
        lfu_decay_minutes: settings.memory.lfu_decay_time,
        lazy_expire: settings.lazy_free.expire,
        lazy_user_flush: settings.lazy_free.user_flush,
        shared_integers: settings.memory.maxmemory == 0 || !policy.looks_at_use(),
        max_memory: settings.memory.maxmemory,
        eviction: eviction(policy),
        max_memory_samples: settings.memory.maxmemory_samples,
        notify: settings.events.notify_keyspace_events.mask(),
        list_max_listpack_size: sizes.list_max_listpack_size,
        list_packed_threshold: 0,
        list_compress_depth: sizes.list_compress_depth,
        hash_max_listpack_entries: sizes.hash_max_listpack_entries,
        hash_max_listpack_value: sizes.hash_max_listpack_value,
        set_max_intset_entries: sizes.set_max_intset_entries,
        set_max_listpack_entries: sizes.set_max_listpack_entries,
        set_max_listpack_value: sizes.set_max_listpack_value,
        zset_max_listpack_entries: sizes.zset_max_listpack_entries,
        zset_max_listpack_value: sizes.zset_max_listpack_value,
        hll_sparse_max_bytes: sizes.hll_sparse_max_bytes,
        stream_node_max_bytes: sizes.stream_node_max_bytes,
        stream_node_max_entries: sizes.stream_node_max_entries,
        rdb_version: settings.snapshot.rdb_version,
        rdb_compression: settings.snapshot.rdbcompression,
        skips_checksums: false,
    }
}
