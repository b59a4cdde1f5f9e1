//! A whole run: cores and clients take steps in random order until every client has its answers.

use engine::command::args::OwnedArgs;
use engine::command::table::{install, table};
use engine::key::placement::Placement;
use engine::keyspace::key::{HashSeed, Key};
use engine::limits::Limits;
use engine::order::ShardId;
use engine::order::core::Core;
use engine::random::Random;
use engine::resp::elements::bulk;
use engine::shard::context::Caller;
use engine::shard::execute::execute;
use engine::shard::{DbIndex, Shard};

use super::Failure;
use super::blocking::{LOOK, SHIFT, TAKE};
use super::client::{Client, NOW};
use super::command::{KEYS, Mix, Operation};
use super::cores::{SimCore, Surroundings};
use super::fault::Fault;
use super::following::FOLLOW;
use super::history::History;
use super::log::Log;
use super::mesh::Mesh;
use super::model::CLIENTS;

/// Steps after which a run is taken to be stuck.
const MOST_STEPS: usize = 400_000;

/// See the top of the file.
pub(super) struct World {
    dice: Random,
    fault: Fault,
    mesh: Mesh,
    cores: Vec<SimCore>,
    clients: Vec<Client>,
    /// The names of the keys; neighbours live on different shards.
    names: Vec<String>,
    /// Out of 100: how often the clock goes on at a step.
    pace: u64,
    /// One out of so many steps of a core is followed by a stall.
    stalls: u64,
    /// In steps.
    longest_stall: u64,
    /// See [`Surroundings::patience`].
    patience: u64,
    log: Log,
    /// Cores, then clients, that do nothing until this step.
    stalled_until: Vec<usize>,
}

impl World {
    pub(super) fn new(seed: u64, fault: Fault) -> Self {
        install(&[&TAKE, &LOOK, &SHIFT, &FOLLOW]);
        let mut dice = Random::new(seed ^ 0x5eed_0000_0000);
        let mix = Mix::draw(&mut dice);
        let cores = 2 + dice.below(if mix.witnesses { 2 } else { 4 }) as usize;
        let placement = Placement::even(cores as u16);
        let core = |index: usize| {
            let limits = Limits {
                databases: 1,
                ..Limits::default()
            };
            let mut shard = Shard::new(HashSeed(1), index as u64, limits);
            shard.log.is_read = true;
            SimCore::new(
                index,
                cores,
                Core::new(ShardId(index as u16), placement.clone(), shard),
            )
        };
        let mut value = 0;
        let clients = 2 + dice.below(CLIENTS as u64 - 1);
        let clients = (0..clients)
            .map(|number| client(number, cores, mix, &mut value, &mut dice))
            .collect();
        let capacity = if dice.below(4) == 0 {
            1 + dice.below(2) as usize
        } else {
            usize::MAX
        };
        World {
            fault,
            mesh: Mesh::new(cores, capacity),
            cores: (0..cores).map(core).collect(),
            clients,
            names: names(&placement, cores),
            pace: [5, 40, 100][dice.below(3) as usize],
            stalls: [400, 100, 30][dice.below(3) as usize],
            longest_stall: [300, 1000][dice.below(2) as usize],
            patience: [u64::MAX, u64::MAX, 500, 40][dice.below(4) as usize],
            log: Log::new(cores),
            stalled_until: vec![0; cores + CLIENTS],
            dice,
        }
    }

    /// Returns the number of steps. Errors: no end, or something left behind.
    pub(super) fn run_to_the_end(&mut self) -> Result<usize, Failure> {
        for step in 0..MOST_STEPS {
            if self.is_over() {
                return self.check_nothing_left().map(|()| step);
            }
            if self.is_quiet() {
                self.check_who_waits()?;
                self.let_one_give_up();
            }
            self.step(step);
        }
        let history: Vec<bool> = self.clients.iter().map(Client::is_done).collect();
        Err(Failure::Stuck(format!(
            "{MOST_STEPS} steps; clients that have all answers: {history:?}"
        )))
    }

    fn is_over(&self) -> bool {
        self.clients.iter().all(Client::is_done)
            && self.mesh.is_empty()
            && self.cores.iter().all(SimCore::is_idle)
    }

    /// Whether everybody waits for a key and nothing is under way.
    fn is_quiet(&self) -> bool {
        self.clients
            .iter()
            .all(|client| client.is_done() || client.is_stuck())
            && self.clients.iter().all(|client| !client.is_due)
            && self.mesh.is_empty()
            && self.cores.iter().all(SimCore::is_idle)
    }

