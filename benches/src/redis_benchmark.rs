//! redis-benchmark, run as a child, and the figures it prints.

use std::process::{Command, Stdio};

use crate::Failure;
use crate::processors::Processors;
use crate::running::Running;

/// Which of its tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Test {
    /// GET of one key.
    Get,
    /// SET of one key.
    Set,
    /// MSET of ten keys.
    Mset,
    /// A command of our own: its name in tables, and its words, in which `__rand_int__` becomes 12 digits.
    Command(&'static str, &'static str),
}

impl Test {
    /// As redis-benchmark and tables write it.
    pub fn name(self) -> &'static str {
        match self {
            Test::Get => "get",
            Test::Set => "set",
            Test::Mset => "mset",
            Test::Command(name, _) => name,
        }
    }

    /// The words that choose it on the command line, to stand behind all options.
    fn words(self) -> Vec<&'static str> {
        match self {
            Test::Command(_, words) => words.split(' ').collect(),
            test => vec!["-t", test.name()],
        }
    }
}

/// What to ask a server for.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// Which command.
    pub test: Test,
    /// Requests under way per connection.
    pub pipeline: u32,
    /// Connections.
    pub connections: u32,
    /// Keys are drawn from so many.
    pub keys: u64,
    /// Bytes of a value.
    pub value: usize,
}

/// What redis-benchmark saw; latencies in milliseconds, each of a whole pipeline.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Seen {
    /// Requests per second.
    pub rate: f64,
    /// The median.
    pub p50: f64,
    /// Of 100 requests the slowest.
    pub p99: f64,
    /// Of 1000 requests the slowest.
    pub p999: f64,
}

impl Load {
    /// Sends `requests` to `server` from a client on `processors` and waits for the end.
    ///
    /// # Errors
    /// redis-benchmark is missing, fails, or prints something else than expected.
    pub fn run(
        &self,
        server: &Running,
        requests: u64,
        processors: &Processors,
    ) -> Result<Seen, Failure> {
        let mut command = Command::new("redis-benchmark");
        let port = server.address.port();
        for (option, value) in [
            ("-p", port.to_string()),
            ("-n", requests.to_string()),
            ("-c", self.connections.to_string()),
            ("-P", self.pipeline.to_string()),
            ("-r", self.keys.to_string()),
            ("-d", self.value.to_string()),
        ] {
            command.args([option, &value]);
        }
        command.args(self.test.words());
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let child = processors
            .spawn(&mut command)
            .map_err(|why| format!("redis-benchmark: {why}"))?;
        let output = child.wait_with_output()?;
        if !output.status.success() {
            return Err(format!(
                "redis-benchmark against {} failed: {}",
                server.name, output.status
            )
            .into());
        }
        let text = String::from_utf8_lossy(&output.stdout);
        parse(&text).ok_or_else(|| format!("redis-benchmark printed no figures:\n{text}").into())
    }
}

fn parse(text: &str) -> Option<Seen> {
    let rate = text
        .split("throughput summary:")
        .nth(1)?
        .split_ascii_whitespace()
        .next()?
        .parse()
        .ok()?;
    let mut after_head = text
        .lines()
        .skip_while(|line| !line.trim_start().starts_with("avg "))
        .skip(1);
    let summary: Vec<f64> = after_head
        .next()?
        .split_ascii_whitespace()
        .map_while(|word| word.parse().ok())
        .collect();
    // avg min p50 p95 p99 max
    let [_, _, p50, _, p99, _] = summary[..] else {
        return None;
    };
    Some(Seen {
        rate,
        p50,
        p99,
        p999: percentile(text, 99.9)?,
    })
}

/// The first line of the distribution at or above `percent`.
fn percentile(text: &str, percent: f64) -> Option<f64> {
    let lines = text
        .split("Latency by percentile distribution:")
        .nth(1)?
        .lines();
    lines
        .filter_map(|line| {
            let (share, rest) = line.split_once("% <= ")?;
            let latency: f64 = rest.split_ascii_whitespace().next()?.parse().ok()?;
            Some((share.trim().parse::<f64>().ok()?, latency))
        })
        .find(|(share, _)| *share >= percent)
        .map(|(_, latency)| latency)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_found_in_what_it_prints() {
        let text = "====== GET ======\n  100000 requests completed in 1.00 seconds\n\n\
            Latency by percentile distribution:\n0.000% <= 0.1 milliseconds (cumulative count 1)\n\
            99.805% <= 2.5 milliseconds (cumulative count 9)\n99.902% <= 3.5 milliseconds (cumulative count 10)\n\
            100.000% <= 9.5 milliseconds (cumulative count 11)\n\nCumulative distribution of latencies:\n\
            99.999% <= 0.103 milliseconds (cumulative count 0)\n\nSummary:\n\
            \x20 throughput summary: 33909.80 requests per second\n  latency summary (msec):\n\
            \x20         avg       min       p50       p95       p99       max\n\
            \x20       1.052     0.120     0.671     4.063     5.983    15.287\n";
        assert_eq!(
            parse(text),
            Some(Seen {
                rate: 33909.80,
                p50: 0.671,
                p99: 5.983,
                p999: 3.5
            })
        );
        assert_eq!(parse("Could not connect"), None);
    }
}
