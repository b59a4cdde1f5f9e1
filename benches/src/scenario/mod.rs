//! The scenarios of a load run. Each starts its own servers, prints a table and ends them.

mod elements;
mod fill;
mod growth;
mod memory;
mod mset;
mod release;
mod shards;
mod snapshot;
mod throughput;
mod types;

use std::str::FromStr;
use std::time::Duration;

use crate::Failure;
use crate::contestant::Contestant;
use crate::processors::Processors;
use crate::redis_benchmark::{Load, Test};
use crate::running::Running;
use crate::sample::Sample;
use crate::table::Table;

/// Who takes part and how much is asked of them.
pub struct Plan {
    /// Whom to measure. Ratios of different servers have the last one's figure below the line.
    pub contestants: Vec<Contestant>,
    /// Length of each measured stretch.
    pub length: Duration,
    /// Stretches of which the median counts.
    pub rounds: usize,
    /// Keys in a server's database before it is measured.
    pub keys: u64,
    /// Keys to insert while a server grows.
    pub growth_keys: u64,
    /// Pipelines to measure, if not those of the scenario.
    pub pipelines: Option<Vec<u32>>,
    /// Commands of `types` to measure, if not all.
    pub commands: Vec<String>,
}

/// Bytes of a value.
const VALUE: usize = 32;
/// Clients of a server.
const CONNECTIONS: u32 = 50;

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scenario {
    /// One shard on processor 0, the client on processor 1.
    Throughput,
    /// Two shards against one.
    Shards,
    /// Ten keys a request, on two shards against one.
    Mset,
    /// What a key costs, and a server that has nothing to do.
    Memory,
    /// Latency while the keyspace grows.
    Growth,
    /// What a command on each type of value costs.
    Types,
    /// What an element of a collection takes.
    Elements,
    /// Latency while a huge collection goes.
    Release,
    /// Latency and memory while a snapshot is written, and how fast that is.
    Snapshot,
}

impl Scenario {
    /// All, in the order in which they run.
    pub const ALL: [Scenario; 9] = [
        Scenario::Throughput,
        Scenario::Shards,
        Scenario::Mset,
        Scenario::Memory,
        Scenario::Growth,
        Scenario::Types,
        Scenario::Elements,
        Scenario::Release,
        Scenario::Snapshot,
    ];

    /// As on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Scenario::Throughput => "throughput",
            Scenario::Shards => "shards",
            Scenario::Mset => "mset",
            Scenario::Memory => "memory",
            Scenario::Growth => "growth",
            Scenario::Types => "types",
            Scenario::Elements => "elements",
            Scenario::Release => "release",
            Scenario::Snapshot => "snapshot",
        }
    }

    /// Runs it.
    ///
    /// # Errors
    /// A server does not start, or fails under load. Slowness is no error.
    pub fn run(self, plan: &Plan) -> Result<Table, Failure> {
        match self {
            Scenario::Throughput => throughput::run(plan),
            Scenario::Shards => shards::run(plan),
            Scenario::Mset => mset::run(plan),
            Scenario::Memory => memory::run(plan),
            Scenario::Growth => growth::run(plan),
            Scenario::Types => types::run(plan),
            Scenario::Elements => elements::run(plan),
            Scenario::Release => release::run(plan),
            Scenario::Snapshot => snapshot::run(plan),
        }
    }
}

impl FromStr for Scenario {
    type Err = Failure;

    fn from_str(name: &str) -> Result<Self, Failure> {
        let known = Scenario::ALL
            .into_iter()
            .find(|scenario| scenario.name() == name);
        known.ok_or_else(|| format!("no scenario {name:?}").into())
    }
}

impl Plan {
    fn load(&self, test: Test, pipeline: u32) -> Load {
        Load {
            test,
            pipeline,
            connections: CONNECTIONS,
            keys: self.keys,
            value: VALUE,
        }
    }

    fn pipelines(&self, usual: &[u32]) -> Vec<u32> {
        self.pipelines.clone().unwrap_or_else(|| usual.to_vec())
    }

    /// A server of `contestant` that holds all keys.
    fn loaded(
        &self,
        contestant: &Contestant,
        shards: u16,
        processors: &Processors,
    ) -> Result<Running, Failure> {
        let server = Running::start(contestant, shards, processors)?;
        server.connect()?.load(self.keys, &[b'x'; VALUE])?;
        Ok(server)
    }

    /// Medians of `servers` under `load`. They take turns, so that a busy machine is busy for all of them.
    fn measure(
        &self,
        servers: &[&Running],
        load: &Load,
        client: &Processors,
    ) -> Result<Vec<Sample>, Failure> {
        let mut samples = vec![Vec::new(); servers.len()];
        for _ in 0..self.rounds.max(1) {
            for (server, samples) in servers.iter().zip(&mut samples) {
                samples.push(Sample::take(server, load, self.length, client)?);
            }
        }
        Ok(samples
            .iter()
            .map(|samples| Sample::median(samples))
            .collect())
    }
}
