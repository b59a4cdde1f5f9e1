//! Searches for a linear order of a history's operations: one that each client's order and real time allow, and in which
//! the model gives every reply that was seen (Wing and Gong 1993, remembering the states that led nowhere).
//!
//! A client's operations are in an order already, so a state of the search is how many operations of each client are done,
//! and what the model holds then.
//!
//! A command that waits has two moments: it arrives, and it is served. What is demanded of the second:
//! - Whoever waits for one key alone is served in the moment in which the key is there, in order of arrival.
//! - Whoever waits for several is served in such a moment, too, but may let a key go to those behind it: it may be served
//!   by another key meanwhile.
//! - A LOOK holds up nobody, whether it is served or not.
//! - A SHIFT to a key of another shard is served in that moment, too, if a command changed the key which knew of it.
//! - Any other SHIFT is served then or later, while the key is there, and holds up those behind it until then. Such are
//!   those whose keys share a shard, those behind somebody who let the key go, and those that were woken by serving
//!   somebody else, by one who left, or by what ran while everything stood still.

use std::collections::HashSet;

use super::Failure;
use super::command::{Command, KEYS, KeyNumber, Operation};
use super::history::{Event, History, Moment};
use super::model::{CLIENTS, Model};

type Done = [u8; CLIENTS];

/// A key has changed: clients may be served.
#[derive(Clone, Copy)]
struct Chance {
    key: KeyNumber,
    /// Clients before this place in the queue had theirs.
    from: usize,
    /// Whoever changed the key brought the locks of all that waits for it, and nobody was passed over.
    is_linked: bool,
}

struct Search<'h> {
    history: &'h History,
    /// States that led nowhere.
    dead: HashSet<(Done, Model)>,
    reply: Vec<u8>,
}

/// Returns how many states were looked at. Errors: there is no such order.
pub(super) fn search(history: &History) -> Result<usize, Failure> {
    let mut search = Search {
        history,
        dead: HashSet::new(),
        reply: Vec::new(),
    };
    if search.finds_end([0; CLIENTS], &Model::default()) {
        Ok(search.dead.len() + history.len())
    } else {
        Err(Failure::NotSerializable(history.to_string()))
    }
}

/// Whether somebody who waited was not served, or may not have been.
fn may_leave(event: &Event) -> bool {
    match event.reply.as_deref() {
        None => true,
        Some(reply) => reply == b"*-1\r\n" || reply.starts_with(b"-UNBLOCKED"),
    }
}

fn admits(event: &Event, reply: &[u8]) -> bool {
    event.reply.as_deref().is_none_or(|seen| seen == reply)
}

