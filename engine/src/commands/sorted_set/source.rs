//! Where commands over several keys get their members from: sorted sets and sets, whose members all have the score 1;
//! and where the result goes.

use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::commands::lending::{lend, lent};
use crate::effect::event::Event;
use crate::order::carry::{Carry, Parcel};
use crate::shard::context::ShardContext;
use crate::value::ValueRef;
use crate::value::collection::Collection;
use crate::value::collection::Variant;
use crate::value::set::Set;
use crate::value::sorted_set::{Draft, SortedSet};

/// The members of a key.
#[derive(Clone, Copy)]
pub(super) enum Source<'a> {
    Missing,
    Scored(&'a SortedSet),
    Plain(&'a Set),
}

impl<'a> Source<'a> {
    /// What was gathered for the words from `first` on. Errors: WRONGTYPE.
    pub(super) fn all(
        args: &Args<'_>,
        first: usize,
        carries: &'a [Carry],
    ) -> Result<Vec<Source<'a>>, CommandError> {
        let values = lent(args, first, carries)?;
        Ok(values.into_iter().map(Source::of).collect())
    }

    fn of(value: Option<ValueRef<'a>>) -> Source<'a> {
        match value {
            Some(ValueRef::SortedSet(set)) => Source::Scored(set),
            Some(ValueRef::Set(set)) => Source::Plain(set),
            _ => Source::Missing,
        }
    }

    pub(super) fn len(self) -> usize {
        match self {
            Source::Missing => 0,
            Source::Scored(set) => set.len(),
            Source::Plain(set) => set.len(),
        }
    }

    #[inline]
    pub(super) fn score(self, member: &[u8]) -> Option<f64> {
        match self {
            Source::Missing => None,
            Source::Scored(set) => set.score(member),
            Source::Plain(set) => set.contains(member).then_some(1.0),
        }
    }

    /// Visits all members, as long as `visit` wants more.
    pub(super) fn each(self, mut visit: impl FnMut(&[u8], f64) -> bool) {
        match self {
            Source::Missing => {}
            Source::Scored(set) => {
                set.iter()
                    .all(|(member, score)| member.with_bytes(|bytes| visit(bytes, score)));
            }
            Source::Plain(set) => {
                set.iter()
                    .all(|member| member.with_bytes(|bytes| visit(bytes, 1.0)));
            }
        }
    }
}

/// Lends the value of a key, if it is a source.
pub(super) fn lend_source(context: &mut ShardContext<'_>, args: &Args<'_>, key: usize) -> Carry {
    lend(context, args.at(key), |value| {
        matches!(value, ValueRef::SortedSet(_) | ValueRef::Set(_))
    })
}

/// Makes the key a sorted set of these members; of none, it goes.
pub(super) fn store(context: &mut ShardContext<'_>, key: &[u8], draft: Draft, event: Event) {
    if draft.is_empty() {
        context.delete(key, Event::DEL);
        return;
    }
    let limits = *context.limits();
    let set = draft.into_set(&limits, context.random());
    let parcel = Parcel::new(Box::new(set).into_value(), None);
    context.install(key, parcel, event);
}
