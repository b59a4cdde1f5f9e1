//! LATENCY DOCTOR.

use std::fmt::Write;

use engine::command::args::Args;
use engine::resp::reply::ReplyWriter;

use super::Done;
use crate::commands::{Answered, SessionContext};
use crate::config::Settings;
use crate::seeing::latency::Latency;

pub(super) fn doctor(
    context: &mut SessionContext<'_>,
    _: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Done {
    let core = &context.core;
    let report = report(&core.process.latency(), &core.settings);
    reply.verbatim("txt", report.as_bytes());
    Ok(Answered::Now)
}

fn report(latency: &Latency, settings: &Settings) -> String {
    let slow_log = &settings.slow_log;
    if latency.all().len() == 0 {
        return match slow_log.latency_monitor_threshold {
            0 => "Nothing is known, as nothing is noted while latency-monitor-threshold is 0. Set it to the \
                  milliseconds from which on something takes too long: CONFIG SET latency-monitor-threshold 100\n"
                .to_owned(),
            threshold => format!("Nothing took {threshold} ms or more since the start or the last LATENCY RESET.\n"),
        };
    }
    let mut text = "What took long:\n\n".to_owned();
    for (number, (event, history)) in latency.all().enumerate() {
        let figures = history.figures();
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "{}. {event}: {} samples, {} ms on average, {} ms off it on average, one each {:.2} s. The worst took {} ms.",
            number + 1,
            figures.samples,
            figures.mean,
            figures.deviation,
            figures.period,
            history.worst
        );
    }
    text.push_str("\nWhat may help:\n\n");
    for advice in advices(latency, settings) {
        let _ = writeln!(text, "- {advice}");
    }
    text
}

fn advices(latency: &Latency, settings: &Settings) -> Vec<String> {
    let slow_log = &settings.slow_log;
    let has = |event: &str| latency.of(event.as_bytes()).is_some();
    let mut advices = Vec::new();
    if has("command") || has("fast-command") {
        let threshold = slow_log.latency_monitor_threshold.saturating_mul(1000);
        if slow_log.log_slower_than < 0 || slow_log.log_slower_than > threshold {
            advices.push(format!(
                "The slow log leaves out what is noted here: CONFIG SET slowlog-log-slower-than {threshold}"
            ));
        }
        advices.push(
            "SLOWLOG GET shows the slow commands. Those that look at whole collections or at all keys take \
             time that others wait for; SCAN and its relatives do the same in small steps."
                .to_owned(),
        );
    }
    if has("fast-command") {
        advices.push(
            "Commands that are fast by nature took long: perhaps the processors have more to do than \
             this server, or memory is swapped out."
                .to_owned(),
        );
    }
    if has("expire-cycle") {
        advices.push(
            "Many keys fall due in the same moment. Expiries that differ by some seconds spread the work."
                .to_owned(),
        );
    }
    if has("eviction-cycle") {
        advices.push(
            "Large values are evicted. More memory helps, or values that are cut into smaller ones."
                .to_owned(),
        );
    }
    advices
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seeing::latency::Sample;

    #[test]
    fn events_come_with_advice() {
        let mut settings = Settings::default();
        let mut latency = Latency::default();
        assert!(report(&latency, &settings).starts_with("Nothing is known"));
        settings.slow_log.latency_monitor_threshold = 5;
        assert!(report(&latency, &settings).starts_with("Nothing took 5 ms"));
        let sample = Sample {
            time: 7,
            millis: 30,
        };
        latency.add("command", sample);
        latency.add("expire-cycle", sample);
        let text = report(&latency, &settings);
        assert!(
            text.contains("1. command: 1 samples, 30 ms on average"),
            "{text}"
        );
        assert!(
            text.contains("CONFIG SET slowlog-log-slower-than 5000"),
            "{text}"
        );
        assert!(text.contains("fall due"), "{text}");
        settings.slow_log.log_slower_than = 5000;
        assert!(!report(&latency, &settings).contains("leaves out"));
    }
}
