//! Random command lines and broken bytes against servers without sockets.
//!
//! `FUZZ_ITERATIONS` is how many commands, and a tenth as many byte strings, are tried; `FUZZ_SEED` the first seed. Both
//! tests print figures. A failure names its seed: `FUZZ_SEED=that FUZZ_ITERATIONS=1` repeats it.

#![allow(
    clippy::print_stdout,
    reason = "figures are for whoever runs it by hand"
)]

use darter_tests::fuzz::{Figures, Lines, digests_agree, same_in_pieces};

/// Executions when nobody asks for more.
const ITERATIONS: u64 = 20_000;

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |value| {
        value
            .parse()
            .unwrap_or_else(|_| panic!("{name} is a number"))
    })
}

#[test]
fn any_command_line_gets_a_whole_reply() {
    let (first, wanted) = (
        number("FUZZ_SEED", 1),
        number("FUZZ_ITERATIONS", ITERATIONS),
    );
    let mut sum = Figures::default();
    let mut seed = first;
    while sum.commands < wanted {
        let figures = digests_agree(seed);
        sum.commands += figures.commands;
        sum.errors += figures.errors;
        sum.keys += figures.keys;
        seed += 1;
    }
    println!(
        "seeds {first}..{seed}, {} commands in the table: {sum:?}",
        Lines::new().commands()
    );
    assert!(sum.errors < sum.commands, "nothing but errors");
    assert!(sum.keys > 0, "no key was ever made");
}

#[test]
fn broken_bytes_are_answered_alike_in_pieces() {
    let (first, wanted) = (
        number("FUZZ_SEED", 1),
        number("FUZZ_ITERATIONS", ITERATIONS).div_ceil(10),
    );
    let replies: usize = (first..first + wanted).map(same_in_pieces).sum();
    println!("seeds {first}..{}: {replies} replies", first + wanted);
    assert!(replies > 0);
}
