//! What the words of a search ask for.
//!
//! Invariant: words are judged in their order, and what they ask of the source among them, as clients see the first error.

use super::inspect::position_of;
use super::position;
use super::unit::{self, Unit};
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::number::integer;
use crate::geo::{Position, Shape};
use crate::value::sorted_set::SortedSet;

/// Which command asks, and so which words there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// GEOSEARCH.
    Search,
    /// GEOSEARCHSTORE.
    SearchStore,
    /// GEORADIUS.
    Radius,
    /// GEORADIUS_RO.
    RadiusReadOnly,
    /// GEORADIUSBYMEMBER.
    ByMember,
    /// GEORADIUSBYMEMBER_RO.
    ByMemberReadOnly,
}

impl Form {
    /// Where the source's name is.
    pub(super) fn source(self) -> usize {
        if self == Form::SearchStore { 2 } else { 1 }
    }

    pub(super) fn is_search(self) -> bool {
        matches!(self, Form::Search | Form::SearchStore)
    }

    fn may_store(self) -> bool {
        matches!(self, Form::Radius | Form::ByMember)
    }
}

/// In which order places are answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Nearest,
    Farthest,
}

/// Where the result goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Target {
    /// Where its name is.
    pub at: usize,
    /// Distances are the scores.
    pub stores_distances: bool,
}

/// See the top of the file.
#[derive(Debug)]
pub(super) struct Query {
    /// None when it hangs on a member of a source that is not there.
    pub center: Option<Position>,
    pub shape: Option<Shape>,
    pub unit: Unit,
    pub with_distance: bool,
    pub with_hash: bool,
    pub with_position: bool,
    pub order: Option<Order>,
    /// How many places at most.
    pub count: Option<usize>,
    /// Any so many places do, not the nearest ones.
    pub any: bool,
    pub target: Option<Target>,
}

const NO_MEMBER: CommandError = CommandError::new("ERR could not decode requested zset member");

impl Query {
    /// Errors: whatever is wrong with the words.
    pub(super) fn parse(
        args: &Args<'_>,
        form: Form,
        source: Option<&SortedSet>,
    ) -> Result<Query, CommandError> {
        let mut query = Query {
            center: None,
            shape: None,
            unit: Unit::METER,
            with_distance: false,
            with_hash: false,
            with_position: false,
            order: None,
            count: None,
            any: false,
            target: None,
        };
        let first = query.fixed_words(args, form, source)?;
        let (mut at, mut origin) = (first, Origin::Open);
        while at < args.len() {
            at += query.option(args, at, form, source, &mut origin)?;
        }
        query.judge(args, form, origin)?;
        Ok(query)
    }

    /// The words before the options. Returns where those begin.
    fn fixed_words(
        &mut self,
        args: &Args<'_>,
        form: Form,
        source: Option<&SortedSet>,
    ) -> Result<usize, CommandError> {
        let (center, circle) = match form {
            Form::Search => return Ok(2),
            Form::SearchStore => {
                self.target = Some(Target {
                    at: 1,
                    stores_distances: false,
                });
                return Ok(3);
            }
            Form::Radius | Form::RadiusReadOnly => (position(args, 2)?, 4),
            Form::ByMember | Form::ByMemberReadOnly => match source {
                Some(set) => (position_of(set, args.at(2)).ok_or(NO_MEMBER)?, 3),
                None => return Ok(5),
            },
        };
        let (shape, unit) = unit::circle(args, circle)?;
        (self.center, self.shape, self.unit) = (Some(center), Some(shape), unit);
        Ok(circle + 2)
    }

