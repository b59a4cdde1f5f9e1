//! What single insertions cost a thread while a database grows to 20 M keys, or to the number on the command line:
//! `cargo bench -p darter-benches --bench growth [-- KEYS]`.
//!
//! Measured in processor time of the thread, so that other processes on the machine do not show. A table that grows all at
//! once shows as a worst insertion of many milliseconds.

use std::io::Write;

use darter_benches::Failure;
use darter_benches::table::{Table, figure};
use engine::keyspace::database::Database;
use engine::keyspace::key::{HashSeed, Key};
use engine::value::NewValue;
use hdrhistogram::Histogram;
use rustix::time::{ClockId, clock_gettime};

const SEED: HashSeed = HashSeed(0x5eed);
const KEYS: u64 = 20_000_000;
/// Rows of the table.
const STEPS: u64 = 20;

fn main() -> Result<(), Failure> {
    // Cargo adds options of its own.
    let wanted = std::env::args().skip(1).find_map(|word| word.parse().ok());
    let keys: u64 = wanted.unwrap_or(KEYS).max(STEPS);
    let columns = ["keys", "mean ns", "p99.9 ns", "worst us", "table B/key"];
    let mut table = Table::new(
        "growth: thread time of single insertions, the clock's own included",
        &columns,
    );
    let mut database = Database::new(SEED);
    for step in 0..STEPS {
        let latencies = insert(
            &mut database,
            keys * step / STEPS..keys * (step + 1) / STEPS,
        )?;
        table.row(vec![
            database.len().to_string(),
            figure(latencies.mean()),
            figure(latencies.value_at_quantile(0.999) as f64),
            figure(latencies.max() as f64 / 1e3),
            figure(database.table_bytes() as f64 / database.len() as f64),
        ]);
    }
    write!(std::io::stdout().lock(), "{table}")?;
    Ok(())
}

fn insert(
    database: &mut Database,
    numbers: std::ops::Range<u64>,
) -> Result<Histogram<u64>, Failure> {
    let mut latencies = Histogram::new_with_bounds(1, 60_000_000_000, 3)?;
    for number in numbers {
        let key = format!("key:{number:012}");
        let before = thread_nanoseconds();
        database.put(
            Key::new(key.as_bytes(), SEED),
            NewValue::from_bytes(b"value 56"),
            None,
            0,
        );
        latencies.saturating_record(thread_nanoseconds() - before);
    }
    Ok(latencies)
}

fn thread_nanoseconds() -> u64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}
