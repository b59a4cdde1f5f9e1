//! Writers at pipeline 1 while a snapshot is written: their latency must stay what it was, and memory must not grow with
//! what they write. Then how long a snapshot takes that somebody waits for, and loading it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::Plan;
use crate::Failure;
use crate::client::Client;
use crate::closed_loop::{ClosedLoop, Window};
use crate::machine;
use crate::processors::Processors;
use crate::running::Running;
use crate::sample::median;
use crate::table::{Table, figure};

/// Connections that write.
const WRITERS: usize = 4;
const VALUE: [u8; 100] = [b'x'; 100];
const WINDOW: Duration = Duration::from_millis(250);
/// How long writers are watched before the snapshot.
const QUIET: Duration = Duration::from_secs(3);
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// A snapshot that takes longer fails the run.
const PATIENCE: Duration = Duration::from_secs(300);

/// What was seen of one snapshot.
struct Seen {
    windows: Vec<Window>,
    /// Since the writers began.
    begun: Duration,
    ended: Duration,
    before: u64,
    peak: u64,
}

pub(super) fn run(plan: &Plan) -> Result<Table, Failure> {
    let title = format!(
        "snapshot: {} keys of 16 and {} bytes, {WRITERS} writers at pipeline 1, two shards, server and client on processors 0 and 1",
        plan.keys,
        VALUE.len()
    );
    let columns = [
        "server",
        "p99.9 us quiet",
        "saving",
        "x",
        "slowest ms",
        "BGSAVE s",
        "memory x",
        "SAVE s",
        "load s",
    ];
    let mut table = Table::new(&title, &columns);
    for contestant in &plan.contestants {
        let server = Running::start(contestant, 2, &Processors::first(2))?;
        let mut client = server.connect()?;
        client.load(plan.keys, &VALUE)?;
        let seen = watch(&server, &mut client, plan.keys)?;
        let save = timed(&mut client, &[b"SAVE"])?;
        let load = timed(&mut client, &[b"DEBUG", b"RELOAD", b"NOSAVE"])?;
        table.row(row(&contestant.name, &seen, save, load));
    }
    Ok(table)
}

fn timed(client: &mut Client, words: &[&[u8]]) -> Result<Duration, Failure> {
    let began = Instant::now();
    client.ask(words)?;
    Ok(began.elapsed())
}

/// Watches writers before and during a BGSAVE.
fn watch(server: &Running, client: &mut Client, keys: u64) -> Result<Seen, Failure> {
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let began = Instant::now();
        let writers = scope.spawn(|| {
            let writers = ClosedLoop::new(server, WRITERS, keys, &VALUE)?;
            writers.until(&stop).run(WINDOW)
        });
        std::thread::sleep(QUIET);
        let saved = save(server, client, began);
        stop.store(true, Ordering::Relaxed);
        let windows = writers.join();
        let windows = windows.unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        saved.map(|seen| Seen { windows, ..seen })
    })
}

fn save(server: &Running, client: &mut Client, began: Instant) -> Result<Seen, Failure> {
    let before = machine::proportional_bytes(server.pid())?;
    let (begun, mut peak) = (began.elapsed(), before);
    client.ask(&[b"BGSAVE"])?;
    while client.info("persistence", "rdb_bgsave_in_progress") == Some(1) {
        peak = peak.max(machine::proportional_bytes(server.pid())?);
        if began.elapsed() > PATIENCE {
            return Err(format!("{}: BGSAVE does not end", server.name).into());
        }
        std::thread::sleep(LOOK_EVERY);
    }
    Ok(Seen {
        windows: Vec::new(),
        begun,
        ended: began.elapsed(),
        before,
        peak,
    })
}

fn row(name: &str, seen: &Seen, save: Duration, load: Duration) -> Vec<String> {
    let index = |time: Duration| (time.as_secs_f64() / WINDOW.as_secs_f64()) as usize;
    let (first, last) = (index(seen.begun), index(seen.ended));
    let (quiet, rest) = seen.windows.split_at(first.min(seen.windows.len()));
    let saving = &rest[..(last - first + 1).min(rest.len())];
    let p999 = |windows: &[Window]| median(windows.iter().map(|window| window.p999).collect());
    let slowest = saving.iter().map(|window| window.worst).fold(0.0, f64::max);
    vec![
        name.to_owned(),
        figure(p999(quiet)),
        figure(p999(saving)),
        figure(p999(saving) / p999(quiet)),
        figure(slowest / 1e3),
        figure((seen.ended - seen.begun).as_secs_f64()),
        figure(seen.peak as f64 / seen.before as f64),
        figure(save.as_secs_f64()),
        figure(load.as_secs_f64()),
    ]
}
