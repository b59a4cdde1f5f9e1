//! One simulated client, and its connection as the server would keep it.

use engine::command::args::OwnedArgs;
use engine::command::table::{CommandId, table};
use engine::order::block::Client as ClientPlace;
use engine::order::core::{Core, Queued, Request, Submitted, Watching};
use engine::order::pipeline::Pipeline;
use engine::order::{Leave, Outcome, Piece, Stamp};
use engine::random::Random;
use engine::resp::elements::element_len;
use engine::shard::DbIndex;
use engine::shard::context::Caller;
use engine::shard::waiting::WaiterId;
use engine::shard::watch::WatcherId;
use engine::time::UnixMillis;

use super::command::{Command, Operation};
use super::fault::Fault;
use super::history::{Event, Moment};
use super::standstill::StandStill;

/// The wall clock of every run.
pub(super) const NOW: UnixMillis = UnixMillis(1_000_000);

/// See the top of the file.
///
/// Invariant: answered <= served <= reaped <= sent.
pub(super) struct Client {
    /// The core that serves it.
    pub core: usize,
    number: u64,
    program: Vec<Operation>,
    /// How many operations may be under way.
    window: usize,
    asked: Vec<Moment>,
    answers: Vec<(Moment, Vec<u8>)>,
    /// Operations the core has received.
    reaped: usize,
    served: usize,
    pipeline: Pipeline,
    watching: Option<Watching>,
    /// Its operations under all locks that have not ended.
    still: Vec<StandStill>,
    /// The command that may wait, and its place in the pipeline.
    blocked: Option<(WaiterId, u32)>,
    /// Which operations were seen to wait, and when first.
    arrivals: Vec<(usize, Moment)>,
    /// It waited when it went away.
    is_gone: bool,
    /// Nothing else moves any more: it shall wait no longer.
    pub is_due: bool,
    /// Commands that waited and were served, and those that were not.
    pub waits: (usize, usize),
    out: Vec<u8>,
}

impl Client {
    pub(super) fn new(number: u64, core: usize, program: Vec<Operation>, window: usize) -> Self {
        Client {
            core,
            number,
            program,
            window,
            asked: Vec::new(),
            answers: Vec::new(),
            reaped: 0,
            served: 0,
            pipeline: Pipeline::default(),
            watching: None,
            still: Vec::new(),
            blocked: None,
            arrivals: Vec::new(),
            is_gone: false,
            is_due: false,
            waits: (0, 0),
            out: Vec::new(),
        }
    }

    pub(super) fn is_done(&self) -> bool {
        self.is_gone || self.answers.len() == self.program.len()
    }

    /// The client sends some operations, if it may.
    pub(super) fn send(&mut self, dice: &mut Random, now: Moment) {
        let room = self
            .window
            .saturating_sub(self.asked.len() - self.answers.len());
        let most = room.min(self.program.len() - self.asked.len());
        for _ in 0..dice.below(most as u64 + 1) {
            self.asked.push(now);
        }
    }

    /// Whether it has all replies but that of a command which waits, and would send nothing before.
    pub(super) fn is_stuck(&self) -> bool {
        self.blocked.is_some() && self.served == self.answers.len() + 1
    }

    /// The keys it waits for, all of them or the one it takes from.
    pub(super) fn waits_for(&self) -> Vec<usize> {
        match &self.program[self.served - 1] {
            Operation::Run(Command::Take(keys) | Command::Look(keys)) => keys.clone(),
            Operation::Run(Command::Shift(from, _)) => vec![*from],
            _ => Vec::new(),
        }
    }

    /// It stops waiting for one of several reasons.
    pub(super) fn give_up(&mut self, core: &mut Core, dice: &mut Random) {
        let Some((waiter, _)) = self.blocked else {
            return;
        };
        self.is_due = false;
        match dice.below(4) {
            0 if self.is_stuck() => {
                core.leave(waiter, Leave::Gone);
                self.is_gone = true;
                if let Some(watching) = self.watching.take() {
                    core.submit_unwatch(&watching);
                }
            }
            1 => drop(core.leave(waiter, Leave::Unblocked)),
            _ => drop(core.leave(waiter, Leave::Timeout)),
        }
    }

    /// Looks whether its command stands in line by now.
    pub(super) fn look_whether_it_waits(&mut self, core: &Core, now: Moment) {
        let operation = self.served.wrapping_sub(1);
        let is_known = self
            .arrivals
            .last()
            .is_some_and(|(last, _)| *last == operation);
        if let Some((waiter, _)) = self.blocked
            && !is_known
            && core.stands_in_line(waiter)
        {
            self.arrivals.push((operation, now));
        }
    }

    /// Whether its command waits, or may.
    pub(super) fn is_blocked(&self) -> bool {
        self.blocked.is_some() && !self.is_gone
    }

    /// The core's sockets deliver some of what was sent.
    pub(super) fn reap(&mut self, dice: &mut Random) {
        self.reaped += dice.below((self.asked.len() - self.reaped) as u64 + 1) as usize;
    }

    /// Whether something it sent was received and not run.
    pub(super) fn is_waiting(&self) -> bool {
        self.served < self.reaped && self.blocked.is_none() && !self.is_gone
    }

