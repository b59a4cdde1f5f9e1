//! Every server alone on processor 0, one shard each, with the client on processor 1.

use super::Plan;
use crate::Failure;
use crate::processors::Processors;
use crate::redis_benchmark::Test;
use crate::running::Running;
use crate::sample::Sample;
use crate::table::{Table, figure};

/// Columns of a table of samples; the last three are ratios and noise.
pub(super) const COLUMNS: [&str; 10] = [
    "load",
    "pipeline",
    "server",
    "req/s",
    "p50 ms",
    "p99 ms",
    "p99.9 ms",
    "CPU us/req",
    "rate x",
    "CPU x",
];

pub(super) fn run(plan: &Plan) -> Result<Table, Failure> {
    let servers: Vec<Running> = plan
        .contestants
        .iter()
        .map(|contestant| plan.loaded(contestant, 1, &Processors::one(0)))
        .collect::<Result<_, _>>()?;
    let servers: Vec<&Running> = servers.iter().collect();
    let base = servers.len() - 1;
    let title = format!(
        "throughput: one shard on processor 0, client on processor 1; x: against {}",
        servers[base].name
    );
    let mut table = table(&title);
    for test in [Test::Get, Test::Set] {
        for pipeline in plan.pipelines(&[1, 16, 64]) {
            let samples =
                plan.measure(&servers, &plan.load(test, pipeline), &Processors::one(1))?;
            for (server, sample) in servers.iter().zip(&samples) {
                table.row(row(test, pipeline, &server.name, sample, &samples[base]));
            }
        }
    }
    Ok(table)
}

/// A table for [`row`]s.
pub(super) fn table(title: &str) -> Table {
    let mut columns = COLUMNS.to_vec();
    columns.push("others %");
    Table::new(title, &columns)
}

/// A sample and its ratios to `base`.
pub(super) fn row(
    test: Test,
    pipeline: u32,
    name: &str,
    sample: &Sample,
    base: &Sample,
) -> Vec<String> {
    let seen = &sample.seen;
    let mut cells = vec![
        test.name().to_owned(),
        pipeline.to_string(),
        name.to_owned(),
    ];
    let figures = [
        seen.rate,
        seen.p50,
        seen.p99,
        seen.p999,
        sample.cpu,
        seen.rate / base.seen.rate,
        sample.cpu / base.cpu,
    ];
    cells.extend(figures.map(figure));
    cells.push(figure(sample.others * 100.0));
    cells
}
