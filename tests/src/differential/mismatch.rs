//! A reply that broke a promise, and the shortest way to it.

use std::fmt;

use super::call::Call;
use super::duel::{Duel, Played};
use super::episode::Episode;

/// Lines of the way that are shown at most.
const SHOWN: usize = 60;
/// Attempts to shorten the way.
const ATTEMPTS: usize = 400;

/// See the top of the file.
#[derive(Clone, Debug)]
pub struct Mismatch {
    seed: u64,
    number: u64,
    /// Settings and protocol of the episode.
    setting: String,
    index: usize,
    call: Call,
    ours: String,
    theirs: String,
    /// Calls that lead to it.
    way: Vec<Call>,
    silence: bool,
    shrunk: bool,
}

impl Mismatch {
    /// What `played` shows, if anything.
    pub(super) fn of(episode: &Episode, calls: &[Call], played: &Played) -> Option<Self> {
        let index = played.mismatch?;
        let call = calls[index].clone();
        let (ours, theirs) = played.texts(index);
        let touches = |earlier: &&Call| earlier.keys & call.keys != 0 || is_frame(earlier);
        let way = calls[..index].iter().filter(touches).cloned().collect();
        Some(Mismatch {
            seed: episode.seed,
            number: episode.number,
            setting: episode.to_string(),
            index,
            ours,
            theirs,
            way,
            call,
            silence: played.silence.is_some(),
            shrunk: false,
        })
    }

    /// Whether a server fell silent.
    pub fn is_silence(&self) -> bool {
        self.silence
    }

    /// Whether the same command failed.
    pub fn is_like(&self, other: &Mismatch) -> bool {
        self.call.name() == other.call.name() && self.silence == other.silence
    }

    /// Looks for fewer calls before it that lead to a mismatch of the same command.
    pub(super) fn shrink(self, duel: &mut Duel, episode: &Episode, calls: &[Call]) -> Self {
        if self.silence {
            return self;
        }
        let mut attempts = ATTEMPTS;
        // A call that needs the next one's reply is played with it.
        let behind = calls.get(self.index + 1).cloned();
        let mut fails = |way: &[Call]| {
            attempts = attempts.saturating_sub(1);
            if attempts == 0 {
                return None;
            }
            let mut row = way.to_vec();
            row.push(self.call.clone());
            row.extend(behind.clone());
            let played = duel.play_fresh(episode, &row);
            let index = played.mismatch.filter(|index| *index <= way.len())?;
            (row[index].name() == self.call.name()).then(|| {
                let texts = played.texts(index);
                (row.swap_remove(index), row[..index].to_vec(), texts)
            })
        };
        let whole = &calls[..self.index];
        let Some(mut best) = fails(&self.way).or_else(|| fails(whole)) else {
            return self;
        };
        let mut chunk = best.1.len().div_ceil(2).max(1);
        loop {
            let mut start = 0;
            while start < best.1.len() {
                let mut fewer = best.1.clone();
                fewer.drain(start..(start + chunk).min(fewer.len()));
                match fails(&fewer) {
                    Some(better) => best = better,
                    None => start += chunk,
                }
            }
            if chunk == 1 {
                break;
            }
            chunk = chunk.div_ceil(2);
        }
        let (call, way, (ours, theirs)) = best;
        Mismatch {
            call,
            way,
            ours,
            theirs,
            shrunk: true,
            ..self
        }
    }
}

/// Whether the calls around it mean something else without it.
fn is_frame(call: &Call) -> bool {
    [
        "SELECT", "SWAPDB", "FLUSHDB", "FLUSHALL", "MULTI", "EXEC", "DISCARD", "WATCH",
    ]
    .contains(&call.name().as_str())
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "seed {}, episode {}, command {}: {}",
            self.seed, self.number, self.index, self.call
        )?;
        writeln!(f, "  darter: {}", shorten(&self.ours, 1500))?;
        writeln!(f, "  redis:  {}", shorten(&self.theirs, 1500))?;
        writeln!(f, "  with {}", self.setting)?;
        let hidden = self.way.len().saturating_sub(SHOWN);
        match (self.shrunk, hidden) {
            (true, 0) => writeln!(f, "  after this alone:")?,
            _ => writeln!(f, "  after this, and {hidden} calls before it:")?,
        }
        self.way[hidden..]
            .iter()
            .try_for_each(|call| writeln!(f, "    {}", shorten(&call.to_string(), 200)))
    }
}

fn shorten(text: &str, most: usize) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    let cut = (0..=most)
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(0);
    format!("{}.. ({} bytes)", &text[..cut], text.len())
}
