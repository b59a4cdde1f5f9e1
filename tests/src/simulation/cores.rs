//! One simulated core: a tick of the server in the smallest steps that other cores can notice.
//!
//! ```text
//!   reap ─> read the clock ─> wait for each flag ─> drain ring by ring ─> run block by block ─> serve command by command
//!        ─> collect ─> raise the flag ─> stamp ─> publish ring by ring ─> lower the flag ─> replies leave
//! ```

use engine::order::block::{Block, What};
use engine::order::core::Core;
use engine::order::{LogicalTime, ShardId, Stamp, Tag};
use engine::random::Random;
use engine::shard::watch::WatcherId;

use super::client::{Client, NOW};
use super::fault::Fault;
use super::history::Moment;
use super::log::Log;
use super::mesh::{Envelope, Mesh};

/// What a core does next.
enum Phase {
    Reap,
    ReadClock,
    WaitForFlags { reading: Stamp, others: Vec<usize> },
    Drain { senders: Vec<usize> },
    Run,
    Serve,
    Collect,
    RaiseFlag { stamp: Option<Stamp> },
    ReadStamp,
    Publish { stamp: Stamp, receivers: Vec<usize> },
    Reply,
}

/// See the top of the file.
pub(super) struct SimCore {
    me: usize,
    pub engine: Core,
    time: LogicalTime,
    phase: Phase,
    /// Blocks that are visible and not run: stamp, sender, place.
    inbox: Vec<(Stamp, usize, usize, Block)>,
    /// For each core: requests and answers that wait for the flush.
    outbox: Vec<(Vec<Block>, Vec<Block>)>,
    /// The last flush found no room.
    blocked: bool,
}

/// What a step of a core sees of the rest of the run.
pub(super) struct Surroundings<'w> {
    pub mesh: &'w mut Mesh,
    pub clients: &'w mut [Client],
    pub names: &'w [String],
    pub dice: &'w mut Random,
    pub log: &'w mut Log,
    pub fault: Fault,
    /// One out of so many looks at a client that waits makes it wait no more.
    pub patience: u64,
    pub now: Moment,
}

impl SimCore {
    pub(super) fn new(me: usize, cores: usize, engine: Core) -> Self {
        SimCore {
            me,
            engine,
            time: LogicalTime::default(),
            phase: Phase::Reap,
            inbox: Vec::new(),
            outbox: (0..cores).map(|_| Default::default()).collect(),
            blocked: false,
        }
    }

    /// Whether it has nothing to run and nothing to send.
    pub(super) fn is_idle(&self) -> bool {
        self.inbox.is_empty()
            && !self.engine.has_outgoing()
            && self
                .outbox
                .iter()
                .all(|(requests, answers)| requests.is_empty() && answers.is_empty())
    }

    /// Does one step.
    pub(super) fn step(&mut self, around: &mut Surroundings<'_>) {
        let phase = std::mem::replace(&mut self.phase, Phase::Reap);
        self.phase = match phase {
            Phase::Reap => self.reap(around),
            Phase::ReadClock => self.read_clock(around),
            Phase::WaitForFlags { reading, others } => self.wait_for_flags(reading, others, around),
            Phase::Drain { senders } => self.drain(senders, around),
            Phase::Run => self.run_next(around),
            Phase::Serve => self.serve(around),
            Phase::Collect => self.collect(around),
            Phase::RaiseFlag { stamp } => {
                around.mesh.flushing[self.me] = true;
                match stamp {
                    None => Phase::ReadStamp,
                    Some(stamp) => Phase::Publish {
                        stamp,
                        receivers: self.receivers(around),
                    },
                }
            }
            Phase::ReadStamp => {
                let stamp = self.time.stamp(Stamp(around.mesh.clock));
                match around.fault {
                    Fault::StampBeforeFlag => Phase::RaiseFlag { stamp: Some(stamp) },
                    _ => Phase::Publish {
                        stamp,
                        receivers: self.receivers(around),
                    },
                }
            }
            Phase::Publish { stamp, receivers } => self.publish(stamp, receivers, around),
            Phase::Reply => self.reply(around),
        };
    }

