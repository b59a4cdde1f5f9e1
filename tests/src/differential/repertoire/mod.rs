//! The commands that are sent, by groups, with all their options and what is promised of their replies.

mod bitmap;
mod generic;
mod geo;
mod hash;
mod hyperloglog;
mod lex;
mod list;
mod set;
mod sort;
mod sorted_set;
mod stream;
mod string;

use std::collections::BTreeSet;

use super::promise::Promise;
use super::template::Template;
use super::{Duel, Options};

/// Commands over one type of value.
pub(super) struct Group {
    pub(super) name: &'static str,
    pub(super) rows: Vec<Row>,
    /// The sum of the rows' weights.
    pub(super) weight: u64,
    /// Whether what it says would be void if others wrote to its keys.
    pub(super) alone: bool,
}

/// A command with its options.
pub(super) struct Row {
    pub(super) weight: u64,
    name: &'static str,
    pub(super) template: Template,
    pub(super) promise: Promise,
    /// The call behind it, `$` standing for the key; its order does not count.
    pub(super) next: Option<&'static str>,
    spoils: bool,
    place: Place,
}

/// Where a call makes sense.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Anywhere,
    /// It needs the reply before others go on.
    OutsideTransactions,
    /// Elsewhere it would wait.
    InTransactions,
}

/// See the top of the file.
pub(super) struct Repertoire {
    pub(super) groups: Vec<Group>,
    names: BTreeSet<String>,
}

impl Repertoire {
    /// What both servers have of all that is wanted. Puts what only redis has into `missing`.
    ///
    /// # Panics
    /// If nothing is left, or redis does not know a command.
    pub(super) fn of_both(
        duel: &mut Duel,
        options: &Options,
        missing: &mut BTreeSet<String>,
    ) -> Self {
        let mut names = BTreeSet::new();
        let mut groups = all();
        groups.retain(|group| {
            options.groups.is_empty() || options.groups.iter().any(|name| name == group.name)
        });
        for group in &mut groups {
            group.rows.retain(|row| {
                let (ours, theirs) = duel.know(row.name);
                assert!(theirs, "redis-server does not know {}", row.name);
                if !ours {
                    missing.insert(row.name.to_owned());
                }
                ours && !options
                    .without
                    .iter()
                    .any(|name| name.eq_ignore_ascii_case(row.name))
            });
            group.weight = group.rows.iter().map(|row| row.weight).sum();
        }
        groups.retain(|group| {
            group
                .rows
                .iter()
                .any(|row| row.place != Place::InTransactions)
        });
        assert!(!groups.is_empty(), "there is nothing to send");
        for name in [
            "TYPE",
            "OBJECT",
            "PEXPIRETIME",
            "GET",
            "LRANGE",
            "SMEMBERS",
            "HGETALL",
            "XRANGE",
            "XINFO",
            "ZRANGE",
            "DEBUG",
        ] {
            let (ours, theirs) = duel.know(name);
            let is_wanted = !options
                .without
                .iter()
                .any(|unwanted| unwanted.eq_ignore_ascii_case(name));
            if ours && theirs && is_wanted {
                names.insert(name.to_owned());
            }
        }
        Repertoire { groups, names }
    }

    /// Whether both have the command, of those that look at the state.
    pub(super) fn has(&self, name: &str) -> bool {
        self.names.contains(name)
    }
}

fn all() -> Vec<Group> {
    vec![
        string::group(),
        bitmap::group(),
        generic::group(),
        list::group(),
        hash::group(),
        set::group(),
        sorted_set::group(),
        lex::group(),
        stream::group(),
        hyperloglog::group(),
        geo::group(),
        sort::group(),
    ]
}

impl Group {
    fn new(name: &'static str, rows: Vec<Row>) -> Self {
        Group {
            name,
            rows,
            weight: 0,
            alone: false,
        }
    }
}

/// A row whose reply is the same on both servers.
fn row(weight: u64, line: &'static str) -> Row {
    Row {
        weight,
        name: line
            .split_ascii_whitespace()
            .next()
            .expect("a line has a name"),
        template: Template::new(line),
        promise: Promise::Exact,
        next: None,
        spoils: true,
        place: Place::Anywhere,
    }
}

impl Row {
    fn promises(mut self, promise: Promise) -> Self {
        self.promise = promise;
        self
    }

    fn unordered(self) -> Self {
        self.promises(Promise::Unordered)
    }

    fn pairs(self) -> Self {
        self.promises(Promise::Pairs)
    }

    /// It draws from what `next` shows.
    fn drawn(mut self, repeats: bool, next: &'static str) -> Self {
        self.spoils = false;
        self.next = Some(next);
        self.promises(Promise::Drawn { repeats })
    }

    fn then(mut self, next: &'static str) -> Self {
        self.spoils = false;
        self.next = Some(next);
        self
    }

    fn popped(self) -> Self {
        self.outside().promises(Promise::Popped)
    }

    fn outside(mut self) -> Self {
        self.place = Place::OutsideTransactions;
        self
    }

    fn only_queued(mut self) -> Self {
        self.place = Place::InTransactions;
        self
    }

    /// Another word in it could mean a near moment, or something that is not promised.
    fn unspoiled(mut self) -> Self {
        self.spoils = false;
        self
    }

    pub(super) fn may_be_spoiled(&self) -> bool {
        self.spoils
    }

    pub(super) fn in_transactions(&self) -> bool {
        self.place != Place::OutsideTransactions
    }

    pub(super) fn only_in_transactions(&self) -> bool {
        self.place == Place::InTransactions
    }

    /// What is promised of the call behind it.
    pub(super) fn promise_of_next(&self) -> Promise {
        match self.next {
            Some(line) if line.starts_with("HGETALL") => Promise::Pairs,
            Some(line) if line.starts_with("ZRANGE") => Promise::Exact,
            Some("DBSIZE") => Promise::Exact,
            _ => Promise::Unordered,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_templates_can_be_read() {
        let groups = all();
        assert!(groups.iter().map(|group| group.rows.len()).sum::<usize>() > 200);
    }
}
