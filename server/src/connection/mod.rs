//! One client's connection as its core knows it: what it sent, what it is owed, and how it wants to be served.

pub(crate) mod batch;
pub mod dispatch;
mod expectation;
pub mod input;
pub mod lifecycle;
pub mod queue;
pub mod registry;

use std::sync::Arc;

use engine::command::args::{OwnedArgs, Span};
use engine::command::table::CommandId;
use engine::order::ShardId;
use engine::order::block::Client;
use engine::order::core::Watching;
use engine::order::pipeline::Pipeline;
use engine::resp::reply::Protocol;
use engine::resp::reply_bound::ReplyBound;
use engine::resp::request::RequestParser;
use engine::shard::DbIndex;
use engine::shard::context::Caller;
use engine::shard::tracking::Origin;
use engine::time::UnixMillis;

use crate::acl::user::User;
use crate::config::topic::memory::OutputBufferLimits;
use crate::core::blocked::Blocked;
use crate::core::weights::Weight;
use crate::pubsub::subscriptions::Subscribed;
use crate::runtime::net::{ConnId, PeerAddr};
use crate::tracking::tracked::Tracked;
use expectation::Expectation;
use queue::{Assembly, Queue};

/// Whether replies are sent (CLIENT REPLY).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ReplyMode {
    /// They are.
    #[default]
    On,
    /// Not that of the next command.
    SkipNext,
    /// None.
    Off,
}

/// Why a connection's next commands wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Hold {
    /// They don't.
    #[default]
    None,
    /// A command that several cores must answer is under way.
    Answer,
    /// CLIENT PAUSE.
    Pause,
    /// Its command waits for keys.
    Blocked,
    /// It is owed more replies than it reads.
    Output,
    /// As many of its commands are under way on other cores as may be.
    UnderWay,
    /// A script that may have to begin anew is under way.
    Script,
    /// It is about to be closed; nothing it sends counts any more.
    Closing,
}

/// See the top of the file.
pub struct Connection {
    /// Its name on its core.
    pub conn: ConnId,
    /// Its core.
    pub core: ShardId,
    /// CLIENT ID.
    pub id: u64,
    /// The descriptor of its socket, if it has one.
    pub descriptor: Option<i32>,
    /// The far end.
    pub peer: PeerAddr,
    /// The end it reached.
    pub local: PeerAddr,
    /// When it came.
    pub since: UnixMillis,
    /// When it last sent something.
    pub last_active: UnixMillis,
    /// CLIENT SETNAME.
    pub name: Vec<u8>,
    /// CLIENT SETINFO LIB-NAME.
    pub lib_name: Vec<u8>,
    /// CLIENT SETINFO LIB-VER.
    pub lib_version: Vec<u8>,
    /// HELLO.
    pub protocol: Protocol,
    /// The least bound that was given to its commands under way: a reply beyond it is not whole.
    pub bound: ReplyBound,
    /// SELECT.
    pub db: DbIndex,
    /// Who it is. See [`Connection::set_user`].
    pub user: Arc<User>,
    /// Logged in, or no password is needed.
    pub authenticated: bool,
    /// Its commands are looked at before they run: it has not logged in, or its user may not do everything.
    pub(crate) is_checked: bool,
    /// CLIENT NO-TOUCH.
    pub no_touch: bool,
    /// CLIENT NO-EVICT.
    pub no_evict: bool,
    /// What it subscribed to, if to anything.
    pub subscribed: Option<Box<Subscribed>>,
    /// CLIENT TRACKING.
    pub tracked: Option<Box<Tracked>>,
    /// MONITOR.
    pub monitors: bool,
    /// CLIENT REPLY.
    pub reply_mode: ReplyMode,
    /// What MULTI queued.
    pub queue: Option<Queue>,
    /// WATCH.
    pub watching: Option<Watching>,
    /// Bytes that its watches take at the shards, about.
    pub watch_bytes: usize,
    /// EXEC's reply while parts of it are missing.
    pub assembly: Option<Assembly>,
    /// Why it must wait.
    pub hold: Hold,
    /// What keys it waits for.
    pub blocked: Option<Blocked>,
    /// It is closed as soon as everything owed to it is sent.
    pub close_when_sent: bool,
    /// The full name of the last command, for CLIENT LIST.
    pub last_command: Option<CommandId>,
    /// Commands under way, in order.
    pub pipeline: Pipeline,
    /// Replies ready to be sent.
    pub out: Vec<u8>,
    /// Since when the soft limit of the output buffer is exceeded.
    pub over_soft_limit_since: Option<UnixMillis>,
    /// Bytes received so far.
    pub received: u64,
    /// Bytes sent so far.
    pub sent: u64,
    /// Commands so far.
    pub commands: u64,
    /// Bytes of the request that was last parsed.
    pub request_len: usize,
    /// Bytes of its arguments, if it looked.
    pub argument_bytes: usize,
    /// How large its replies from other cores tend to be.
    pub(crate) expectation: Expectation,
    /// Bytes handed to the runtime and not yet sent.
    pub unsent: usize,
    /// What it weighed when it was last looked at.
    pub(crate) weight: Weight,
    /// When a command began to wait for other cores, on the meter's clock.
    pub(crate) asked_at: u64,
    /// The words of that command.
    pub(crate) asked: OwnedArgs,
    pub(crate) in_dirty_list: bool,
    pub(crate) ticks_held: u8,
    receive_paused: bool,
    /// A request that CLIENT PAUSE keeps from running, encoded as it came.
    held_back: Vec<u8>,
    parser: RequestParser,
    /// What arrived and is not parsed; starts at a request's first byte.
    input: Vec<u8>,
    /// The most that `input` held lately, in bytes.
    input_peak: usize,
    /// Arguments found of a request that is not whole.
    partial: Vec<Span>,
}

