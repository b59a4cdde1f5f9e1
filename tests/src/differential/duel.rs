//! Both servers, and a connection to each.

use std::io::Result;

use super::Outcome;
use super::call::Call;
use super::episode::Episode;
use super::mismatch::Mismatch;
use super::promise::{Both, Promise, Verdict, is_queued, judge};
use crate::real::{Client, Reply, Server};

/// Commands sent before replies are read.
const BATCH: usize = 64;

/// See the top of the file.
pub struct Duel {
    ours: Side,
    theirs: Side,
}

struct Side {
    server: Server,
    client: Client,
}

impl Side {
    fn new(server: Server) -> Self {
        let client = Client::connect(server.address()).expect("the server accepts connections");
        Side { server, client }
    }

    /// Scans until the end, and puts everything into `reply`.
    fn scan_on(&mut self, call: &Call, reply: &mut Reply) -> Result<()> {
        loop {
            let Reply::Array(Some(so_far)) = reply else {
                return Ok(());
            };
            let Some(Reply::Bulk(Some(cursor))) =
                so_far.first().filter(|cursor| cursor.number() != Some(0))
            else {
                return Ok(());
            };
            let mut words = call.words.clone();
            words[1].clone_from(cursor);
            self.client.queue_words(&words);
            let next = self.client.flush()?.remove(0);
            let (Some(Reply::Array(Some(all))), [cursor, Reply::Array(Some(more))]) =
                (so_far.get_mut(1), next.elements())
            else {
                *reply = next;
                return Ok(());
            };
            all.extend_from_slice(more);
            so_far[0] = cursor.clone();
        }
    }

    fn reconnect(&mut self) -> Result<()> {
        self.client = Client::connect(self.server.address())?;
        Ok(())
    }
}

/// How a row of calls went.
pub(super) struct Played {
    /// What each was answered, as far as they were sent.
    replies: Vec<(Reply, Reply)>,
    /// The first call that was not answered alike.
    pub(super) mismatch: Option<usize>,
    /// Which known differences showed.
    known: Vec<&'static str>,
    /// Why a server fell silent.
    pub(super) silence: Option<String>,
}

impl Played {
    /// What the call at `index` was answered.
    pub(super) fn texts(&self, index: usize) -> (String, String) {
        let silence = || self.silence.clone().unwrap_or_default();
        match self.replies.get(index) {
            Some((ours, theirs)) => (ours.to_string(), theirs.to_string()),
            None => (silence(), silence()),
        }
    }
}

impl Duel {
    /// Starts a Darter of `shards` shards and a redis-server.
    ///
    /// # Panics
    /// If one does not start.
    pub fn start(shards: u16) -> Self {
        Duel {
            ours: Side::new(Server::with_options(
                shards,
                &["--enable-debug-command", "yes"],
            )),
            theirs: Side::new(Server::redis(&[
                "--enable-debug-command",
                "yes",
                "--appendonly",
                "no",
            ])),
        }
    }

    /// Whether both know the command `name`: ours, theirs.
    ///
    /// # Panics
    /// If a server does not answer.
    pub(super) fn know(&mut self, name: &str) -> (bool, bool) {
        let known = |side: &mut Side| {
            let reply = side.client.ask(&format!("COMMAND INFO {name}"));
            let reply = reply.expect("the server answers");
            reply.elements().first().is_some_and(|row| !row.is_null())
        };
        (known(&mut self.ours), known(&mut self.theirs))
    }

    /// Plays `calls` to empty servers, and counts in `outcome`.
    pub(super) fn play_episode(
        &mut self,
        episode: &Episode,
        calls: &[Call],
        outcome: &mut Outcome,
    ) -> Option<Mismatch> {
        let played = self.play_fresh(episode, calls);
        outcome.commands += played.replies.len() as u64;
        for (call, (ours, _)) in calls.iter().zip(&played.replies) {
            match ours {
                Reply::Error(_) => outcome.errors += 1,
                _ => *outcome.answered.entry(call.name()).or_default() += 1,
            }
        }
        for reason in &played.known {
            *outcome.known.entry(reason).or_default() += 1;
        }
        Mismatch::of(episode, calls, &played)
    }

    /// Plays `calls` to empty servers with the settings of `episode`, over new connections.
    pub(super) fn play_fresh(&mut self, episode: &Episode, calls: &[Call]) -> Played {
        let mut played = Played {
            replies: Vec::new(),
            mismatch: None,
            known: Vec::new(),
            silence: None,
        };
        let result = self
            .prepare(episode)
            .and_then(|()| self.play(calls, &mut played));
        if let Err(error) = result {
            let of = |side: &mut Side| {
                if side.server.is_alive() {
                    "alive"
                } else {
                    "dead"
                }
            };
            let state = format!(
                "ours is {}, theirs {}",
                of(&mut self.ours),
                of(&mut self.theirs)
            );
            played.silence = Some(format!("{error} ({state})"));
            played.mismatch = Some(played.replies.len().min(calls.len().saturating_sub(1)));
        }
        played
    }

