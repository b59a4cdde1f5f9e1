//! Slow log and latency figures.

use super::WIDE_NATURAL;
use crate::config::value::{Kind, Reason, Value, ValueLine};

topic! {
    /// Slow log and latency figures.
    pub struct SlowLog in slow_log {
        /// Microseconds above which a command is logged; negative logs none, 0 all.
        log_slower_than: i64 = 10_000, "slowlog-log-slower-than", Kind::Integer(-1, i64::MAX as i128);
        /// Entries that SLOWLOG keeps.
        max_len: u64 = 128, "slowlog-max-len", WIDE_NATURAL;
        /// Milliseconds above which LATENCY notes an event; 0 notes none.
        latency_monitor_threshold: i64 = 0, "latency-monitor-threshold", WIDE_NATURAL;
        /// Counts how long every command takes.
        latency_tracking: bool = true, "latency-tracking", Kind::Switch;
        /// Percentiles of these counts in INFO.
        latency_tracking_info_percentiles: Percentiles = Percentiles(vec![50.0, 99.0, 99.9]),
            "latency-tracking-info-percentiles", Kind::Special("percentile .."), [MULTI];
    }
}

/// Percentiles from 0 to 100, in the order given.
#[derive(Debug, Clone, PartialEq)]
pub struct Percentiles(pub Vec<f64>);

impl Value for Percentiles {
    fn assign(&mut self, words: &[&[u8]], _kind: &Kind) -> Result<(), Reason> {
        let words = if matches!(words, [word] if word.is_empty()) {
            &[]
        } else {
            words
        };
        let read = |word: &&[u8]| -> Result<f64, Reason> {
            let number: Option<f64> = std::str::from_utf8(word)
                .ok()
                .and_then(|word| word.parse().ok());
            match number.filter(|number| !number.is_nan()) {
                None => Err("Invalid latency-tracking-info-percentiles parameters".into()),
                Some(number) if (0.0..=100.0).contains(&number) => Ok(number),
                Some(_) => Err(
                    "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]"
                        .into(),
                ),
            }
        };
        self.0 = words.iter().map(read).collect::<Result<_, _>>()?;
        Ok(())
    }

    fn show(&self) -> Vec<u8> {
        self.0
            .iter()
            .map(|number| short(*number))
            .collect::<Vec<_>>()
            .join(" ")
            .into_bytes()
    }

    fn lines(&self, _default: &Self, _kind: &Kind) -> Vec<ValueLine> {
        let text = if self.0.is_empty() {
            b"\"\"".to_vec()
        } else {
            self.show()
        };
        vec![ValueLine { text, needed: true }]
    }
}

/// Six digits behind the point at most, without zeros at the end.
pub(crate) fn short(number: f64) -> String {
    let digits = format!("{number:.6}");
    digits
        .trim_end_matches('0')
        .trim_end_matches('.')
        .to_owned()
}
