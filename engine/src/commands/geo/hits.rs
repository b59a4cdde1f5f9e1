//! The members a search finds.

use super::inspect::{reply_distance, reply_position};
use super::query::{Order, Query};
use crate::geo::{Match, Search};
use crate::resp::reply::ReplyWriter;
use crate::value::sorted_set::{Draft, ScoreRange, SortedSet};
use crate::value::string::IntBuffer;
use std::cmp::Ordering;

/// Members, with what is known of them. Their bytes and scores are one draft: few allocations, however many they are.
pub(super) struct Hits {
    members: Draft,
    found: Vec<Found>,
}

struct Found {
    /// The number of the member in the draft.
    member: u32,
    what: Match,
}

impl Hits {
    /// Searches `set`, and orders what it finds as the query asks for, at most as many as it asks for.
    pub(super) fn search(set: &SortedSet, query: &Query) -> Hits {
        let mut hits = Hits {
            members: Draft::new(),
            found: Vec::new(),
        };
        if let (Some(center), Some(shape)) = (query.center, query.shape) {
            let enough = query.count.filter(|_| query.any).unwrap_or(usize::MAX);
            hits.collect(set, &Search::new(center, shape), enough);
        }
        // The nearest ones are meant when only a number is given.
        let order = match (query.order, query.count) {
            (None, Some(_)) if !query.any => Some(Order::Nearest),
            (order, _) => order,
        };
        hits.arrange(order, query.count.unwrap_or(usize::MAX));
        hits
    }

    fn collect(&mut self, set: &SortedSet, search: &Search, enough: usize) {
        for scores in search.scores() {
            let range = ScoreRange {
                max_exclusive: true,
                ..ScoreRange::between(scores.start, scores.end)
            };
            for (member, score) in set.walk(set.ranks_by_score(&range)) {
                let Some(what) = search.matches(score) else {
                    continue;
                };
                self.found.push(Found {
                    member: self.members.len() as u32,
                    what,
                });
                self.members
                    .push(score, member.bytes(&mut IntBuffer::new()));
                if self.found.len() >= enough {
                    return;
                }
            }
        }
    }

    fn arrange(&mut self, order: Option<Order>, count: usize) {
        let compare = |one: &Found, other: &Found| {
            let near = one.what.distance.total_cmp(&other.what.distance);
            let ordered = match order {
                Some(Order::Nearest) => near,
                Some(Order::Farthest) => near.reverse(),
                None => Ordering::Equal,
            };
            ordered.then(one.member.cmp(&other.member))
        };
        if order.is_some() && count < self.found.len() {
            self.found.select_nth_unstable_by(count, compare);
        }
        self.found.truncate(count);
        if order.is_some() {
            self.found.sort_unstable_by(compare);
        }
    }

    /// Writes the array of all of them.
    pub(super) fn reply(&self, query: &Query, reply: &mut ReplyWriter<'_>) {
        let extras = [query.with_distance, query.with_hash, query.with_position];
        let extras = extras.into_iter().filter(|extra| *extra).count();
        reply.array(self.found.len());
        for found in &self.found {
            let (score, member) = self.members.get(found.member as usize);
            if extras > 0 {
                reply.array(extras + 1);
            }
            reply.bulk(member);
            if query.with_distance {
                reply_distance(reply, query.unit.of_meters(found.what.distance));
            }
            if query.with_hash {
                reply.integer(score as i64);
            }
            if query.with_position {
                reply_position(reply, found.what.position);
            }
        }
    }

    /// The members for a sorted set of their own, by their old scores or by their distances.
    pub(super) fn into_draft(self, query: &Query, by_distance: bool) -> Draft {
        let mut draft = Draft::with_capacity(self.found.len());
        for found in &self.found {
            let (score, member) = self.members.get(found.member as usize);
            let distance = query.unit.of_meters(found.what.distance);
            draft.push(if by_distance { distance } else { score }, member);
        }
        draft
    }
}
