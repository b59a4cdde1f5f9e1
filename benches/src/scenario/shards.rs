//! Two shards against one, the same program: what a request costs when half of the keys live on another core.

use super::Plan;
use super::throughput::{row, table};
use crate::Failure;
use crate::processors::Processors;
use crate::redis_benchmark::Test;
use crate::table::Table;

pub(super) fn run(plan: &Plan) -> Result<Table, Failure> {
    compare(
        plan,
        "shards: random keys, server and client on processors 0 and 1",
        &[Test::Get, Test::Set],
    )
}

/// `tests` on one and two shards of every contestant that knows shards; ratios are to its single shard.
pub(super) fn compare(plan: &Plan, title: &str, tests: &[Test]) -> Result<Table, Failure> {
    let mut table = table(&format!("{title}; x: against one shard"));
    // The client shares processors with the server in both cases: with two shards it has nowhere else to go.
    let both = Processors::first(2);
    for contestant in plan
        .contestants
        .iter()
        .filter(|contestant| contestant.has_shards())
    {
        let servers = [
            plan.loaded(contestant, 1, &both)?,
            plan.loaded(contestant, 2, &both)?,
        ];
        let [one, two] = &servers;
        for test in tests {
            for pipeline in plan.pipelines(&[1, 16]) {
                let samples = plan.measure(&[one, two], &plan.load(*test, pipeline), &both)?;
                for (shards, sample) in samples.iter().enumerate() {
                    let name = format!("{}, {} shards", contestant.name, shards + 1);
                    table.row(row(*test, pipeline, &name, sample, &samples[0]));
                }
            }
        }
    }
    Ok(table)
}
