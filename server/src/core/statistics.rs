//! What one core counts. INFO adds the cores up.

use std::collections::BTreeMap;

use engine::command::error::CommandError;
use engine::command::table::{CommandId, table};
use engine::resp::elements::is_error;
use engine::time::UnixMillis;

use super::users::Denials;

/// How often a command was called, and how it went.
#[derive(Clone, Copy, Debug, Default)]
pub struct CommandCount {
    /// Times it ran.
    pub calls: u64,
    /// Times it was refused before it ran.
    pub rejected: u64,
    /// Times it answered with an error.
    pub failed: u64,
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
    /// Clients closed as all of them held too much memory.
    pub evicted_clients: u64,
    /// Clients closed for what they sent without end.
    pub query_buffer_limit_disconnections: u64,
    /// What users may not do and tried.
    pub denials: Denials,
    /// Turns of the core's loop.
    pub ticks: u64,
    /// Time spent in turns, in units of the meter's clock.
    pub tick_time: u64,
    /// Receptions of bytes.
    pub reads: u64,
    /// Buffers handed to the kernel.
    pub writes: u64,
    /// By command number.
    pub by_command: Vec<CommandCount>,
    /// By error code.
    pub errors: BTreeMap<String, u64>,
    /// What happened per second, lately.
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
            evicted_clients: 0,
            query_buffer_limit_disconnections: 0,
            denials: Denials::default(),
            ticks: 0,
            tick_time: 0,
            reads: 0,
            writes: 0,
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

    /// A command that was waiting is refused after all: it has not run.
    pub fn refused_late(&mut self, id: Option<CommandId>, error: &CommandError) {
        if let Some(id) = id {
            let calls = &mut self.by_command[id.index()].calls;
            *calls = calls.saturating_sub(1);
            self.commands = self.commands.saturating_sub(1);
        }
        self.rejected(id, error);
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
        // A line of one word, or one whose first word is long, has no code.
        let code = reply[1..]
            .iter()
            .take(32)
            .position(|byte| *byte == b' ')
            .map(|len| &reply[1..=len]);
        self.count_error(&String::from_utf8_lossy(code.unwrap_or(b"ERR")));
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
        let totals = [
            self.commands,
            self.bytes_received,
            self.bytes_sent,
            self.ticks,
            self.tick_time,
        ];
        self.rates.sample(now, totals);
    }

    /// Everything is zero again (CONFIG RESETSTAT).
    pub fn reset(&mut self) {
        *self = Self::new();
    }
}

impl Default for Statistics {
    fn default() -> Self {
        Self::new()
    }
}

/// How many totals have rates.
const RATES: usize = 5;

/// Rates per second over the last samples: commands, bytes in, bytes out, turns, and time spent in turns.
#[derive(Clone, Debug, Default)]
pub struct Rates {
    last: Option<(UnixMillis, [u64; RATES])>,
    samples: [[u64; RATES]; SAMPLES],
    next: usize,
}

impl Rates {
    fn sample(&mut self, now: UnixMillis, totals: [u64; RATES]) {
        if let Some((then, before)) = self.last {
            let millis = (now.0 - then.0).max(1) as u64;
            let rate = |index: usize| totals[index].saturating_sub(before[index]) * 1000 / millis;
            self.samples[self.next] = std::array::from_fn(rate);
            self.next = (self.next + 1) % SAMPLES;
        }
        self.last = Some((now, totals));
    }

    /// All of them, in the order of the type's description.
    pub fn per_second(&self) -> [u64; RATES] {
        std::array::from_fn(|index| {
            self.samples.iter().map(|sample| sample[index]).sum::<u64>() / SAMPLES as u64
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_means_of_the_last_samples() {
        crate::commands::register();
        let mut statistics = Statistics::new();
        for tenth in 0..=SAMPLES as i64 {
            statistics.sample(UnixMillis(tenth * 100));
            statistics.bytes_sent += 10;
        }
        assert_eq!(statistics.rates.per_second(), [0, 0, 100, 0, 0]);
        statistics.reset();
        assert_eq!(statistics.rates.per_second(), [0; RATES]);
    }

    #[test]
    fn errors_count_by_command_and_by_code() {
        crate::commands::register();
        let mut statistics = Statistics::new();
        let get = table().top(b"get").unwrap();
        statistics.called(get);
        statistics.check_reply(get, b"$-1\r\n");
        statistics.called(get);
        statistics.check_reply(get, b"-WRONGTYPE no\r\n");
        statistics.rejected(Some(get), &CommandError::SYNTAX);
        statistics.rejected(None, &CommandError::SYNTAX);
        let count = statistics.by_command[get.index()];
        assert_eq!((count.calls, count.failed, count.rejected), (2, 1, 1));
        statistics.check_reply(get, b"-word\r\n");
        assert_eq!(
            (statistics.errors["ERR"], statistics.errors["WRONGTYPE"]),
            (3, 1)
        );
        assert_eq!((statistics.commands, statistics.error_replies), (2, 4));
    }
}
