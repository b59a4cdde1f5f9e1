//! What a command on each type of value costs: one shard on processor 0, the client on processor 1.

use super::fill::Fill;
use super::throughput::{row, table};
use super::{CONNECTIONS, Plan};
use crate::Failure;
use crate::processors::Processors;
use crate::redis_benchmark::{Load, Test};
use crate::running::Running;
use crate::sample::Sample;
use crate::table::Table;

/// A command, and what it needs to find.
struct Case {
    name: &'static str,
    words: &'static str,
    /// What `c` is before each stretch, and of how many elements.
    fill: Option<(Fill, Size)>,
    /// Requests of a stretch are `Plan::keys` by this.
    slower: u64,
}

#[derive(Clone, Copy)]
enum Size {
    /// As many as there are requests: each takes one away.
    Requests,
    Exactly(u64),
}

/// Elements of a large collection.
const LARGE: Size = Size::Exactly(100_000);

const CASES: &[Case] = &[
    case("LPUSH", "LPUSH c value-0123456789", None, 1),
    case("RPOP", "RPOP c", Some((Fill::List, Size::Requests)), 1),
    case(
        "LRANGE_100",
        "LRANGE c 0 99",
        Some((Fill::List, Size::Exactly(600))),
        8,
    ),
    case(
        "LRANGE_600",
        "LRANGE c 0 599",
        Some((Fill::List, Size::Exactly(600))),
        40,
    ),
    case(
        "SADD",
        "SADD c element:__rand_int__",
        Some((Fill::SetOfWords, LARGE)),
        1,
    ),
    case(
        "SISMEMBER",
        "SISMEMBER c element:__rand_int__",
        Some((Fill::SetOfWords, LARGE)),
        1,
    ),
    case(
        "SPOP",
        "SPOP c",
        Some((Fill::SetOfWords, Size::Requests)),
        1,
    ),
    case(
        "HSET",
        "HSET c element:__rand_int__ value-0123456789",
        Some((Fill::Hash, LARGE)),
        1,
    ),
    case(
        "HGET",
        "HGET c element:__rand_int__",
        Some((Fill::Hash, LARGE)),
        1,
    ),
    case(
        "HGETALL_50",
        "HGETALL c",
        Some((Fill::Hash, Size::Exactly(50))),
        8,
    ),
    case(
        "ZADD",
        "ZADD c __rand_int__ element:__rand_int__",
        Some((Fill::SortedSet, LARGE)),
        2,
    ),
    case(
        "ZPOPMIN",
        "ZPOPMIN c",
        Some((Fill::SortedSet, Size::Requests)),
        2,
    ),
    case(
        "ZRANGEBYSCORE",
        "ZRANGEBYSCORE c __rand_int__ +inf LIMIT 0 10",
        Some((Fill::SortedSet, LARGE)),
        2,
    ),
    case(
        "ZRANK",
        "ZRANK c element:__rand_int__",
        Some((Fill::SortedSet, LARGE)),
        2,
    ),
    case("XADD", "XADD c * field value-0123456789", None, 2),
    case(
        "XREAD",
        "XREAD COUNT 10 STREAMS c __rand_int__",
        Some((Fill::Stream, LARGE)),
        4,
    ),
    case(
        "GEOSEARCH",
        "GEOSEARCH c FROMMEMBER element:__rand_int__ BYRADIUS 200 km",
        Some((Fill::Places, LARGE)),
        20,
    ),
    case("PFADD", "PFADD c element:__rand_int__", None, 1),
];

const fn case(
    name: &'static str,
    words: &'static str,
    fill: Option<(Fill, Size)>,
    slower: u64,
) -> Case {
    Case {
        name,
        words,
        fill,
        slower,
    }
}

pub(super) fn run(plan: &Plan) -> Result<Table, Failure> {
    let servers: Vec<Running> = plan
        .contestants
        .iter()
        .map(|contestant| Running::start(contestant, 1, &Processors::one(0)))
        .collect::<Result<_, _>>()?;
    let base = servers.len() - 1;
    let mut table = table(&format!(
        "types: one shard on processor 0, client on processor 1; x: against {}",
        servers[base].name
    ));
    let wanted = |case: &&Case| {
        plan.commands.is_empty()
            || plan
                .commands
                .iter()
                .any(|name| name.eq_ignore_ascii_case(case.name))
    };
    for case in CASES.iter().filter(wanted) {
        for pipeline in plan.pipelines(&[16]) {
            let samples = measure(plan, case, pipeline, &servers)?;
            for (server, sample) in servers.iter().zip(&samples) {
                table.row(row(
                    case.test(),
                    pipeline,
                    &server.name,
                    sample,
                    &samples[base],
                ));
            }
        }
    }
    Ok(table)
}

/// Medians of all servers, which take turns.
fn measure(
    plan: &Plan,
    case: &Case,
    pipeline: u32,
    servers: &[Running],
) -> Result<Vec<Sample>, Failure> {
    let requests = (plan.keys / case.slower).max(1);
    let mut samples = vec![Vec::new(); servers.len()];
    for _ in 0..plan.rounds.max(1) {
        for (server, samples) in servers.iter().zip(&mut samples) {
            let mut client = server.connect()?;
            client.ask(&[b"FLUSHALL"])?;
            if let Some((fill, size)) = case.fill {
                let count = match size {
                    Size::Requests => requests,
                    Size::Exactly(count) => count,
                };
                fill.fill(&mut client, "c", count)?;
            }
            let load = case.load(plan, pipeline);
            samples.push(Sample::of_requests(
                server,
                &load,
                requests,
                &Processors::one(1),
            )?);
        }
    }
    Ok(samples
        .iter()
        .map(|samples| Sample::median(samples))
        .collect())
}

impl Case {
    fn test(&self) -> Test {
        Test::Command(self.name, self.words)
    }

    fn load(&self, plan: &Plan, pipeline: u32) -> Load {
        let keys = match self.fill {
            Some((_, Size::Exactly(count))) => count,
            _ => plan.keys,
        };
        Load {
            test: self.test(),
            pipeline,
            connections: CONNECTIONS,
            keys,
            value: 3,
        }
    }
}
