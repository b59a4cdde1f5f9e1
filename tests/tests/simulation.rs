//! Runs the simulation over many seeds.
//!
//! `SIM_SEED=7` runs one seed, `SIM_SEEDS=100000` so many (from `SIM_FIRST`, 0 if not given), and prints figures. `SIM_SEEDS`
//! also bounds the search for broken rules.

#![allow(
    clippy::print_stdout,
    reason = "figures are for whoever runs it by hand"
)]

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use darter_tests::simulation::{Failure, Fault, Figures, run};

/// Seeds of each test when nobody asks for more.
const SEEDS: u64 = 400;
/// A broken rule must be noticed within so many seeds.
const ENOUGH: u64 = 5000;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|value| {
        value
            .parse()
            .unwrap_or_else(|_| panic!("{name} is a number"))
    })
}

/// Runs seeds until one fails. Returns the lowest failed one that was met, and what the others added up to.
fn search(seeds: std::ops::Range<u64>, fault: Fault) -> (Option<(u64, Failure)>, Figures) {
    let next = AtomicU64::new(seeds.start);
    let found: Mutex<(Option<(u64, Failure)>, Figures)> = Mutex::default();
    let work = || loop {
        let seed = next.fetch_add(1, Ordering::Relaxed);
        if seed >= seeds.end {
            return;
        }
        let result = run(seed, fault);
        let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
        match result {
            Ok(figures) => add(&mut found.1, figures),
            Err(failure) => {
                next.store(seeds.end, Ordering::Relaxed);
                if found.0.as_ref().is_none_or(|(first, _)| seed < *first) {
                    found.0 = Some((seed, failure));
                }
            }
        }
    };
    std::thread::scope(|scope| (0..2).for_each(|_| drop(scope.spawn(work))));
    found.into_inner().unwrap_or_else(PoisonError::into_inner)
}

fn add(sum: &mut Figures, one: Figures) {
    sum.operations += one.operations;
    sum.steps += one.steps;
    sum.aborted += one.aborted;
    sum.served += one.served;
    sum.left += one.left;
    sum.states_searched += one.states_searched;
}

fn seeds() -> std::ops::Range<u64> {
    if let Some(seed) = number("SIM_SEED") {
        return seed..seed + 1;
    }
    let first = number("SIM_FIRST").unwrap_or(0);
    first..first + number("SIM_SEEDS").unwrap_or(SEEDS)
}

#[test]
fn what_clients_see_has_a_linear_order() {
    let seeds = seeds();
    let (failed, figures) = search(seeds.clone(), Fault::None);
    println!("seeds {seeds:?}: {figures:?}");
    if let Some((seed, failure)) = failed {
        panic!("SIM_SEED={seed}: {failure}");
    }
    assert!(
        seeds.end - seeds.start < SEEDS || figures.aborted > 0,
        "some EXEC finds that a watched key changed"
    );
    assert!(
        seeds.end - seeds.start < SEEDS || (figures.served > 0 && figures.left > 0),
        "some who wait are served, others leave"
    );
}

#[test]
fn every_broken_rule_is_noticed() {
    let results: Vec<_> = Fault::NOTICEABLE
        .iter()
        .map(|fault| {
            (
                fault,
                search(0..number("SIM_SEEDS").unwrap_or(ENOUGH), *fault).0,
            )
        })
        .collect();
    for (fault, failed) in &results {
        match failed {
            Some((seed, failure)) => {
                let kind = format!("{failure:?}");
                println!(
                    "{fault:?}: seed {seed}, {}",
                    kind.split('(').next().unwrap_or_default()
                );
            }
            None => println!("{fault:?}: not noticed"),
        }
    }
    let missed: Vec<_> = results
        .iter()
        .filter(|(_, failed)| failed.is_none())
        .map(|(fault, _)| fault)
        .collect();
    assert!(
        missed.is_empty(),
        "not noticed in {ENOUGH} seeds: {missed:?}"
    );
}
