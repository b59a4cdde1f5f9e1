//! Searches for a linear order of a history's operations: one that each client's order and real time allow, and in which
//! the model gives every reply that was seen (Wing and Gong 1993, remembering the states that led nowhere).
//!
//! A client's operations are in an order already, so a state of the search is how many operations of each client are done,
//! and what the model holds then.

use std::collections::HashSet;

use super::Failure;
use super::history::{Event, History, Moment};
use super::model::{CLIENTS, Model};

type Done = [u8; CLIENTS];

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

impl Search<'_> {
    fn next(&self, client: usize, done: &Done) -> Option<&Event> {
        self.history.clients[client].get(usize::from(done[client]))
    }

    fn finds_end(&mut self, done: Done, model: &Model) -> bool {
        let clients = self.history.clients.len();
        let waiting = (0..clients).filter_map(|client| self.next(client, &done));
        let Some(first_answer): Option<Moment> = waiting.map(|event| event.answered).min() else {
            return model.values() == self.history.values;
        };
        if self.dead.contains(&(done, *model)) {
            return false;
        }
        for client in 0..clients {
            let history = self.history;
            let Some(event) = history.clients[client].get(usize::from(done[client])) else {
                continue;
            };
            // Whoever was asked after another's answer comes after it.
            if event.asked > first_answer {
                continue;
            }
            let mut after = *model;
            self.reply.clear();
            after.apply(client, &event.operation, &mut self.reply);
            if self.reply == event.reply {
                let mut done = done;
                done[client] += 1;
                if self.finds_end(done, &after) {
                    return true;
                }
            }
        }
        self.dead.insert((done, *model));
        false
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
            answered,
            reply: reply.as_bytes().to_vec(),
        }
    }

    fn history(clients: Vec<Vec<Event>>, first: Option<i64>) -> History {
        let mut values = [None; KEYS];
        values[0] = first;
        History { clients, values }
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
}