impl Connection {
    /// A connection that just came.
    pub fn new(
        conn: ConnId,
        core: ShardId,
        id: u64,
        peer: PeerAddr,
        local: PeerAddr,
        now: UnixMillis,
        default_user: Arc<User>,
    ) -> Self {
        let authenticated = default_user.is_open();
        Connection {
            conn,
            core,
            id,
            descriptor: None,
            peer,
            local,
            since: now,
            last_active: now,
            name: Vec::new(),
            lib_name: Vec::new(),
            lib_version: Vec::new(),
            protocol: Protocol::Resp2,
            bound: ReplyBound::default(),
            db: DbIndex(0),
            is_checked: !(authenticated && default_user.is_unrestricted()),
            authenticated,
            user: default_user,
            no_touch: false,
            no_evict: false,
            subscribed: None,
            tracked: None,
            monitors: false,
            reply_mode: ReplyMode::On,
            queue: None,
            watching: None,
            watch_bytes: 0,
            assembly: None,
            hold: Hold::None,
            blocked: None,
            close_when_sent: false,
            last_command: None,
            pipeline: Pipeline::default(),
            out: Vec::new(),
            over_soft_limit_since: None,
            received: 0,
            sent: 0,
            commands: 0,
            request_len: 0,
            argument_bytes: 0,
            expectation: Expectation::default(),
            unsent: 0,
            weight: Weight::default(),
            asked_at: 0,
            asked: OwnedArgs::new(),
            in_dirty_list: false,
            ticks_held: 0,
            receive_paused: false,
            held_back: Vec::new(),
            parser: RequestParser::default(),
            input: Vec::new(),
            input_peak: 0,
            partial: Vec::new(),
        }
    }

    /// Its name among the connections of all cores.
    #[inline]
    pub fn origin(&self) -> Origin {
        Origin {
            core: self.core.0,
            connection: self.conn.bits(),
        }
    }

    /// Makes it the client of `user`, who has logged in or need not.
    pub(crate) fn set_user(&mut self, user: Arc<User>, authenticated: bool) {
        self.is_checked = !(authenticated && user.is_unrestricted());
        self.authenticated = authenticated;
        self.user = user;
    }