    fn own_clients<'c>(
        &self,
        clients: &'c mut [Client],
    ) -> impl Iterator<Item = &'c mut Client> + use<'c> {
        let me = self.me;
        clients.iter_mut().filter(move |client| client.core == me)
    }

    fn reap(&mut self, around: &mut Surroundings<'_>) -> Phase {
        self.own_clients(around.clients)
            .for_each(|client| client.reap(around.dice));
        Phase::ReadClock
    }

    fn read_clock(&mut self, around: &mut Surroundings<'_>) -> Phase {
        let reading = Stamp(around.mesh.clock);
        if !self.time.may_take(reading) {
            return Phase::ReadClock;
        }
        let others = match around.fault {
            Fault::NoFlagWait => Vec::new(),
            _ => self.shuffled(around, |core, me| core != me),
        };
        Phase::WaitForFlags { reading, others }
    }

    fn wait_for_flags(
        &mut self,
        reading: Stamp,
        mut others: Vec<usize>,
        around: &mut Surroundings<'_>,
    ) -> Phase {
        if others
            .pop_if(|other| !around.mesh.flushing[*other])
            .is_some()
            || !others.is_empty()
        {
            return Phase::WaitForFlags { reading, others };
        }
        let time = self.time.take(reading);
        self.engine.begin_tick(time);
        Phase::Drain {
            senders: self.shuffled(around, |_, _| true),
        }
    }

    fn drain(&mut self, mut senders: Vec<usize>, around: &mut Surroundings<'_>) -> Phase {
        let Some(sender) = senders.pop() else {
            return Phase::Run;
        };
        while let Some(envelope) = around.mesh.take(sender, self.me) {
            for answers in envelope.answers {
                self.take_answers(answers, around);
            }
            for (place, block) in envelope.requests.into_iter().enumerate() {
                self.inbox.push((envelope.stamp, sender, place, block));
            }
        }
        Phase::Drain { senders }
    }

    fn take_answers(&mut self, answers: Block, around: &mut Surroundings<'_>) {
        let clients = &mut *around.clients;
        self.engine.take_answers(answers, &mut |client, reply| {
            clients[client.connection as usize].answer(client.place, reply);
        });
        self.take_finished(around);
    }

    fn take_finished(&mut self, around: &mut Surroundings<'_>) {
        for (client, outcome) in self.engine.take_finished() {
            around.clients[client.connection as usize].finish(
                &mut self.engine,
                client.place,
                outcome,
            );
        }
    }

    /// Runs the first block whose turn has come.
    fn run_next(&mut self, around: &mut Surroundings<'_>) -> Phase {
        let ignores_stamps = around.fault == Fault::StampsNotCompared;
        let below = |stamp: Stamp| ignores_stamps || stamp < self.time.now();
        let visible = self
            .inbox
            .iter()
            .enumerate()
            .filter(|(_, (stamp, ..))| below(*stamp));
        let first = match ignores_stamps {
            true => visible.map(|(index, _)| index).next(),
            false => visible
                .min_by_key(|(_, (stamp, sender, place, _))| (*stamp, *sender, *place))
                .map(|(index, _)| index),
        };
        let Some(index) = first else {
            return Phase::Serve;
        };
        let (stamp, sender, place, block) = self.inbox.remove(index);
        let tag = Tag {
            stamp,
            sender: ShardId(sender as u16),
            place: place as u32,
        };
        self.engine.run_block(tag, block, NOW);
        Phase::Run
    }

    /// Serves one operation of one client.
    fn serve(&mut self, around: &mut Surroundings<'_>) -> Phase {
        let logical = self.time.now();
        let (names, fault) = (around.names, around.fault);
        if fault == Fault::ReapedLate {
            self.own_clients(around.clients)
                .for_each(|client| client.reap(around.dice));
        }
        for client in self.own_clients(around.clients) {
            client.look_whether_it_waits(&self.engine, around.now);
            if client.is_blocked() && (client.is_due || around.dice.below(around.patience) == 0) {
                client.give_up(&mut self.engine, around.dice);
            }
        }
        let mut waiting: Vec<&mut Client> = self
            .own_clients(around.clients)
            .filter(|client| client.is_waiting())
            .collect();
        if waiting.is_empty() || self.blocked {
            self.take_finished(around);
            return if fault == Fault::RepliesBeforeFlush {
                self.reply_at_once(around)
            } else {
                Phase::Collect
            };
        }
        let index = around.dice.below(waiting.len() as u64) as usize;
        waiting[index].serve(&mut self.engine, logical, names, fault);
        Phase::Serve
    }

    fn reply_at_once(&mut self, around: &mut Surroundings<'_>) -> Phase {
        self.own_clients(around.clients)
            .for_each(|client| client.take_replies(around.now));
        Phase::Collect
    }

    fn collect(&mut self, around: &mut Surroundings<'_>) -> Phase {
        if around.fault == Fault::None {
            around.log.ship_sometimes(self.me, &mut self.engine);
        }
        let outbox = &mut self.outbox;
        let fault = around.fault;
        self.engine
            .take_requests(|to, block| outbox[to.index()].0.push(spoiled(block, fault)));
        self.engine.take_returns(|to, block| {
            let is_notice = matches!(block.ops.first().map(|op| op.what), Some(What::Ready(_)));
            if !(is_notice && fault == Fault::ReadyUnheard) {
                outbox[to.index()].1.push(block);
            }
        });
        let receivers = self.receivers(around);
        self.blocked = receivers
            .iter()
            .any(|receiver| !around.mesh.has_room(self.me, *receiver));
        match (receivers.is_empty(), self.blocked, fault) {
            (true, ..) => Phase::Reply,
            (_, true, _) => Phase::Reap,
            (_, _, Fault::StampBeforeFlag) => Phase::ReadStamp,
            _ => Phase::RaiseFlag { stamp: None },
        }
    }

    fn publish(
        &mut self,
        stamp: Stamp,
        mut receivers: Vec<usize>,
        around: &mut Surroundings<'_>,
    ) -> Phase {
        let Some(receiver) = receivers.pop() else {
            around.mesh.flushing[self.me] = false;
            self.engine.flushed();
            return Phase::Reply;
        };
        let (requests, answers) = std::mem::take(&mut self.outbox[receiver]);
        around.mesh.publish(
            self.me,
            receiver,
            Envelope {
                stamp,
                requests,
                answers,
            },
        );
        Phase::Publish { stamp, receivers }
    }

    fn reply(&mut self, around: &mut Surroundings<'_>) -> Phase {
        self.own_clients(around.clients)
            .for_each(|client| client.take_replies(around.now));
        Phase::Reap
    }

    /// Whom the next flush goes to, in any order.
    fn receivers(&self, around: &mut Surroundings<'_>) -> Vec<usize> {
        let wanted = |core: usize, _| {
            let (requests, answers) = &self.outbox[core];
            !requests.is_empty() || !answers.is_empty()
        };
        self.shuffled(around, wanted)
    }

    fn shuffled(
        &self,
        around: &mut Surroundings<'_>,
        wanted: impl Fn(usize, usize) -> bool,
    ) -> Vec<usize> {
        let mut cores: Vec<usize> = (0..self.outbox.len())
            .filter(|core| wanted(*core, self.me))
            .collect();
        for last in (1..cores.len()).rev() {
            cores.swap(last, around.dice.below(last as u64 + 1) as usize);
        }
        cores
    }
}

