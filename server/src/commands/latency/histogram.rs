//! LATENCY HISTOGRAM: the meters' spreads, in steps that double, as Redis shows its own.

use engine::command::args::Args;
use engine::command::table::{CommandId, table};
use engine::resp::reply::ReplyWriter;
use engine::shard::meter::Spread;

use super::Done;
use crate::commands::SessionContext;
use crate::info::Report;
use crate::info::portion::Portion;

/// Which commands are shown; None for all.
type Wanted = Option<Vec<CommandId>>;

pub(super) fn histogram(
    context: &mut SessionContext<'_>,
    args: &Args<'_>,
    _: &mut ReplyWriter<'_>,
) -> Done {
    let wanted = wanted(args);
    Ok(context.ask_all(
        |core| Portion::of(core, true),
        move |core, portions, reply| {
            show(&Report::new(core, portions), &wanted, reply);
            Ok(())
        },
    ))
}

/// Names that are no commands are passed over; a container stands for its subcommands.
fn wanted(args: &Args<'_>) -> Wanted {
    if args.len() == 2 {
        return None;
    }
    let mut wanted = Vec::new();
    for word in args.skip(2).iter() {
        let name = String::from_utf8_lossy(word).to_ascii_lowercase();
        let within = format!("{name}|");
        let named = |id: &CommandId| {
            let full = table().full_name(*id);
            full == name || full.starts_with(&within)
        };
        wanted.extend(table().ids().filter(named));
    }
    Some(wanted)
}

fn show(report: &Report, wanted: &Wanted, reply: &mut ReplyWriter<'_>) {
    let nanos = report.nanos_per_unit();
    let used = report.used_commands();
    let timed: Vec<_> = used
        .iter()
        .filter_map(|(id, portion)| Some((*id, portion.count.calls, portion.time.spread.as_ref()?)))
        .collect();
    let shown: Vec<_> = match wanted {
        None => timed,
        Some(ids) => ids
            .iter()
            .filter_map(|wanted| timed.iter().find(|(id, ..)| id == wanted).copied())
            .collect(),
    };
    reply.map(shown.len());
    for (id, calls, spread) in shown {
        reply.bulk(table().full_name(id).as_bytes());
        reply.map(2);
        reply.bulk(b"calls");
        reply.integer(calls as i64);
        reply.bulk(b"histogram_usec");
        let steps = steps(spread, nanos);
        reply.map(steps.len());
        for (micros, count) in steps {
            reply.integer(micros as i64);
            reply.integer(count as i64);
        }
    }
}

/// The greatest duration of a step, in microseconds, and how many runs took that long at most. Steps that add nothing
/// are left out.
fn steps(spread: &Spread, nanos_per_unit: f64) -> Vec<(u64, u64)> {
    let mut steps: Vec<(u64, u64)> = Vec::new();
    let mut sum = 0;
    for (units, count) in spread.values() {
        sum += u64::from(count);
        let micros = step_of((units as f64 * nanos_per_unit) as u64) / 1000;
        match steps.last_mut() {
            Some(last) if last.0 == micros => last.1 = sum,
            _ => steps.push((micros, sum)),
        }
    }
    steps
}

/// The end of the step that holds so many nanoseconds. Steps double from 1024 on; Redis's histogram knows values to
/// one part in 128, and each step ends with the last value that it can't tell from the round one.
fn step_of(nanos: u64) -> u64 {
    let ends = (10..44).map(|bits| (1_u64 << bits) + (1 << (bits - 7)) - 1);
    let last = 1 << 44;
    ends.into_iter().find(|end| nanos <= *end).unwrap_or(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_end_where_those_of_redis_do() {
        let ends: Vec<u64> = (0..16).map(|bits| step_of(1000 << bits) / 1000).collect();
        let known = [
            1, 2, 4, 8, 16, 33, 66, 132, 264, 528, 1056, 2113, 4227, 8454, 16908, 33816,
        ];
        assert_eq!(ends, known);
    }

    #[test]
    fn counts_add_up() {
        let mut spread = Spread::default();
        for nanos in [1, 500, 1500, 1600, 100_000] {
            spread.add(nanos);
        }
        assert_eq!(steps(&spread, 1.0), [(1, 2), (2, 4), (132, 5)]);
    }
}
