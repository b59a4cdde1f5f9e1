//! Runs load scenarios against servers and prints a table for each. See README.md beside Cargo.toml.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::str::FromStr;
use std::time::Duration;

use darter_benches::Failure;
use darter_benches::contestant::Contestant;
use darter_benches::scenario::{Plan, Scenario};

const USAGE: &str = "usage: load [--server NAME=PATH[ ARGS]].. [--scenario throughput|shards|mset|memory|growth|types|elements|release|snapshot].. \
                     [--seconds N] [--rounds N] [--keys N] [--growth-keys N] [--pipeline N].. [--command NAME]..";

fn main() -> ExitCode {
    match run(std::env::args().skip(1)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            // Nothing is left to do when nobody reads it.
            let _ = writeln!(std::io::stderr(), "{why}");
            ExitCode::FAILURE
        }
    }
}

fn run(words: impl Iterator<Item = String>) -> Result<(), Failure> {
    let (plan, scenarios) = read(words)?;
    for scenario in scenarios {
        let table = scenario.run(&plan)?;
        let mut out = std::io::stdout().lock();
        write!(out, "{table}")?;
        out.flush()?;
    }
    Ok(())
}

fn read(mut words: impl Iterator<Item = String>) -> Result<(Plan, Vec<Scenario>), Failure> {
    let mut plan = Plan {
        contestants: Vec::new(),
        length: Duration::from_secs(5),
        rounds: 3,
        keys: 1_000_000,
        growth_keys: 20_000_000,
        pipelines: None,
        commands: Vec::new(),
    };
    let mut scenarios = Vec::new();
    while let Some(option) = words.next() {
        let value = words.next().ok_or(USAGE)?;
        match option.as_str() {
            "--server" => plan.contestants.push(value.parse()?),
            "--scenario" => scenarios.push(value.parse()?),
            "--seconds" => plan.length = Duration::from_secs(number(&value)?),
            "--rounds" => plan.rounds = number(&value)?,
            "--keys" => plan.keys = number(&value)?,
            "--command" => plan.commands.push(value),
            "--growth-keys" => plan.growth_keys = number(&value)?,
            "--pipeline" => plan.pipelines.get_or_insert_default().push(number(&value)?),
            _ => return Err(USAGE.into()),
        }
    }
    if plan.contestants.is_empty() {
        plan.contestants.push(our_own()?);
    }
    // The reference, at the end of the list, unless another program was given that name.
    if !plan
        .contestants
        .iter()
        .any(|contestant| contestant.name == "redis")
    {
        plan.contestants
            .push(Contestant::new("redis", Path::new("redis-server"), &[]));
    }
    if scenarios.is_empty() {
        scenarios = Scenario::ALL.to_vec();
    }
    Ok((plan, scenarios))
}

/// darter as it was built with the same profile.
fn our_own() -> Result<Contestant, Failure> {
    let path = std::env::current_exe()?.with_file_name("darter");
    if !path.exists() {
        return Err(format!("no {}: build it, or name a server", path.display()).into());
    }
    Ok(Contestant::new("darter", &path, &[]))
}

/// A number above zero.
fn number<T: FromStr + Default + PartialEq>(word: &str) -> Result<T, Failure> {
    let number = word.parse().ok().filter(|number| *number != T::default());
    number.ok_or_else(|| format!("a number above zero expected, not {word:?}").into())
}
