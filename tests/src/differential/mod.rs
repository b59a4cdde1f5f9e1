//! The same random commands to a Darter of several shards and to redis-server 7.0.15, and every reply compared.
//!
//! A run is a row of [`Episode`]s, each from empty servers: what its commands, keys, values and settings are follows from
//! its seed, never from a reply. The first mismatch ends an episode, because the servers hold different data from there.
//!
//! - [`repertoire`] says which commands there are, with all their options, and what Redis promises of each reply.
//! - [`Duel`] plays them and compares.
//! - `known` lists what differs on purpose, because 7.2 changed it, and why. Nothing else may.
//! - A mismatch is played again with fewer and fewer commands, until what is left fits on a screen.

mod call;
mod duel;
mod episode;
mod known;
mod mismatch;
mod pool;
mod promise;
mod repertoire;
mod score;
mod state;
mod template;

pub use duel::Duel;
pub use mismatch::Mismatch;

use std::collections::{BTreeMap, BTreeSet};

use episode::Episode;
use repertoire::Repertoire;

/// What to do.
#[derive(Clone, Debug)]
pub struct Options {
    /// All else follows from it.
    pub seed: u64,
    /// At least so many commands are sent.
    pub commands: u64,
    /// Shards of the Darter.
    pub shards: u16,
    /// Ends after so many different mismatches, that is, mismatches of different commands.
    pub mismatches: usize,
    /// Only this episode.
    pub episode: Option<u64>,
    /// Only these groups of commands; all if there are none.
    pub groups: Vec<String>,
    /// Commands to leave out.
    pub without: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            seed: 1,
            commands: 100_000,
            shards: 3,
            mismatches: 1,
            episode: None,
            groups: Vec::new(),
            without: Vec::new(),
        }
    }
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Commands that were sent to each server.
    pub commands: u64,
    /// Of those, answered with an error by both.
    pub errors: u64,
    /// Replies of each command, errors not counted, by its name.
    pub answered: BTreeMap<String, u64>,
    /// How often a known difference showed.
    pub known: BTreeMap<&'static str, u64>,
    /// Commands that the Darter does not have.
    pub missing: BTreeSet<String>,
    /// The first mismatch of each command.
    pub mismatches: Vec<Mismatch>,
}

/// Starts both servers, lets them compete and stops them.
///
/// # Panics
/// If a server does not start.
pub fn run(options: &Options) -> Outcome {
    let mut duel = Duel::start(options.shards);
    let mut outcome = Outcome::default();
    let repertoire = Repertoire::of_both(&mut duel, options, &mut outcome.missing);
    let mut number = options.episode.unwrap_or(0);
    while outcome.commands < options.commands && outcome.mismatches.len() < options.mismatches {
        let episode = Episode::new(&repertoire, options.seed, number);
        let calls = episode.calls(&repertoire);
        match duel.play_episode(&episode, &calls, &mut outcome) {
            None => {}
            Some(mismatch)
                if outcome
                    .mismatches
                    .iter()
                    .any(|seen| seen.is_like(&mismatch)) => {}
            Some(mismatch) => {
                let died = mismatch.is_silence();
                let shrunk = mismatch.shrink(&mut duel, &episode, &calls);
                outcome.mismatches.push(shrunk);
                if died {
                    break;
                }
            }
        }
        if options.episode.is_some() {
            break;
        }
        number += 1;
    }
    outcome
}