    /// Errors: a client waits for a key that is there.
    fn check_who_waits(&self) -> Result<(), Failure> {
        for client in self.clients.iter().filter(|client| client.is_blocked()) {
            for key in client.waits_for() {
                let shard = self.cores[key % self.cores.len()].engine.shard_ref();
                let name = Key::new(self.names[key].as_bytes(), shard.seed());
                if shard.database(DbIndex(0)).get(name).is_some() {
                    return Err(Failure::Asleep(format!("at key {key}")));
                }
            }
        }
        Ok(())
    }

    fn let_one_give_up(&mut self) {
        let mut waiting: Vec<&mut Client> = self
            .clients
            .iter_mut()
            .filter(|client| client.is_blocked())
            .collect();
        let one = self.dice.below(waiting.len() as u64) as usize;
        waiting[one].is_due = true;
    }

    /// Commands that waited and were served, and those that were not.
    pub(super) fn waits(&self) -> (usize, usize) {
        let waits = self.clients.iter().map(|client| client.waits);
        waits.fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1))
    }

    fn step(&mut self, step: usize) {
        if self.dice.below(100) < self.pace {
            self.mesh.clock += 1;
        }
        let actor = self
            .dice
            .below((self.cores.len() + self.clients.len()) as u64) as usize;
        if step < self.stalled_until[actor] {
            return;
        }
        let is_client = actor >= self.cores.len();
        // A client that takes its time asks when others have their answers already.
        let one_of = if is_client { 2 } else { self.stalls };
        if self.dice.below(one_of) == 0 {
            self.stalled_until[actor] = step + 20 + self.dice.below(self.longest_stall) as usize;
        }
        let Some(core) = self.cores.get_mut(actor) else {
            let client = actor - self.cores.len();
            return self.clients[client].send(&mut self.dice, step as u64);
        };
        core.step(&mut Surroundings {
            mesh: &mut self.mesh,
            clients: &mut self.clients,
            names: &self.names,
            dice: &mut self.dice,
            log: &mut self.log,
            fault: self.fault,
            patience: self.patience,
            now: step as u64,
        });
    }

    fn check_nothing_left(&self) -> Result<(), Failure> {
        for (number, core) in self.cores.iter().enumerate() {
            let left = [
                ("transactions", core.engine.open_transactions() > 0),
                ("locks", !core.engine.is_unlocked()),
                ("watches", !core.engine.shard_ref().watch.is_empty()),
                ("waiters", !core.engine.shard_ref().waiting.is_empty()),
                ("waits", core.engine.open_waits() > 0),
            ];
            if let Some((what, _)) = left.iter().find(|(_, is_left)| *is_left) {
                return Err(Failure::Leak(format!("{what} on core {number}")));
            }
        }
        Ok(())
    }

    /// What clients saw, and what the keys hold now. Errors: the log tells something else.
    pub(super) fn into_history(mut self) -> Result<History, Failure> {
        for (number, core) in self.cores.iter_mut().enumerate() {
            self.log.ship(number, &mut core.engine);
        }
        self.log.close();
        let mut values = [None; KEYS];
        for (key, name) in self.names.iter().enumerate() {
            let cores = self.cores.len();
            let core = &mut self.cores[key % cores];
            let words: OwnedArgs = [b"get".as_slice(), name.as_bytes()].into_iter().collect();
            let (row, mut reply) = (
                table().row(table().top(b"get").expect("GET is there")),
                Vec::new(),
            );
            let shard = core.engine.shard();
            execute(
                shard,
                row,
                DbIndex(0),
                Caller::default(),
                NOW,
                &words.as_args(),
                &mut reply,
            );
            values[key] =
                bulk(&reply).and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
        }
        let history = History {
            clients: self.clients.into_iter().map(Client::into_events).collect(),
            values,
            cores: self.cores.len(),
        };
        // With broken rules clients notice, which is what is to be shown.
        if self.fault == Fault::None {
            self.log.check(&history, &self.names)?;
        }
        Ok(history)
    }
}

/// A client with a program. It ends without watches.
fn client(number: u64, cores: usize, mix: Mix, value: &mut i64, dice: &mut Random) -> Client {
    let mut program: Vec<Operation> = (0..3 + dice.below(mix.longest - 2))
        .map(|_| mix.operation(dice, value))
        .collect();
    program.push(Operation::Unwatch);
    let windows: &[usize] = if mix.witnesses {
        &[1, 1, 1, 4]
    } else {
        &[1, 2, 4, 100]
    };
    let window = windows[dice.below(4) as usize];
    Client::new(number, dice.below(cores as u64) as usize, program, window)
}

fn names(placement: &Placement, cores: usize) -> Vec<String> {
    let on = |shard: usize, name: &String| placement.of_key(name.as_bytes()).index() == shard;
    let name = |key: usize| {
        let mut names = (0..).map(|number| format!("k{key}.{number}"));
        names
            .find(|name| on(key % cores, name))
            .expect("every shard has slots")
    };
    (0..KEYS).map(name).collect()
}