impl<'h> Search<'h> {
    fn next(&self, client: usize, done: &Done) -> Option<&'h Event> {
        self.history.clients[client].get(usize::from(done[client]))
    }

    fn finds_end(&mut self, done: Done, model: &Model) -> bool {
        let clients = self.history.clients.len();
        let known = (0..clients).filter_map(|client| {
            let event = self.next(client, &done)?;
            let arrived = event.arrived.filter(|_| !model.waits(client));
            Some(arrived.unwrap_or(event.answered))
        });
        let Some(first_answer): Option<Moment> = known.min() else {
            return model.values() == self.history.values;
        };
        if self.dead.contains(&(done, *model)) {
            return false;
        }
        for client in 0..clients {
            let Some(event) = self.next(client, &done) else {
                continue;
            };
            let found = if model.waits(client) {
                self.goes_on(client, event, done, model)
            } else {
                // Whoever was asked after another was answered, or was seen to wait, comes after it.
                event.asked <= first_answer && self.begins(client, event, done, model)
            };
            if found {
                return true;
            }
        }
        self.dead.insert((done, *model));
        false
    }

    /// The operation of a client that does not wait.
    fn begins(&mut self, client: usize, event: &Event, done: Done, model: &Model) -> bool {
        let mut after = *model;
        self.reply.clear();
        let mut next = done;
        next[client] += 1;
        let Operation::Run(command @ (Command::Take(_) | Command::Look(_) | Command::Shift(..))) =
            &event.operation
        else {
            after.apply(client, &event.operation, &mut self.reply);
            return admits(event, &self.reply) && self.settles(next, &after);
        };
        if event.reply.is_none() && self.finds_end(next, model) {
            return true;
        }
        if after.attempt(command, &mut self.reply) {
            return admits(event, &self.reply) && self.settles(next, &after);
        }
        if may_leave(event) && self.finds_end(next, model) {
            return true;
        }
        let is_served = event.reply.is_none() || !may_leave(event);
        let holds_up = matches!(command, Command::Shift(..));
        after.begin_wait(client);
        (is_served || holds_up) && self.finds_end(done, &after)
    }

    /// A client that waits is served late, or leaves.
    fn goes_on(&mut self, client: usize, event: &Event, done: Done, model: &Model) -> bool {
        let mut next = done;
        next[client] += 1;
        let Operation::Run(command) = &event.operation else {
            return false;
        };
        if matches!(command, Command::Shift(..)) && model.was_passed(client) {
            let mut after = *model;
            self.reply.clear();
            if after.attempt(command, &mut self.reply) && admits(event, &self.reply) {
                after.end_wait(client);
                after.touch_waited(command);
                after.note_service(model);
                if self.settles(next, &after) {
                    return true;
                }
            }
        }
        let mut after = *model;
        after.end_wait(client);
        after.touch_waited(command);
        may_leave(event) && self.settles(next, &after)
    }

    /// A unit of work has ended: whoever waits for what it touched is served.
    fn settles(&mut self, done: Done, model: &Model) -> bool {
        if model.touched() == 0 {
            return self.finds_end(done, model);
        }
        (0..KEYS).any(|key| {
            let mut after = *model;
            let moment = after.take_touched(key).map(|is_linked| Chance {
                key,
                from: 0,
                is_linked,
            });
            moment.is_some_and(|chance| self.serves(chance, done, &after))
        })
    }

    /// Serves those in the queue who wait for the key.
    fn serves(&mut self, chance: Chance, done: Done, model: &Model) -> bool {
        let key = chance.key;
        let waiting = (chance.from..CLIENTS).find_map(|place| {
            let client = model.waiting_at(place)?;
            let event = self.next(client, &done)?;
            let Operation::Run(command) = &event.operation else {
                return None;
            };
            let waits_for_it = match command {
                Command::Take(keys) | Command::Look(keys) => keys.contains(&key),
                Command::Shift(source, _) => *source == key,
                _ => false,
            };
            waits_for_it.then_some((place, client, event, command))
        });
        let Some((place, client, event, command)) = waiting else {
            return self.settles(done, model);
        };
        if model.values()[key].is_none() {
            return self.settles(done, model);
        }
        let mut after = *model;
        self.reply.clear();
        let only_this = match command {
            Command::Take(_) => Command::Take(vec![key]),
            Command::Look(_) => Command::Look(vec![key]),
            other => other.clone(),
        };
        after.attempt(&only_this, &mut self.reply);
        after.end_wait(client);
        after.note_service(model);
        let mut next = done;
        next[client] += 1;
        let finds_end = match command {
            _ if !admits(event, &self.reply) => false,
            // The key is there for those behind it, whose places have moved.
            Command::Look(_) => {
                let chance = Chance {
                    from: place,
                    ..chance
                };
                self.serves(chance, next, &after)
            }
            _ => self.settles(next, &after),
        };
        finds_end || self.passes_over(chance, (place, client), done, model)
    }

    /// The client at this place in the queue is not served although the key is there.
    fn passes_over(
        &mut self,
        chance: Chance,
        (place, client): (usize, usize),
        done: Done,
        model: &Model,
    ) -> bool {
        let Some(event) = self.next(client, &done) else {
            return false;
        };
        let mut after = *model;
        after.pass(client);
        match &event.operation {
            Operation::Run(Command::Shift(source, target)) => {
                let cores = self.history.cores;
                let is_sure = chance.is_linked
                    && source % cores != target % cores
                    && !model.was_passed(client)
                    && !may_leave(event);
                !is_sure && self.settles(done, &after)
            }
            Operation::Run(Command::Take(keys) | Command::Look(keys)) => {
                let is_sure = keys.iter().all(|other| *other == chance.key);
                let chance = Chance {
                    from: place + 1,
                    is_linked: false,
                    ..chance
                };
                !(is_sure && event.reply.is_some()) && self.serves(chance, done, model)
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulation::command::{Command, KEYS, Operation};

    fn event(asked: Moment, answered: Moment, command: Command, reply: &str) -> Event {
        Event {
            operation: Operation::Run(command),
            asked,
            arrived: None,
            answered,
            reply: Some(reply.as_bytes().to_vec()),
        }
    }

    fn history(clients: Vec<Vec<Event>>, first: Option<i64>) -> History {
        let mut values = [None; KEYS];
        values[0] = first;
        History {
            clients,
            values,
            cores: 1,
        }
    }

    #[test]
    fn overlapping_operations_may_come_in_either_order() {
        let set = || event(0, 9, Command::Set(0, 1), "+OK\r\n");
        for reply in ["$-1\r\n", "$1\r\n1\r\n"] {
            let get = event(3, 5, Command::Get(0), reply);
            assert!(search(&history(vec![vec![set()], vec![get]], Some(1))).is_ok());
        }
        let get = event(3, 5, Command::Get(0), "$1\r\n2\r\n");
        assert!(search(&history(vec![vec![set()], vec![get]], Some(1))).is_err());
    }

    #[test]
    fn real_time_counts() {
        let set = event(0, 2, Command::Set(0, 1), "+OK\r\n");
        let get = event(3, 5, Command::Get(0), "$-1\r\n");
        assert!(search(&history(vec![vec![set], vec![get]], Some(1))).is_err());
    }

    #[test]
    fn the_order_of_a_connection_counts() {
        let sets = vec![
            event(0, 9, Command::Set(0, 1), "+OK\r\n"),
            event(0, 9, Command::Set(1, 1), "+OK\r\n"),
        ];
        let gets = vec![
            event(0, 9, Command::Get(1), "$1\r\n1\r\n"),
            event(0, 9, Command::Get(0), "$-1\r\n"),
        ];
        assert!(search(&history(vec![sets, gets], Some(1))).is_err());
    }

    #[test]
    fn what_is_there_in_the_end_counts() {
        let set = event(0, 2, Command::Set(0, 1), "+OK\r\n");
        assert!(search(&history(vec![vec![set]], None)).is_err());
    }

    #[test]
    fn who_waits_for_one_key_is_served_in_order() {
        let take = |asked, answered, reply| event(asked, answered, Command::Take(vec![0]), reply);
        let set = |asked, value| event(asked, asked + 1, Command::Set(0, value), "+OK\r\n");
        let (one, two) = (
            "*2\r\n$2\r\nk0\r\n$1\r\n1\r\n",
            "*2\r\n$2\r\nk0\r\n$1\r\n2\r\n",
        );
        let sets = || vec![set(10, 1), set(20, 2)];
        let ok = history(
            vec![vec![take(0, 30, one)], vec![take(5, 30, two)], sets()],
            None,
        );
        assert!(search(&ok).is_ok());
        // Which came first is not known.
        let ok = history(
            vec![vec![take(0, 30, two)], vec![take(5, 30, one)], sets()],
            None,
        );
        assert!(search(&ok).is_ok());
        // When the second came, nobody had taken the first value, and the other had replaced it.
        let wrong = history(
            vec![vec![take(0, 30, two)], vec![take(25, 30, one)], sets()],
            None,
        );
        assert!(search(&wrong).is_err());
        let seen = event(12, 13, Command::Get(0), "$1\r\n1\r\n");
        let wrong = history(
            vec![vec![take(0, 30, one)], vec![set(10, 1)], vec![seen]],
            None,
        );
        assert!(search(&wrong).is_ok(), "it may have come late");
    }
}