    /// What a shard must know of it.
    #[inline]
    pub(crate) fn caller(&mut self, limits: &OutputBufferLimits) -> Caller {
        let bound = ReplyBound::of_limit(self.output_limit(limits).hard);
        self.bound = match self.pipeline.is_idle() {
            true => bound,
            false => self.bound.min(bound),
        };
        let mut caller = Caller::speaking(self.protocol).from_connection(self.origin());
        caller.no_touch = self.no_touch;
        caller.tracks = self.tracked.as_ref().is_some_and(|own| own.remembers());
        caller.bound = bound;
        caller
    }

    /// The next place of its pipeline, for whoever answers later.
    #[inline]
    pub fn next_client(&self) -> Client {
        Client {
            connection: self.conn.bits(),
            place: self.pipeline.next_place(),
        }
    }

    /// Bytes that arrived and wait to be parsed.
    pub fn unparsed(&self) -> usize {
        self.input.len().saturating_sub(self.parser.consumed())
    }

    /// Gives back room for input that it has not needed since the last call, and all if it is idle.
    pub(crate) fn shrink_input(&mut self, is_idle: bool) {
        const KEPT: usize = 16 << 10;
        let needed = self.input_peak.max(self.input.len());
        self.input_peak = 0;
        if is_idle {
            self.input.shrink_to_fit();
        } else if self.input.capacity() > 2 * needed.max(KEPT) {
            self.input.shrink_to(needed.max(KEPT));
        }
    }

    /// Room for bytes that wait to be parsed.
    pub fn input_capacity(&self) -> usize {
        self.input.capacity()
    }

    /// Bytes of the arguments found of a request that is not whole.
    pub fn partial_bytes(&self) -> usize {
        self.found().iter().map(|span| span.len as usize).sum()
    }

    /// The arguments found of a request that is not whole. Without such a request `partial` holds anybody's.
    fn found(&self) -> &[Span] {
        match self.parser.consumed() {
            0 => &[],
            _ => &self.partial,
        }
    }

    /// Bytes of memory it holds.
    pub fn memory(&self) -> usize {
        size_of::<Self>() + self.buffers() + self.state()
    }

    /// Room for replies is the core's, which lends it; replies of a usual size are gone before they are anybody's burden.
    fn buffers(&self) -> usize {
        const USUAL: usize = 16 << 10;
        self.input.capacity()
            + self.held_back.capacity()
            + size_of_val(self.found())
            + self.out.len().saturating_sub(USUAL)
            + self.unsent
            + self.pipeline.held()
    }

    fn state(&self) -> usize {
        self.subscribed.as_ref().map_or(0, |own| own.memory())
            + self.tracked.as_ref().map_or(0, |own| own.memory())
            + self.queue.as_ref().map_or(0, Queue::memory)
            + self.watching.as_ref().map_or(0, |_| self.watch_bytes)
            + self.name.capacity()
            + self.lib_name.capacity()
            + self.lib_version.capacity()
    }

    /// Takes the reply of the command at `place` of its pipeline. Returns the command, and why the connection waited for
    /// this, if it did and may go on.
    pub(crate) fn take_reply(
        &mut self,
        place: u32,
        reply: &[u8],
    ) -> (Option<CommandId>, Option<Hold>) {
        self.expectation.learn(reply.len());
        let command = self.pipeline.answer(place, reply, &mut self.out);
        let goes_on = match self.hold {
            Hold::UnderWay => self.pipeline.depth() <= self.expectation.most_under_way() / 2,
            Hold::Script => self.pipeline.is_idle(),
            _ => false,
        };
        (command, goes_on.then_some(self.hold))
    }

    /// Whether its replies may wait one more tick for those that other cores still owe it.
    pub(crate) fn may_be_held(&mut self) -> bool {
        const MOST_TICKS: u8 = 8;
        const MOST_BYTES: usize = 16 << 10;
        self.ticks_held += 1;
        !self.pipeline.is_idle()
            && self.hold == Hold::None
            && self.ticks_held <= MOST_TICKS
            && self.out.len() < MOST_BYTES
    }

    /// Sends `reply` behind everything that is under way.
    pub fn reply_now(&mut self, reply: &[u8]) {
        if self.reply_mode == ReplyMode::On {
            self.pipeline.answer_now(reply, &mut self.out);
        }
    }
}
