//! The same random commands to Darter and redis-server 7.0.15, which must be installed: every reply is compared.
//!
//! `DIFFERENTIAL_SEED` and `DIFFERENTIAL_COMMANDS` choose others than usual. For long runs there is the binary
//! `differential`.

#![allow(
    clippy::print_stdout,
    reason = "figures are for whoever runs it by hand"
)]

use darter_tests::differential::{Options, run};

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |value| {
        value
            .parse()
            .unwrap_or_else(|_| panic!("{name} is a number"))
    })
}

#[test]
#[ignore = "starts servers"]
fn every_reply_is_that_of_redis() {
    let options = Options {
        seed: number("DIFFERENTIAL_SEED", 1),
        commands: number("DIFFERENTIAL_COMMANDS", 100_000),
        ..Options::default()
    };
    let outcome = run(&options);
    println!("{} commands, {} errors", outcome.commands, outcome.errors);
    assert!(
        outcome.missing.is_empty(),
        "not there: {:?}",
        outcome.missing
    );
    let mismatches: String = outcome.mismatches.iter().map(ToString::to_string).collect();
    assert!(mismatches.is_empty(), "{mismatches}");
    assert!(outcome.commands >= options.commands && outcome.errors * 2 < outcome.commands);
}