    /// Runs the next operation that was received.
    pub(super) fn serve(
        &mut self,
        core: &mut Core,
        logical: Stamp,
        names: &[String],
        fault: Fault,
    ) {
        let operation = self.program[self.served].clone();
        self.served += 1;
        let request = Request {
            client: ClientPlace {
                connection: self.number,
                place: self.pipeline.next_place(),
            },
            caller: Caller::default(),
            db: DbIndex(0),
            must_travel: match fault {
                Fault::LocalJumpsAhead => false,
                // So that what ignores locks is a block's operation, see `cores`.
                Fault::LocksIgnored => true,
                _ => self.pipeline.must_travel(logical),
            },
            now: NOW,
        };
        match operation {
            Operation::Run(command) => self.run(core, request, logical, &command.words(names)),
            Operation::Watch(keys) => self.watch(
                core,
                request,
                logical,
                keys.iter().map(|key| names[*key].as_bytes()).collect(),
            ),
            Operation::Unwatch => {
                if let Some(watching) = self.watching.take() {
                    core.submit_unwatch(&watching);
                }
                self.pipeline.answer_now(b"+OK\r\n", &mut self.out);
            }
            Operation::Exec(commands) => {
                let queue = commands
                    .iter()
                    .map(|command| queued(command, names))
                    .collect();
                core.submit_exec(request, queue, self.watching.take());
                self.pipeline.travel(logical, some_command(), false);
            }
            Operation::StandStill(commands) => {
                let queue = commands
                    .iter()
                    .map(|command| queued(command, names))
                    .collect();
                self.still
                    .push(StandStill::begin(core, request, queue, names));
                self.pipeline.travel(logical, some_command(), false);
            }
        }
    }

    fn run(&mut self, core: &mut Core, request: Request, logical: Stamp, words: &OwnedArgs) {
        let command = id_of(words);
        let mut reply = Vec::new();
        match core.submit(request, command, &words.as_args(), &mut reply) {
            Submitted::Done => self.pipeline.answer_now(&reply, &mut self.out),
            Submitted::Pending => drop(self.pipeline.travel(logical, command, false)),
            Submitted::Waiting(waiter) => {
                let place = self.pipeline.travel(logical, command, false);
                self.blocked = Some((waiter, place));
            }
            Submitted::Alone | Submitted::Roams => unreachable!("no program is run here"),
        }
    }

    fn watch(&mut self, core: &mut Core, request: Request, logical: Stamp, keys: OwnedArgs) {
        let watcher = WatcherId {
            core: self.core as u16,
            connection: self.number,
        };
        let shards = core.submit_watch(request, watcher, &keys.as_args());
        let watching = self.watching.get_or_insert(Watching {
            watcher,
            shards: Vec::new(),
        });
        watching.shards.extend(shards);
        watching.shards.sort_unstable();
        watching.shards.dedup();
        self.pipeline.travel(logical, some_command(), false);
    }

    /// The answer for a place in its pipeline.
    pub(super) fn answer(&mut self, place: u32, reply: &[u8]) {
        if self.is_gone {
            return;
        }
        if self.blocked.take_if(|(_, at)| *at == place).is_some() {
            self.pipeline.served();
            let is_served = !reply.starts_with(b"*-1") && !reply.starts_with(b"-");
            self.waits.0 += usize::from(is_served);
            self.waits.1 += usize::from(!is_served);
        }
        self.pipeline.answer(place, reply, &mut self.out);
    }

    /// How a transaction ended.
    pub(super) fn finish(&mut self, core: &mut Core, place: u32, outcome: Outcome) {
        let reply = match outcome {
            Outcome::Reply(reply) => reply,
            Outcome::Aborted => b"*-1\r\n".to_vec(),
            Outcome::Executed(pieces) => {
                let mut reply = format!("*{}\r\n", pieces.len()).into_bytes();
                for piece in pieces {
                    let Piece::Reply(_, piece) = piece else {
                        unreachable!("only commands on data are queued here")
                    };
                    reply.extend_from_slice(&piece);
                }
                reply
            }
            Outcome::Granted(exclusive, pieces) => {
                let mut still = self.still.iter_mut();
                let still = still.find(|still| still.is(exclusive));
                return still.expect("who asked is there").go_on(core, pieces);
            }
            Outcome::Released(exclusive) => {
                let mut ended = self.still.extract_if(.., |still| still.is(exclusive));
                ended.next().expect("it ends once").reply()
            }
            Outcome::Roams(..) => unreachable!("no program is run here"),
        };
        self.answer(place, &reply);
    }

    /// What is ready leaves for the client, which has it at once.
    pub(super) fn take_replies(&mut self, now: Moment) {
        let mut rest = std::mem::take(&mut self.out);
        while !rest.is_empty() {
            let len = element_len(&rest).expect("replies are whole");
            let behind = rest.split_off(len);
            self.answers.push((now, rest));
            rest = behind;
        }
        assert!(
            self.answers.len() <= self.served,
            "more replies than commands"
        );
    }

    /// What it saw.
    pub(super) fn into_events(self) -> Vec<Event> {
        let replies = self
            .answers
            .into_iter()
            .map(|(answered, reply)| (answered, Some(reply)));
        let unknown = self.is_gone.then_some((Moment::MAX, None));
        let times = self.asked.into_iter().zip(replies.chain(unknown));
        let arrivals = self.arrivals;
        let arrived = |number| {
            let arrival = arrivals.iter().find(|(operation, _)| *operation == number);
            arrival.map(|(_, moment)| *moment)
        };
        let event = |(number, (operation, (asked, (answered, reply))))| Event {
            operation,
            asked,
            arrived: arrived(number),
            answered,
            reply,
        };
        let operations = self.program.into_iter().zip(times);
        operations.enumerate().map(event).collect()
    }
}

fn queued(command: &Command, names: &[String]) -> Queued {
    let args = command.words(names);
    Queued {
        command: Some(id_of(&args)),
        db: DbIndex(0),
        args,
    }
}

fn id_of(words: &OwnedArgs) -> CommandId {
    table()
        .resolve(&words.as_args())
        .unwrap_or_else(|_| panic!("every simulated command is there"))
}

/// Names the place of a session command in a pipeline; which one does not matter here.
fn some_command() -> CommandId {
    table().top(b"get").expect("GET is there")
}