    /// Reads one option and returns how many words it has.
    fn option(
        &mut self,
        args: &Args<'_>,
        at: usize,
        form: Form,
        source: Option<&SortedSet>,
        origin: &mut Origin,
    ) -> Result<usize, CommandError> {
        // How many words come behind this one.
        let left = args.len() - at - 1;
        let is = |word: &str, values: usize| args.is(at, word) && left >= values;
        if is("withdist", 0) {
            self.with_distance = true;
        } else if is("withhash", 0) {
            self.with_hash = true;
        } else if is("withcoord", 0) {
            self.with_position = true;
        } else if is("any", 0) {
            self.any = true;
        } else if is("asc", 0) {
            self.order = Some(Order::Nearest);
        } else if is("desc", 0) {
            self.order = Some(Order::Farthest);
        } else if is("count", 1) {
            let count = usize::try_from(integer(args.at(at + 1))?).ok();
            let count = count.filter(|count| *count > 0);
            self.count = Some(count.ok_or(CommandError::new("ERR COUNT must be > 0"))?);
            return Ok(2);
        } else if form.may_store() && (is("store", 1) || is("storedist", 1)) {
            self.target = Some(Target {
                at: at + 1,
                stores_distances: args.is(at, "storedist"),
            });
            return Ok(2);
        } else if form == Form::SearchStore && is("storedist", 0) {
            self.target = Some(Target {
                at: 1,
                stores_distances: true,
            });
        } else if form.is_search() {
            return self.place_or_shape(args, at, source, origin);
        } else {
            return Err(CommandError::SYNTAX);
        }
        Ok(1)
    }

    fn place_or_shape(
        &mut self,
        args: &Args<'_>,
        at: usize,
        source: Option<&SortedSet>,
        origin: &mut Origin,
    ) -> Result<usize, CommandError> {
        let left = args.len() - at - 1;
        let is = |word: &str, values: usize| args.is(at, word) && left >= values;
        if is("frommember", 1) && *origin != Origin::Place {
            if let Some(set) = source {
                self.center = Some(position_of(set, args.at(at + 1)).ok_or(NO_MEMBER)?);
            }
            *origin = Origin::Member;
            return Ok(2);
        }
        if is("fromlonlat", 2) && *origin != Origin::Member {
            self.center = Some(position(args, at + 1)?);
            *origin = Origin::Place;
            return Ok(3);
        }
        let is_box = matches!(self.shape, Some(Shape::Box { .. }));
        let is_circle = matches!(self.shape, Some(Shape::Circle { .. }));
        if is("byradius", 2) && !is_box {
            let (shape, unit) = unit::circle(args, at + 1)?;
            (self.shape, self.unit) = (Some(shape), unit);
            return Ok(3);
        }
        if is("bybox", 3) && !is_circle {
            let (shape, unit) = unit::rectangle(args, at + 1)?;
            (self.shape, self.unit) = (Some(shape), unit);
            return Ok(4);
        }
        Err(CommandError::SYNTAX)
    }

    /// Whether the words fit together.
    fn judge(&self, args: &Args<'_>, form: Form, origin: Origin) -> Result<(), CommandError> {
        if self.target.is_some() && (self.with_distance || self.with_hash || self.with_position) {
            let what = match form {
                Form::SearchStore => "GEOSEARCHSTORE",
                _ => "STORE option in GEORADIUS",
            };
            return Err(CommandError::with(format!(
                "ERR {what} is not compatible with WITHDIST, WITHHASH and WITHCOORD options"
            )));
        }
        let exactly_one = |words: &str| {
            let name = String::from_utf8_lossy(args.at(0));
            CommandError::with(format!(
                "ERR exactly one of {words} can be specified for {name}"
            ))
        };
        if form.is_search() && origin == Origin::Open {
            return Err(exactly_one("FROMMEMBER or FROMLONLAT"));
        }
        if form.is_search() && self.shape.is_none() {
            return Err(exactly_one("BYRADIUS and BYBOX"));
        }
        if self.any && self.count.is_none() {
            return Err(CommandError::new(
                "ERR the ANY argument requires COUNT argument",
            ));
        }
        Ok(())
    }
}

/// Which word told where the search begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    Open,
    Member,
    Place,
}
