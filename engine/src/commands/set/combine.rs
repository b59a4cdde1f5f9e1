//! What SINTER, SUNION and SDIFF and their storing forms have in common: sets are lent, combined in one place, and given
//! back; a result is stored on the shard of its key.

use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::effect::event::Event;
use crate::order::carry::{Carry, Loan, Parcel};
use crate::packed::element::Element;
use crate::resp::reply::ReplyWriter;
use crate::shard::context::ShardContext;
use crate::value::Value;
use crate::value::collection::{Collection, Variant};
use crate::value::set::{PackedMembers, Set};
use std::collections::HashMap;

use super::write_member;

/// Up to so many members a set is copied rather than taken out of its keyspace for the while.
const COPIED: usize = 64;

/// Lends the set at a key.
pub(super) fn gather(context: &mut ShardContext<'_>, args: &Args<'_>, key: usize) -> Carry {
    match context.read_as::<Set>(args.at(key)) {
        Err(_) => return Carry::WrongType,
        Ok(None) => return Carry::Nothing,
        Ok(Some(set)) if set.len() <= COPIED => {
            return Carry::Lent(Loan::Copy(Value::Set(Box::new(set.clone()))));
        }
        Ok(Some(_)) => {}
    }
    context
        .detach(args.at(key))
        .map_or(Carry::Nothing, |parcel| Carry::Lent(Loan::Taken(parcel)))
}

/// The same for a storing command: what is at its first key does not matter.
pub(super) fn gather_sources(context: &mut ShardContext<'_>, args: &Args<'_>, key: usize) -> Carry {
    if key == 1 {
        Carry::Nothing
    } else {
        gather(context, args, key)
    }
}

/// Gives back what was lent.
pub(super) fn give_back(context: &mut ShardContext<'_>, args: &Args<'_>, key: usize, carry: Carry) {
    if let Carry::Lent(loan) = carry {
        context.take_back(args.at(key), loan);
    }
}

/// The sets that were gathered for the words from `first` on, `None` where there is none. Errors: WRONGTYPE.
///
/// A large set that is named twice was lent for the first of its names only; it stands for the other ones, too.
pub(super) fn lent_sets<'c>(
    args: &Args<'_>,
    first: usize,
    carries: &'c [Carry],
) -> Result<Vec<Option<&'c Set>>, CommandError> {
    let mut taken: HashMap<&[u8], &Set> = HashMap::new();
    let mut sets = Vec::with_capacity(carries.len());
    for (index, carry) in carries.iter().enumerate() {
        sets.push(match carry {
            Carry::WrongType => return Err(CommandError::WRONG_TYPE),
            Carry::Lent(loan) => {
                let set = Set::of(loan.value());
                if let (Loan::Taken(_), Some(set)) = (loan, set) {
                    taken.insert(args.at(first + index), set);
                }
                set
            }
            _ if taken.is_empty() => None,
            _ => taken.get(args.at(first + index)).copied(),
        });
    }
    Ok(sets)
}

/// Answers with the members.
pub(super) fn answer(reply: &mut ReplyWriter<'_>, members: &[Element<'_>]) {
    reply.set(members.len());
    for member in members {
        write_member(reply, *member);
    }
}

/// Turns a result into what is to be done at the first key, and answers with the number of its members.
pub(super) fn store(
    args: &Args<'_>,
    carries: &mut [Carry],
    members: PackedMembers,
    is_intset: bool,
    reply: &mut ReplyWriter<'_>,
) {
    reply.count(members.len());
    let decision = if members.is_empty() {
        Carry::Present
    } else {
        Carry::Members(members, is_intset)
    };
    let destination = args.at(1);
    // A source that is the destination, too, comes back before the result takes its place.
    let source = (1..carries.len())
        .find(|index| args.at(index + 1) == destination)
        .unwrap_or(0);
    carries[0] = carries[source].take();
    carries[source] = decision;
}

/// Does what [`store`] decided.
pub(super) fn apply(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    key: usize,
    carry: Carry,
    event: Event,
) {
    match carry {
        Carry::Members(members, is_intset) => {
            let set = Set::of_result(&members, is_intset, context.limits(), context.seed());
            let value = Value::Set(Box::new(set));
            context.install(args.at(key), Parcel::new(value, None), event);
        }
        Carry::Present => {
            context.delete(args.at(key), Event::DEL);
        }
        other => give_back(context, args, key, other),
    }
}
