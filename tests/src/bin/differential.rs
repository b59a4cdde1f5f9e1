//! The differential test for as long as one likes. See `darter_tests::differential`.

use std::io::Write;
use std::process::ExitCode;

use darter_tests::differential::{Options, Outcome, run};

const USAGE: &str = "usage: differential [--seed N] [--commands N] [--shards N] [--mismatches N] [--episode N] \
                     [--group NAME].. [--without COMMAND]..";

/// Commands named of which the fewest calls succeeded.
const RAREST: usize = 12;

fn main() -> ExitCode {
    let mut out = std::io::stdout().lock();
    match read(std::env::args().skip(1)) {
        None => {
            // Nothing is left to do when nobody reads it.
            let _ = writeln!(out, "{USAGE}");
            ExitCode::FAILURE
        }
        Some(options) => {
            let outcome = run(&options);
            let _ = tell(&mut out, &options, &outcome);
            ExitCode::from(u8::from(!outcome.mismatches.is_empty()))
        }
    }
}

fn read(mut words: impl Iterator<Item = String>) -> Option<Options> {
    let mut options = Options::default();
    while let Some(option) = words.next() {
        let value = words.next()?;
        match option.as_str() {
            "--seed" => options.seed = value.parse().ok()?,
            "--commands" => options.commands = value.parse().ok()?,
            "--shards" => options.shards = value.parse().ok()?,
            "--mismatches" => options.mismatches = value.parse().ok()?,
            "--episode" => options.episode = Some(value.parse().ok()?),
            "--group" => options.groups.push(value),
            "--without" => options.without.push(value),
            _ => return None,
        }
    }
    Some(options)
}

fn tell(out: &mut impl Write, options: &Options, outcome: &Outcome) -> std::io::Result<()> {
    for mismatch in &outcome.mismatches {
        writeln!(out, "{mismatch}")?;
    }
    if !outcome.missing.is_empty() {
        let missing: Vec<&str> = outcome.missing.iter().map(String::as_str).collect();
        writeln!(out, "not there: {}", missing.join(" "))?;
    }
    let mut answered: Vec<(&String, &u64)> = outcome.answered.iter().collect();
    answered.sort_by_key(|(_, count)| **count);
    let rarest = answered.iter().take(RAREST);
    let rarest: Vec<String> = rarest
        .map(|(name, count)| format!("{name} {count}"))
        .collect();
    writeln!(out, "answered well the least: {}", rarest.join(", "))?;
    for (reason, count) in &outcome.known {
        writeln!(out, "{count:>9} {reason}")?;
    }
    writeln!(
        out,
        "seed {}, {} shards: {} commands, {} of them answered by errors, {} different mismatches",
        options.seed,
        options.shards,
        outcome.commands,
        outcome.errors,
        outcome.mismatches.len()
    )
}
