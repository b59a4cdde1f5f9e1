//! What others notice while a huge collection is given back: one client pings, another one deletes.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use super::Plan;
use super::fill::Fill;
use crate::Failure;
use crate::client::Client;
use crate::processors::Processors;
use crate::running::Running;
use crate::table::{Table, figure};

/// How long pings are measured from the moment on at which the collection goes.
const WATCHED: Duration = Duration::from_secs(3);

/// Ways to lose a collection `c`.
const WAYS: [(&str, &str); 4] = [
    ("nothing", "PING"),
    ("UNLINK", "UNLINK c"),
    ("FLUSHALL ASYNC", "FLUSHALL ASYNC"),
    ("expiry", "PEXPIRE c 1"),
];

pub(super) fn run(plan: &Plan) -> Result<Table, Failure> {
    let elements = (plan.growth_keys / 2).max(1);
    let title = format!(
        "release: pings for {} s while a set of {elements} words goes; one shard on processor 0, clients on processor 1",
        WATCHED.as_secs()
    );
    let columns = [
        "how",
        "server",
        "pings",
        "p50 us",
        "p99 us",
        "p99.9 us",
        "max us",
        "command ms",
    ];
    let mut table = Table::new(&title, &columns);
    for contestant in &plan.contestants {
        let server = Running::start(contestant, 1, &Processors::one(0))?;
        for (name, command) in WAYS {
            Fill::SetOfWords.fill(&mut server.connect()?, "c", elements)?;
            let (pings, took) = watch(&server, command)?;
            let micros = |quantile| pings.value_at_quantile(quantile) as f64 / 1e3;
            let mut cells = vec![
                name.to_owned(),
                contestant.name.clone(),
                pings.len().to_string(),
            ];
            cells.extend(
                [
                    micros(0.5),
                    micros(0.99),
                    micros(0.999),
                    pings.max() as f64 / 1e3,
                    took,
                ]
                .map(figure),
            );
            table.row(cells);
            server.connect()?.ask(&[b"FLUSHALL"])?;
        }
    }
    Ok(table)
}

/// Latencies of pings in nanoseconds, and how many milliseconds `command` took to be answered.
fn watch(server: &Running, command: &str) -> Result<(Histogram<u64>, f64), Failure> {
    let stop = AtomicBool::new(false);
    let mut other = server.connect()?;
    let mut pinging = server.connect()?;
    std::thread::scope(|scope| {
        let pings = scope.spawn(|| -> Result<Histogram<u64>, Failure> {
            Processors::one(1).stay()?;
            let mut latencies = Histogram::new_with_bounds(1, 60_000_000_000, 3)?;
            while !stop.load(Ordering::Relaxed) {
                ping(&mut pinging, &mut latencies)?;
            }
            Ok(latencies)
        });
        let begun = Instant::now();
        let words: Vec<&[u8]> = command.split(' ').map(str::as_bytes).collect();
        let answer = other.ask(&words);
        let took = begun.elapsed().as_secs_f64() * 1e3;
        std::thread::sleep(WATCHED);
        stop.store(true, Ordering::Relaxed);
        let latencies = pings
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        answer.map(|_| (latencies, took))
    })
}

fn ping(client: &mut Client, latencies: &mut Histogram<u64>) -> Result<(), Failure> {
    let sent = Instant::now();
    client.ask(&[b"PING"])?;
    latencies.saturating_record(sent.elapsed().as_nanos() as u64);
    Ok(())
}
