//! LATENCY LATEST, HISTORY, GRAPH and RESET.

use engine::command::args::Args;
use engine::command::error::CommandError;
use engine::resp::reply::ReplyWriter;

use super::Done;
use crate::commands::{Answered, SessionContext};
use crate::seeing::graph::draw;
use crate::seeing::latency::History;

pub(super) fn latest(
    context: &mut SessionContext<'_>,
    _: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Done {
    let latency = context.core.process.latency();
    reply.array(latency.all().len());
    for (event, history) in latency.all() {
        let last = history.last();
        reply.array(4);
        reply.bulk(event.as_bytes());
        reply.integer(last.time);
        reply.integer(last.millis as i64);
        reply.integer(history.worst as i64);
    }
    Ok(Answered::Now)
}

pub(super) fn history(
    context: &mut SessionContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Done {
    let latency = context.core.process.latency();
    let Some(history) = latency.of(args.at(2)) else {
        reply.array(0);
        return Ok(Answered::Now);
    };
    reply.array(history.samples().len());
    for sample in history.samples() {
        reply.array(2);
        reply.integer(sample.time);
        reply.integer(sample.millis as i64);
    }
    Ok(Answered::Now)
}

pub(super) fn reset(
    context: &mut SessionContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Done {
    let mut latency = context.core.process.latency();
    let gone = match args.len() {
        2 => latency.forget_all(),
        _ => args
            .skip(2)
            .iter()
            .filter(|event| latency.forget(event))
            .count(),
    };
    reply.count(gone);
    Ok(Answered::Now)
}

pub(super) fn graph(
    context: &mut SessionContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Done {
    let latency = context.core.process.latency();
    let event = String::from_utf8_lossy(args.at(2));
    let Some(history) = latency.of(args.at(2)) else {
        return Err(CommandError::with(format!(
            "ERR No samples available for event '{event}'"
        )));
    };
    let picture = picture(&event, history, context.core.now.0 / 1000);
    reply.verbatim("txt", picture.as_bytes());
    Ok(Answered::Now)
}

/// A heading, and a column for each sample.
fn picture(event: &str, history: &History, now: i64) -> String {
    let all = || history.samples().map(|sample| sample.millis);
    let heading = format!(
        "{event} - high {} ms, low {} ms (all time high {} ms)\n{}\n",
        all().max().unwrap_or(0),
        all().min().unwrap_or(0),
        history.worst,
        "-".repeat(80)
    );
    let columns: Vec<(u64, String)> = history
        .samples()
        .map(|sample| (sample.millis, age(now - sample.time)))
        .collect();
    heading + &draw(&columns)
}

/// In the largest unit that it fills.
fn age(seconds: i64) -> String {
    match seconds {
        ..60 => format!("{seconds}s"),
        60..3600 => format!("{}m", seconds / 60),
        3600..86400 => format!("{}h", seconds / 3600),
        86400.. => format!("{}d", seconds / 86400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_have_the_largest_unit() {
        let ages = [0, 59, 60, 3599, 3600, 86399, 86400, 200000].map(age);
        assert_eq!(ages, ["0s", "59s", "1m", "59m", "1h", "23h", "1d", "2d"]);
    }
}
