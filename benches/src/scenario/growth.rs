//! Insertions at pipeline 1 into an ever larger keyspace: the latency of the slowest must stay what it was in the beginning.

use std::time::Duration;

use super::{CONNECTIONS, Plan};
use crate::Failure;
use crate::closed_loop::{ClosedLoop, Window};
use crate::machine;
use crate::processors::Processors;
use crate::running::Running;
use crate::sample::median;
use crate::table::{Table, figure};

const WINDOW: Duration = Duration::from_secs(1);
/// Windows that are the beginning.
const FIRST: usize = 5;
/// Times the beginning's p99.9 that a window may have.
const LIMIT: f64 = 3.0;
/// A window in which others took more of the processors than this says nothing about the server.
const QUIET: f64 = 0.1;

pub(super) fn run(plan: &Plan) -> Result<Table, Failure> {
    let title = format!(
        "growth: {} small keys inserted at pipeline 1, server on processor 0, client on processor 1, windows of {} s",
        plan.growth_keys,
        WINDOW.as_secs()
    );
    let columns = [
        "server",
        "keys/s",
        "p99.9 us first",
        "median",
        "worst",
        "worst x",
        "worst quiet x",
        "windows",
        "above 3x",
        "quiet above 3x",
        "slowest ms",
        "RSS B/key",
    ];
    let mut table = Table::new(&title, &columns);
    for contestant in &plan.contestants {
        let server = Running::start(contestant, 1, &Processors::one(0))?;
        let windows = insert(&server, plan.growth_keys)?;
        let resident = machine::resident_bytes(server.pid())? as f64 / plan.growth_keys as f64;
        table.row(row(&contestant.name, &windows, resident));
    }
    Ok(table)
}

/// On a thread of its own, which stays on the client's processor.
fn insert(server: &Running, keys: u64) -> Result<Vec<Window>, Failure> {
    std::thread::scope(|scope| {
        let client = scope.spawn(|| {
            Processors::one(1).stay()?;
            ClosedLoop::new(server, CONNECTIONS as usize, keys, b"12345678")?.run(WINDOW)
        });
        client
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

fn row(name: &str, windows: &[Window], resident: f64) -> Vec<String> {
    // The last one is cut short.
    let whole = &windows[..windows.len().saturating_sub(1).max(1)];
    let quiet: Vec<Window> = whole
        .iter()
        .filter(|window| window.others <= QUIET)
        .copied()
        .collect();
    let first = median(whole.iter().take(FIRST).map(|window| window.p999).collect());
    let worst = |of: &[Window]| of.iter().map(|window| window.p999).fold(f64::NAN, f64::max);
    let above = |of: &[Window]| {
        of.iter()
            .filter(|window| window.p999 > first * LIMIT)
            .count()
            .to_string()
    };
    let rate = whole.iter().map(|window| window.inserted).sum::<u64>() as f64
        / whole.len() as f64
        / WINDOW.as_secs_f64();
    vec![
        name.to_owned(),
        figure(rate),
        figure(first),
        figure(median(whole.iter().map(|window| window.p999).collect())),
        figure(worst(whole)),
        figure(worst(whole) / first),
        figure(worst(&quiet) / first),
        format!("{} ({} quiet)", whole.len(), quiet.len()),
        above(whole),
        above(&quiet),
        figure(
            windows
                .iter()
                .map(|window| window.worst)
                .fold(0.0, f64::max)
                / 1e3,
        ),
        figure(resident),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_above_the_limit_is_counted_and_a_noisy_one_told_apart() {
        let window = |p999: f64, others: f64| Window {
            inserted: 1000,
            p999,
            worst: p999 * 2.0,
            others,
        };
        let mut windows = vec![window(100.0, 0.0); 8];
        windows.push(window(500.0, 0.5));
        windows.push(window(310.0, 0.0));
        windows.push(window(9000.0, 0.0));
        let cells = row("one", &windows, 99.0);
        assert_eq!(cells[1..6], ["1000", "100", "100", "500", "5.00"]);
        assert_eq!(
            cells[6..],
            ["3.10", "10 (9 quiet)", "2", "1", "18.0", "99.0"]
        );
    }
}
