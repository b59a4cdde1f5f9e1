//! What Redis promises of a reply, and whether two replies keep it.
//!
//! Invariant: an error is always compared whole, whatever the promise.

use super::call::Call;
use super::known;
use crate::real::Reply;

/// See the top of the file.
#[derive(Clone, Debug)]
pub(super) enum Promise {
    /// The same reply.
    Exact,
    /// The same elements in any order.
    Unordered,
    /// The same pairs in any order: fields and values, members and scores.
    Pairs,
    /// An end of the scan, and the same elements or pairs in any order.
    Scan,
    /// Numbers that depend on when the command ran: at most so far from each other.
    Near(i64),
    /// Some members, as many; they are gone then. Both servers are made equal again afterwards.
    Popped,
    /// Some of what the next call's reply holds, as many of them.
    Drawn {
        /// Whether one may be drawn again.
        repeats: bool,
    },
    /// The same, but for numbers that tell the time.
    Timeless,
    /// The same words up to their zero bytes: Redis sorts them as C compares them.
    Collated,
    /// Nothing but that both succeed or fail.
    Success,
    /// Each element as the call that was queued for it.
    Each,
}

/// The replies of both servers to one call.
#[derive(Clone, Copy)]
pub(super) struct Both<'r> {
    pub(super) ours: &'r Reply,
    pub(super) theirs: &'r Reply,
}

/// How two replies relate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// As promised.
    Same,
    /// Different, for reasons listed in `known`.
    Known(&'static str),
    /// Different.
    Different,
}

/// Compares the replies to `call`; `next` are those of the call behind it, `queued` what a transaction waits
/// for.
pub(super) fn judge(
    call: &Call,
    both: Both<'_>,
    next: Option<Both<'_>>,
    queued: &[Call],
) -> Verdict {
    if let (Promise::Each, Reply::Array(Some(ours)), Reply::Array(Some(theirs))) =
        (&call.promise, both.ours, both.theirs)
    {
        return judge_each(queued, ours, theirs);
    }
    if is_queued(both.ours) && is_queued(both.theirs) || keeps(call, both, next) {
        return Verdict::Same;
    }
    // What 7.2 says where 7.0 says what it does.
    if let Some((reason, theirs)) = known::as_72(call, both)
        && keeps(
            call,
            Both {
                theirs: &theirs,
                ..both
            },
            next,
        )
    {
        return Verdict::Known(reason);
    }
    Verdict::Different
}

/// Whether the call waits for the end of a transaction.
pub(super) fn is_queued(reply: &Reply) -> bool {
    matches!(reply, Reply::Simple(text) if text == "QUEUED")
}

fn judge_each(calls: &[Call], ours: &[Reply], theirs: &[Reply]) -> Verdict {
    if ours.len() != calls.len() || theirs.len() != calls.len() {
        return Verdict::Different;
    }
    let mut verdict = Verdict::Same;
    for (index, call) in calls.iter().enumerate() {
        let at = |index: usize| {
            Some(Both {
                ours: ours.get(index)?,
                theirs: theirs.get(index)?,
            })
        };
        let Some(both) = at(index) else { break };
        match judge(call, both, at(index + 1), &[]) {
            Verdict::Same => {}
            Verdict::Different => return Verdict::Different,
            known => verdict = known,
        }
    }
    verdict
}

fn keeps(call: &Call, both: Both<'_>, next: Option<Both<'_>>) -> bool {
    let Both { ours, theirs } = both;
    if matches!(ours, Reply::Error(_)) || matches!(theirs, Reply::Error(_)) {
        return ours == theirs;
    }
    match call.promise {
        Promise::Exact | Promise::Each => ours == theirs,
        Promise::Unordered if ours.elements().is_empty() => ours == theirs,
        Promise::Unordered => alike(ours, theirs) && sorted(ours) == sorted(theirs),
        Promise::Pairs if ours.elements().is_empty() => ours == theirs,
        Promise::Pairs => alike(ours, theirs) && sorted_pairs(ours) == sorted_pairs(theirs),
        Promise::Scan => is_whole_scan(call, ours, theirs),
        Promise::Near(distance) => is_near(ours, theirs, distance),
        Promise::Popped => alike(ours, theirs) && ours.elements().len() == theirs.elements().len(),
        Promise::Drawn { repeats } => {
            alike(ours, theirs)
                && (ours.is_null()
                    || next.is_some_and(|next| {
                        drawn_from(ours, next.ours, repeats)
                            && drawn_from(theirs, next.theirs, repeats)
                    }))
        }
        Promise::Collated => alike(ours, theirs) && to_zero_bytes(ours).eq(to_zero_bytes(theirs)),
        Promise::Success => true,
        Promise::Timeless => timeless(call, ours) == timeless(call, theirs),
    }
}

