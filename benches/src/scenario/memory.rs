//! What a key costs, and what a server costs that nobody asks anything.

use std::time::Duration;

use super::{Plan, VALUE};
use crate::Failure;
use crate::contestant::Contestant;
use crate::machine;
use crate::processors::Processors;
use crate::running::Running;
use crate::sample::Meter;
use crate::table::{Table, figure};

/// Shards of the server without work, as on a machine with as many cores.
const IDLE_SHARDS: u16 = 8;
const TIME_TO_SETTLE: Duration = Duration::from_secs(2);
const IDLE: Duration = Duration::from_secs(10);

pub(super) fn run(plan: &Plan) -> Result<Table, Failure> {
    let title = format!(
        "memory: {} keys of 16 B with {VALUE} B on one shard; idle: {IDLE_SHARDS} shards, {} s",
        plan.keys,
        IDLE.as_secs()
    );
    let columns = [
        "server",
        "used B/key",
        "RSS B/key",
        "RSS/used",
        "idle RSS MiB",
        "idle CPU ms/s",
        "others %",
    ];
    let mut table = Table::new(&title, &columns);
    for contestant in &plan.contestants {
        let mut cells = vec![contestant.name.clone()];
        cells.extend(of_keys(plan, contestant)?.map(figure));
        cells.extend(when_idle(contestant)?.map(figure));
        table.row(cells);
    }
    Ok(table)
}

/// Bytes of used memory and of resident memory a key adds, and resident memory by used memory in the end.
fn of_keys(plan: &Plan, contestant: &Contestant) -> Result<[f64; 3], Failure> {
    let server = Running::start(contestant, 1, &Processors::one(0))?;
    let mut client = server.connect()?;
    let used = |client: &mut crate::client::Client| {
        client
            .info("memory", "used_memory")
            .map_or(f64::NAN, |used| used as f64)
    };
    let before = (
        used(&mut client),
        machine::resident_bytes(server.pid())? as f64,
    );
    client.load(plan.keys, &[b'x'; VALUE])?;
    let after = (
        used(&mut client),
        machine::resident_bytes(server.pid())? as f64,
    );
    let keys = plan.keys as f64;
    Ok([
        (after.0 - before.0) / keys,
        (after.1 - before.1) / keys,
        after.1 / after.0,
    ])
}

/// Resident MiB, milliseconds of CPU time per second, and the share others took in percent.
fn when_idle(contestant: &Contestant) -> Result<[f64; 3], Failure> {
    let server = Running::start(contestant, IDLE_SHARDS, &Processors::first(2))?;
    std::thread::sleep(TIME_TO_SETTLE);
    let meter = Meter::start(&server)?;
    std::thread::sleep(IDLE);
    let (spent, others) = meter.stop()?;
    let resident = machine::resident_bytes(server.pid())? as f64 / f64::from(1 << 20);
    Ok([
        resident,
        spent.as_secs_f64() * 1e3 / IDLE.as_secs_f64(),
        others * 100.0,
    ])
}