    fn prepare(&mut self, episode: &Episode) -> Result<()> {
        for (side, ours) in [(&mut self.ours, true), (&mut self.theirs, false)] {
            side.reconnect()?;
            // A key is there until somebody looks at it: otherwise the moment of the look would count.
            side.client
                .queue("FLUSHALL")
                .queue("DEBUG SET-ACTIVE-EXPIRE 0");
            side.client.queue(&format!("HELLO {}", episode.protocol));
            for (name, value) in episode
                .settings
                .iter()
                .filter(|(name, _)| ours || !name.starts_with("set-max-listpack"))
            {
                side.client.queue_words(&["CONFIG", "SET", name, value]);
            }
            for reply in side.client.flush()?.iter() {
                if let Reply::Error(text) = reply {
                    return Err(std::io::Error::other(format!(
                        "a setting is refused: {text}"
                    )));
                }
            }
        }
        Ok(())
    }

    /// Plays until the first mismatch.
    fn play(&mut self, calls: &[Call], played: &mut Played) -> Result<()> {
        let mut first = 0;
        let mut queued = Vec::new();
        while first < calls.len() {
            let batch = &calls[first..first + batch_length(&calls[first..])];
            let (ours, theirs) = self.exchange(batch)?;
            for (index, (our, their)) in ours.iter().zip(&theirs).enumerate() {
                let at = |index: usize| {
                    let (ours, theirs) = (ours.get(index)?, theirs.get(index)?);
                    Some(Both { ours, theirs })
                };
                let both = Both {
                    ours: our,
                    theirs: their,
                };
                match judge(&batch[index], both, at(index + 1), &queued) {
                    Verdict::Same => {}
                    Verdict::Known(reason) => played.known.push(reason),
                    Verdict::Different => {
                        played
                            .replies
                            .extend(ours.into_iter().zip(theirs).take(index + 1));
                        played.mismatch = Some(first + index);
                        return Ok(());
                    }
                }
                match batch[index].name().as_str() {
                    _ if is_queued(our) => queued.push(batch[index].clone()),
                    "EXEC" | "DISCARD" => queued.clear(),
                    _ => {}
                }
            }
            let last = batch.len() - 1;
            if matches!(batch[last].promise, Promise::Popped)
                && !self.make_equal(&batch[last], &ours[last], &theirs[last])?
            {
                played.mismatch = Some(first + last);
            }
            played.replies.extend(ours.into_iter().zip(theirs));
            if played.mismatch.is_some() {
                return Ok(());
            }
            first += batch.len();
        }
        Ok(())
    }

    fn exchange(&mut self, calls: &[Call]) -> Result<(Vec<Reply>, Vec<Reply>)> {
        for side in [&mut self.ours, &mut self.theirs] {
            for call in calls {
                side.client.queue_words(&call.words);
            }
            side.client.send()?;
        }
        let mut theirs = self.theirs.client.flush()?;
        let mut ours = self.ours.client.flush()?;
        if let Some(call) = calls.last().filter(|call| call.is_key_scan()) {
            let last = calls.len() - 1;
            self.ours.scan_on(call, &mut ours[last])?;
            self.theirs.scan_on(call, &mut theirs[last])?;
        }
        Ok((ours, theirs))
    }

    /// Removes on each server what the other one popped. False if some of it was not there.
    fn make_equal(&mut self, call: &Call, ours: &Reply, theirs: &Reply) -> Result<bool> {
        let popped = |reply: &Reply| -> Vec<Vec<u8>> {
            let bytes = |leaf: &Reply| match leaf {
                Reply::Bulk(Some(bytes)) => Some(bytes.clone()),
                _ => None,
            };
            reply.leaves().into_iter().filter_map(bytes).collect()
        };
        let (ours, theirs) = (popped(ours), popped(theirs));
        let mut all_there = true;
        for (side, gone, other) in [
            (&mut self.ours, &ours, &theirs),
            (&mut self.theirs, &theirs, &ours),
        ] {
            let missing: Vec<&[u8]> = other
                .iter()
                .filter(|member| !gone.contains(member))
                .map(|member| &member[..])
                .collect();
            if missing.is_empty() {
                continue;
            }
            let mut words = vec![&b"SREM"[..], call.word(1)];
            words.extend(&missing);
            side.client.queue_words(&words);
            let removed = side.client.flush()?[0].number();
            all_there &= removed == Some(missing.len() as i64);
        }
        Ok(all_there)
    }
}

/// How many of `calls` go at once: what is followed up is the last, and what is drawn goes with the call behind it.
fn batch_length(calls: &[Call]) -> usize {
    let is_last = |call: &Call| matches!(call.promise, Promise::Popped) || call.is_key_scan();
    let most = calls.iter().take(BATCH).position(is_last);
    let mut length = most.map_or(calls.len().min(BATCH), |last| last + 1);
    while length < calls.len() && keeps_company(&calls[length - 1]) {
        length += 1;
    }
    length
}

fn keeps_company(call: &Call) -> bool {
    matches!(call.promise, Promise::Drawn { .. })
}
