//! The words behind the key.

use super::pattern::Pattern;
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::number::integer;
use crate::command::spec::Reach;
use crate::key::slot::Slot;

/// Whether STORE is an option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Storing {
    Allowed,
    Refused,
}

/// See the top of the file.
#[derive(Debug, Default)]
pub(super) struct Options<'a> {
    by: Option<Pattern<'a>>,
    /// A BY without a place for the element: the order stays.
    keeps_order: bool,
    gets: Vec<Pattern<'a>>,
    limit: Option<(i64, i64)>,
    pub descending: bool,
    pub alphabetic: bool,
    /// Where the target's name is.
    pub store: Option<usize>,
}

impl<'a> Options<'a> {
    /// Errors: unknown words, missing values; limits that are no numbers.
    pub(super) fn parse(args: &Args<'a>, storing: Storing) -> Result<Self, CommandError> {
        let mut options = Options::default();
        let mut at = 2;
        while at < args.len() {
            let left = args.len() - at - 1;
            if args.is(at, "asc") {
                options.descending = false;
            } else if args.is(at, "desc") {
                options.descending = true;
            } else if args.is(at, "alpha") {
                options.alphabetic = true;
            } else if args.is(at, "limit") && left >= 2 {
                options.limit = Some((integer(args.at(at + 1))?, integer(args.at(at + 2))?));
                at += 2;
            } else if args.is(at, "store") && left >= 1 && storing == Storing::Allowed {
                at += 1;
                options.store = Some(at);
            } else if args.is(at, "by") && left >= 1 {
                at += 1;
                let pattern = Pattern::parse(args.at(at));
                options.keeps_order |= !matches!(pattern, Pattern::Key(_));
                options.by = Some(pattern);
            } else if args.is(at, "get") && left >= 1 {
                at += 1;
                options.gets.push(Pattern::parse(args.at(at)));
            } else {
                return Err(CommandError::SYNTAX);
            }
            at += 1;
        }
        Ok(options)
    }

    /// Whether elements are put in another order than their own.
    pub(super) fn sorts(&self) -> bool {
        !self.keeps_order
    }

    /// The same window of the elements in alphabetic order.
    pub(super) fn alphabetically(&self) -> Options<'a> {
        Options {
            alphabetic: true,
            limit: self.limit,
            descending: self.descending,
            ..Options::default()
        }
    }

    /// What the keys to sort by are made of, if it is not the elements themselves.
    pub(super) fn followed_order(&self) -> Option<Pattern<'a>> {
        self.by.filter(|_| self.sorts())
    }

    /// What is answered for each element; the element itself if this is empty.
    pub(super) fn gets(&self) -> &[Pattern<'a>] {
        &self.gets
    }

    /// Where other keys are that have to be looked at.
    pub(super) fn reach(&self) -> Reach {
        let by = self.followed_order();
        let patterns = by.iter().chain(&self.gets);
        let followed = patterns.filter_map(|pattern| match pattern {
            Pattern::Key(followed) => Some(followed.slot()),
            _ => None,
        });
        match followed.collect::<Option<Vec<Slot>>>() {
            Some(slots) if slots.is_empty() => Reach::Nowhere,
            Some(slots) => Reach::Slots(slots),
            None => Reach::Anywhere,
        }
    }

    /// How many keys the words name.
    pub(super) fn keys(&self) -> usize {
        1 + usize::from(self.store.is_some())
    }

    /// The part of `length` elements that is wanted: where it begins and how long it is.
    pub(super) fn window(&self, length: usize) -> (usize, usize) {
        let Some((offset, count)) = self.limit else {
            return (0, length);
        };
        let offset = usize::try_from(offset).unwrap_or(0).min(length);
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        (offset, count.min(length - offset))
    }
}