/// Breaks what `fault` breaks in a block of requests on its way.
fn spoiled(mut block: Block, fault: Fault) -> Block {
    match fault {
        Fault::LocksIgnored => {
            let mut in_group = 0;
            for op in &mut block.ops {
                match op.what {
                    What::Group(group) => in_group = group.size,
                    What::Run(command) if in_group == 0 => op.what = What::RunHeld(command),
                    _ => in_group = in_group.saturating_sub(1),
                }
            }
        }
        Fault::UnlockBeforeApply => block
            .ops
            .sort_by_key(|op| !matches!(op.what, What::Unlock(_))),
        Fault::LeavesUnheard => {
            for op in &mut block.ops {
                if let What::Leave { waiter, .. } = op.what {
                    let (core, connection) = (u16::MAX, waiter.0);
                    op.what = What::Unwatch(WatcherId { core, connection });
                }
            }
        }
        Fault::LinksUnheard => {
            for op in &mut block.ops {
                if let What::Link { waiter, .. } = op.what {
                    op.what = What::Linked(waiter);
                }
            }
        }
        Fault::WaitBehindUnlock => block
            .ops
            .sort_by_key(|op| matches!(op.what, What::Wait { .. })),
        Fault::NoLocksKept => {
            for op in &mut block.ops {
                if let What::Group(group) = &mut op.what {
                    group.keep_for = None;
                }
            }
        }
        _ => {}
    }
    block
}
