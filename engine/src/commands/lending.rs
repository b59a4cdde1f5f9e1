//! Values that a command reads together, wherever they live: each key's value is lent, looked at in one place, and given
//! back. The gather and apply steps of such commands, and what their decision sees.

use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::order::carry::{Carry, Loan};
use crate::shard::context::ShardContext;
use crate::value::ValueRef;
use std::collections::HashMap;

/// Lends the value of a key, if it is of a type that `accepts` takes.
pub(super) fn lend(
    context: &mut ShardContext<'_>,
    key: &[u8],
    accepts: impl FnOnce(ValueRef<'_>) -> bool,
) -> Carry {
    match context.lend(key, accepts) {
        Err(_) => Carry::WrongType,
        Ok(loan) => loan.map_or(Carry::Nothing, Carry::Lent),
    }
}

/// Gives back what was lent.
pub(super) fn give_back(context: &mut ShardContext<'_>, args: &Args<'_>, key: usize, carry: Carry) {
    if let Carry::Lent(loan) = carry {
        context.take_back(args.at(key), loan);
    }
}

/// The values that were lent for the words from `first` on, `None` where there is none. Errors: WRONGTYPE.
///
/// A large value whose key is named twice was lent for the first of its names only; it stands for the other ones, too.
pub(super) fn lent<'c>(
    args: &Args<'_>,
    first: usize,
    carries: &'c [Carry],
) -> Result<Vec<Option<ValueRef<'c>>>, CommandError> {
    let mut taken: HashMap<&[u8], ValueRef<'c>> = HashMap::new();
    let mut values = Vec::with_capacity(carries.len());
    for (index, carry) in carries.iter().enumerate() {
        values.push(match carry {
            Carry::WrongType => return Err(CommandError::WRONG_TYPE),
            Carry::Lent(loan) => {
                if let Loan::Taken(_) = loan {
                    taken.insert(args.at(first + index), loan.value());
                }
                Some(loan.value())
            }
            _ if taken.is_empty() => None,
            _ => taken.get(args.at(first + index)).copied(),
        });
    }
    Ok(values)
}
