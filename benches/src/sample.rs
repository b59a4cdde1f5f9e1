//! One measured stretch of load, and the median of several.

use std::time::{Duration, Instant};

use crate::Failure;
use crate::machine;
use crate::processors::Processors;
use crate::redis_benchmark::{Load, Seen};
use crate::running::Running;

/// Requests that find out how fast a server is before it is measured.
const WARM_UP: u64 = 50_000;

/// See the top of the file.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// What the client saw.
    pub seen: Seen,
    /// The server's user and system time for each request, in microseconds.
    pub cpu: f64,
    /// Share of all processors taken by neither the server nor the client, from 0 to 1: the less, the better the figures.
    pub others: f64,
}

impl Sample {
    /// Warms `server` up with `load` and measures it for about `length`.
    ///
    /// # Errors
    /// redis-benchmark fails.
    pub fn take(
        server: &Running,
        load: &Load,
        length: Duration,
        client: &Processors,
    ) -> Result<Self, Failure> {
        let warm_up = load.run(server, WARM_UP, client)?;
        let requests = (warm_up.rate * length.as_secs_f64()).max(WARM_UP as f64) as u64;
        Sample::of_requests(server, load, requests, client)
    }

    /// Measures `server` for so many requests, cold or warm as it is.
    ///
    /// # Errors
    /// redis-benchmark fails.
    pub fn of_requests(
        server: &Running,
        load: &Load,
        requests: u64,
        client: &Processors,
    ) -> Result<Self, Failure> {
        let meter = Meter::start(server)?;
        let seen = load.run(server, requests, client)?;
        let (spent, others) = meter.stop()?;
        Ok(Sample {
            seen,
            cpu: spent.as_secs_f64() * 1e6 / requests as f64,
            others,
        })
    }

    /// The median of each figure by itself. `samples` must not be empty.
    pub fn median(samples: &[Sample]) -> Self {
        let of = |figure: fn(&Sample) -> f64| median(samples.iter().map(figure).collect());
        Sample {
            seen: Seen {
                rate: of(|sample| sample.seen.rate),
                p50: of(|sample| sample.seen.p50),
                p99: of(|sample| sample.seen.p99),
                p999: of(|sample| sample.seen.p999),
            },
            cpu: of(|sample| sample.cpu),
            others: of(|sample| sample.others),
        }
    }
}

/// The middle one, or the mean of the two in the middle. Not a number when there is none.
pub fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    let half = figures.len() / 2;
    match figures.len() {
        0 => f64::NAN,
        odd if odd % 2 == 1 => figures[half],
        _ => (figures[half - 1] + figures[half]) / 2.0,
    }
}

/// What a server, the client and everybody else spend from its start on. The client may be this process or its children.
pub struct Meter {
    pid: u32,
    begun: Instant,
    server: Duration,
    client: Duration,
    busy: Duration,
}

impl Meter {
    /// Begins with `server`.
    ///
    /// # Errors
    /// The server has ended.
    pub fn start(server: &Running) -> Result<Self, Failure> {
        let pid = server.pid();
        let (server, client) = (machine::process_time(pid)?, Meter::client()?);
        Ok(Meter {
            pid,
            begun: Instant::now(),
            server,
            client,
            busy: machine::busy_time()?,
        })
    }

    /// What the server spent, and the share of all processors that others took.
    ///
    /// # Errors
    /// The server has ended.
    pub fn stop(&self) -> Result<(Duration, f64), Failure> {
        let server = machine::process_time(self.pid)?.saturating_sub(self.server);
        let client = Meter::client()?.saturating_sub(self.client);
        let others = machine::busy_time()?
            .saturating_sub(self.busy)
            .saturating_sub(server)
            .saturating_sub(client);
        let processors =
            std::thread::available_parallelism().map_or(1, std::num::NonZero::get) as f64;
        Ok((
            server,
            others.as_secs_f64() / (self.begun.elapsed().as_secs_f64() * processors),
        ))
    }

    fn client() -> Result<Duration, Failure> {
        Ok(machine::ended_children_time()? + machine::process_time(std::process::id())?)
    }
}

#[cfg(test)]
mod tests {
    use super::median;

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), 2.5);
        assert!(median(Vec::new()).is_nan());
    }
}
