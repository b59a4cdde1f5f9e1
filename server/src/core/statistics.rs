//! What one core counts. INFO adds the cores up.

use std::collections::BTreeMap;

use engine::command::error::CommandError;
use engine::command::table::{CommandId, table};
use engine::resp::elements::is_error;
use engine::time::UnixMillis;

/// How often a command was called, and how it went.
#[derive(Clone, Copy, Debug, Default)]
pub struct CommandCount {
    /// Times it ran.
    pub calls: u64,
    /// Times it was refused before it ran.
    pub rejected: u64,
    /// Times it answered with an error.
    pub failed: u64,
    /// Time it took, in nanoseconds, of the calls that were timed.
    pub nanos: u64,
}

/// Redis keeps at most this many kinds of errors apart.
const MOST_ERROR_KINDS: usize = 128;
/// Samples kept of rates: with one each 100 ms, those of the last 1.6 seconds.
const SAMPLES: usize = 16;

/// Counts since start or CONFIG RESETSTAT.
#[derive(Clone, Debug)]
pub struct Statistics {
    /// Connections accepted or refused.
    pub connections_received: u64,
    /// Connections refused.
    pub rejected_connections: u64,
    /// Bytes clients sent.
    pub bytes_received: u64,
    /// Bytes sent to clients.
    pub bytes_sent: u64,
    /// Commands that ran.
    pub commands: u64,
    /// Replies that were errors.
    pub error_replies: u64,
    /// Clients closed for what they did not read.
    pub output_buffer_limit_disconnections: u64,
    /// Clients closed for what they sent without end.
    pub query_buffer_limit_disconnections: u64,
    /// Wrong passwords.
    pub denied_logins: u64,
    /// Turns of the core's loop.
    pub ticks: u64,
    /// Time spent in turns, in nanoseconds.
    pub tick_nanos: u64,
    /// By command number.
    pub by_command: Vec<CommandCount>,
    /// By error code.
    pub errors: BTreeMap<String, u64>,
    /// Commands, bytes in and bytes out per second, lately.
    pub rates: Rates,
}

impl Statistics {
    /// All zero.
    pub fn new() -> Self {
        Statistics {
            connections_received: 0,
            rejected_connections: 0,
            bytes_received: 0,
            bytes_sent: 0,
            commands: 0,
            error_replies: 0,
            output_buffer_limit_disconnections: 0,
            query_buffer_limit_disconnections: 0,
            denied_logins: 0,
            ticks: 0,
            tick_nanos: 0,
            by_command: vec![CommandCount::default(); table().len()],
            errors: BTreeMap::new(),
            rates: Rates::default(),
        }
    }

    /// A command runs.
    #[inline]
    pub fn called(&mut self, id: CommandId) {
        self.commands += 1;
        self.by_command[id.index()].calls += 1;
    }

    /// A command was refused before it ran.
    pub fn rejected(&mut self, id: Option<CommandId>, error: &CommandError) {
        if let Some(id) = id {
            self.by_command[id.index()].rejected += 1;
        }
        self.count_error(error.code());
    }

    /// A command that ran at once left `reply`.
    #[inline]
    pub fn check_reply(&mut self, id: CommandId, reply: &[u8]) {
        if is_error(reply) {
            self.failed(id, reply);
        }
    }

    /// A command that was under way was answered.
    #[inline]
    pub fn answered(&mut self, id: Option<CommandId>, reply: &[u8]) {
        if let Some(id) = id {
            self.check_reply(id, reply);
        }
    }

    #[cold]
    fn failed(&mut self, id: CommandId, reply: &[u8]) {
        self.by_command[id.index()].failed += 1;
        let code = reply[1..].split(|byte| matches!(byte, b' ' | b'\r')).next().unwrap_or_default();
        self.count_error(&String::from_utf8_lossy(code));
    }

    fn count_error(&mut self, code: &str) {
        self.error_replies += 1;
        if let Some(count) = self.errors.get_mut(code) {
            *count += 1;
        } else if self.errors.len() < MOST_ERROR_KINDS {
            self.errors.insert(code.to_owned(), 1);
        }
    }

    /// Takes a sample for the rates.
    pub fn sample(&mut self, now: UnixMillis) {
        let totals = [self.commands, self.bytes_received, self.bytes_sent];
        self.rates.sample(now, totals);
    }
}

impl Default for Statistics {
    fn default() -> Self {
        Self::new()
    }
}

/// Rates per second over the last samples.
#[derive(Clone, Debug, Default)]
pub struct Rates {
    last: Option<(UnixMillis, [u64; 3])>,
    samples: [[u64; 3]; SAMPLES],
    next: usize,
}

impl Rates {
    fn sample(&mut self, now: UnixMillis, totals: [u64; 3]) {
        if let Some((then, before)) = self.last {
            let millis = (now.0 - then.0).max(1) as u64;
            let rate = |index: usize| totals[index].saturating_sub(before[index]) * 1000 / millis;
            self.samples[self.next] = [rate(0), rate(1), rate(2)];
            self.next = (self.next + 1) % SAMPLES;
        }
        self.last = Some((now, totals));
    }

    /// Commands, bytes in, bytes out per second.
    pub fn per_second(&self) -> [u64; 3] {
        let sum = |index: usize| self.samples.iter().map(|sample| sample[index]).sum::<u64>() / SAMPLES as u64;
        [sum(0), sum(1), sum(2)]
    }
}