/// Whether both are of one kind, and of one length.
fn alike(ours: &Reply, theirs: &Reply) -> bool {
    std::mem::discriminant(ours) == std::mem::discriminant(theirs)
        && ours.is_null() == theirs.is_null()
        && ours.elements().len() == theirs.elements().len()
}

fn to_zero_bytes(reply: &Reply) -> impl Iterator<Item = Option<&[u8]>> {
    reply.elements().iter().map(|element| match element {
        Reply::Bulk(Some(bytes)) => bytes.split(|byte| *byte == 0).next(),
        _ => None,
    })
}

fn sorted(reply: &Reply) -> Vec<&Reply> {
    let mut elements: Vec<&Reply> = reply.elements().iter().collect();
    elements.sort();
    elements
}

fn sorted_pairs(reply: &Reply) -> Vec<&[Reply]> {
    let mut pairs: Vec<&[Reply]> = reply.elements().chunks(2).collect();
    pairs.sort();
    pairs
}

fn is_whole_scan(call: &Call, ours: &Reply, theirs: &Reply) -> bool {
    let ([our_end, ours], [their_end, theirs]) = (ours.elements(), theirs.elements()) else {
        return false;
    };
    our_end == their_end
        && alike(ours, theirs)
        && match call.name().as_str() {
            "SCAN" | "SSCAN" => sorted(ours) == sorted(theirs),
            _ => sorted_pairs(ours) == sorted_pairs(theirs),
        }
}

fn is_near(ours: &Reply, theirs: &Reply, distance: i64) -> bool {
    match (ours, theirs) {
        (Reply::Integer(ours), Reply::Integer(theirs)) if *ours > 0 && *theirs > 0 => {
            ours.abs_diff(*theirs) <= distance.unsigned_abs()
        }
        _ => ours == theirs,
    }
}

/// Whether all that is drawn is there, each at most as often unless it `repeats`. Pairs may be nested or not.
fn drawn_from(drawn: &Reply, whole: &Reply, repeats: bool) -> bool {
    let mut drawn = drawn.leaves();
    let mut there = whole.leaves();
    drawn.sort();
    there.sort();
    if repeats {
        drawn.dedup();
        there.dedup();
    }
    let mut there = there.into_iter();
    drawn
        .into_iter()
        .all(|leaf| there.any(|other| other == leaf))
}

/// Without idle times, and moments of the wall clock.
fn timeless(call: &Call, reply: &Reply) -> Reply {
    let mut reply = reply.clone();
    if call.name() == "XPENDING" {
        if let Reply::Array(Some(entries)) = &mut reply {
            for entry in entries {
                if let Reply::Array(Some(parts)) = entry
                    && let [_, _, idle @ Reply::Integer(_), _] = &mut parts[..]
                {
                    *idle = Reply::Null;
                }
            }
        }
    } else {
        known::without_moments(&mut reply);
    }
    reply
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(numbers: &[i64]) -> Reply {
        Reply::Array(Some(
            numbers
                .iter()
                .map(|number| Reply::Integer(*number))
                .collect(),
        ))
    }

    fn verdict(promise: Promise, ours: &Reply, theirs: &Reply) -> Verdict {
        let call = Call {
            promise,
            ..Call::plain("SMEMBERS a")
        };
        judge(&call, Both { ours, theirs }, None, &[])
    }

    #[test]
    fn order_counts_where_it_is_promised() {
        let (up, down, other) = (
            numbers(&[1, 2, 3, 4]),
            numbers(&[3, 4, 1, 2]),
            numbers(&[1, 2, 4, 5]),
        );
        assert_eq!(verdict(Promise::Exact, &up, &up), Verdict::Same);
        assert_eq!(verdict(Promise::Exact, &up, &down), Verdict::Different);
        assert_eq!(verdict(Promise::Unordered, &up, &down), Verdict::Same);
        assert_eq!(verdict(Promise::Unordered, &up, &other), Verdict::Different);
        assert_eq!(verdict(Promise::Pairs, &up, &down), Verdict::Same);
        assert_eq!(
            verdict(Promise::Pairs, &up, &numbers(&[2, 1, 3, 4])),
            Verdict::Different
        );
    }

    #[test]
    fn errors_are_compared_whole() {
        let (one, other) = (
            Reply::Error("ERR one".into()),
            Reply::Error("ERR other".into()),
        );
        assert_eq!(
            verdict(Promise::Unordered, &one, &other),
            Verdict::Different
        );
        assert_eq!(
            verdict(Promise::Popped, &one, &numbers(&[])),
            Verdict::Different
        );
    }

    #[test]
    fn what_is_drawn_must_be_there() {
        let whole = numbers(&[1, 2, 3]);
        assert!(drawn_from(&numbers(&[3, 1]), &whole, false));
        assert!(!drawn_from(&numbers(&[3, 3]), &whole, false));
        assert!(drawn_from(&numbers(&[3, 3]), &whole, true));
        assert!(!drawn_from(&numbers(&[4]), &whole, true));
    }
}
