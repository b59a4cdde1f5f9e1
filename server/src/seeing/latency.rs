//! What LATENCY shows: when something took longer than `latency-monitor-threshold` milliseconds, and how long.
//!
//! Events of all cores, behind a lock that is taken only when there is one to note, or by LATENCY:
//!
//! | event | what took long |
//! |---|---|
//! | `command`, `fast-command` | one command; the second if its row says that it is fast |
//! | `expire-cycle` | a slice of background work: keys that were due, memory that was freed |
//! | `eviction-cycle` | evictions on behalf of one command, or of one tick |

use std::collections::{BTreeMap, VecDeque};

use engine::command::flags::Flags;
use engine::command::table::{CommandId, table};

use crate::core::ServerCore;

/// Samples kept of an event.
const MOST_SAMPLES: usize = 160;

/// The worst of one second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Unix time in seconds.
    pub time: i64,
    /// How long it took, in milliseconds.
    pub millis: u64,
}

/// One kind of event. Invariant: there is a sample.
#[derive(Clone, Debug, Default)]
pub struct History {
    samples: VecDeque<Sample>,
    /// The worst ever, in milliseconds.
    pub worst: u64,
}

impl History {
    fn add(&mut self, sample: Sample) {
        self.worst = self.worst.max(sample.millis);
        if let Some(last) = self.samples.back_mut()
            && last.time == sample.time
        {
            last.millis = last.millis.max(sample.millis);
            return;
        }
        if self.samples.len() == MOST_SAMPLES {
            self.samples.pop_front();
        }
        self.samples.push_back(sample);
    }

    /// The oldest first.
    pub fn samples(&self) -> impl ExactSizeIterator<Item = Sample> + '_ {
        self.samples.iter().copied()
    }

    /// The last one.
    pub fn last(&self) -> Sample {
        let none = Sample { time: 0, millis: 0 };
        self.samples.back().copied().unwrap_or(none)
    }

    /// What doctors look at.
    pub fn figures(&self) -> Figures {
        let count = self.samples.len().max(1) as u64;
        let mean = self.samples().map(|sample| sample.millis).sum::<u64>() / count;
        let deviations = self.samples().map(|sample| sample.millis.abs_diff(mean));
        let first = self.samples.front().map_or(0, |sample| sample.time);
        Figures {
            samples: self.samples.len(),
            mean,
            deviation: deviations.sum::<u64>() / count,
            period: (self.last().time - first).max(1) as f64 / count as f64,
        }
    }
}

/// Figures over the samples of an event.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figures {
    /// How many there are.
    pub samples: usize,
    /// Milliseconds.
    pub mean: u64,
    /// Mean distance from the mean, in milliseconds.
    pub deviation: u64,
    /// Seconds from one to the next.
    pub period: f64,
}

/// See the top of the file.
#[derive(Debug, Default)]
pub struct Latency(BTreeMap<&'static str, History>);

impl Latency {
    /// An event took so long.
    pub fn add(&mut self, event: &'static str, sample: Sample) {
        self.0.entry(event).or_default().add(sample);
    }

    /// All events that happened, by name.
    pub fn all(&self) -> impl ExactSizeIterator<Item = (&'static str, &History)> {
        self.0.iter().map(|(name, history)| (*name, history))
    }

    /// The history of one event.
    pub fn of(&self, event: &[u8]) -> Option<&History> {
        self.0.get(std::str::from_utf8(event).ok()?)
    }

    /// Forgets an event. Returns whether there was one.
    pub fn forget(&mut self, event: &[u8]) -> bool {
        let name = std::str::from_utf8(event).ok();
        name.is_some_and(|name| self.0.remove(name).is_some())
    }

    /// Forgets all events. Returns how many there were.
    pub fn forget_all(&mut self) -> usize {
        std::mem::take(&mut self.0).len()
    }
}

impl ServerCore {
    /// Notes a command that took long.
    pub(super) fn note_latency_of(&self, command: CommandId, micros: u64) {
        let is_fast = table().row(command).flags.contains(Flags::FAST);
        self.note_latency(if is_fast { "fast-command" } else { "command" }, micros);
    }

    /// Does `work`, and notes it as `event` if it takes long.
    pub(crate) fn watch_latency<T>(
        &mut self,
        event: &'static str,
        work: impl FnOnce(&mut Self) -> T,
    ) -> T {
        if self.settings.slow_log.latency_monitor_threshold <= 0 {
            return work(self);
        }
        let began = self.engine.shard_ref().meter.now();
        let result = work(self);
        let took = self.engine.shard_ref().meter.now().wrapping_sub(began);
        self.note_latency(event, self.micros(took));
        result
    }

    fn note_latency(&self, event: &'static str, micros: u64) {
        let millis = micros / 1000;
        let threshold = u64::try_from(self.settings.slow_log.latency_monitor_threshold);
        if threshold.is_ok_and(|threshold| threshold > 0 && millis >= threshold) {
            let time = self.now.0 / 1000;
            self.process.latency().add(event, Sample { time, millis });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_has_one_sample_and_old_ones_go() {
        let mut latency = Latency::default();
        let mut add = |time, millis| latency.add("command", Sample { time, millis });
        add(1, 5);
        add(1, 9);
        add(1, 7);
        add(2, 3);
        let history = latency.of(b"command").expect("added");
        let samples: Vec<_> = history.samples().map(|s| (s.time, s.millis)).collect();
        assert_eq!((samples, history.worst), (vec![(1, 9), (2, 3)], 9));
        let figures = history.figures();
        assert_eq!(
            (figures.mean, figures.deviation, figures.period),
            (6, 3, 0.5)
        );
        for time in 3..200 {
            latency.add("command", Sample { time, millis: 1 });
        }
        let history = latency.of(b"command").expect("added");
        assert_eq!(history.samples().len(), MOST_SAMPLES);
        assert_eq!((history.last().time, history.worst), (199, 9));
        assert!(!latency.forget(b"other") && latency.forget(b"command"));
        assert_eq!(latency.forget_all(), 0);
    }
}
