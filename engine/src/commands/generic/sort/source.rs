//! The elements to be sorted, as they lie in the key.

use super::options::Options;
use super::order::arrange;
use crate::command::args::OwnedArgs;
use crate::command::error::CommandError;
use crate::packed::element::Element;
use crate::shard::context::ShardContext;
use crate::value::ValueRef;
use crate::value::collection::Collection;
use crate::value::list::End;
use crate::value::string::IntBuffer;

/// The elements of `key`; only those that LIMIT asks for when their order stays. Errors: a key of another type.
pub(super) fn elements(
    context: &mut ShardContext<'_>,
    key: &[u8],
    options: &Options<'_>,
) -> Result<OwnedArgs, CommandError> {
    let Some(entry) = context.read(key) else {
        return Ok(OwnedArgs::new());
    };
    let keeps_order = !options.sorts();
    let window = |length| match keeps_order {
        true => options.window(length),
        false => (0, length),
    };
    let is_reversed = keeps_order && options.descending;
    Ok(match entry.value() {
        ValueRef::List(list) => {
            let (skip, count) = window(list.len());
            let end = if is_reversed { End::Back } else { End::Front };
            copied(list.iter_from(end, skip).take(count))
        }
        ValueRef::SortedSet(set) => {
            let (skip, count) = window(set.len());
            let members = match is_reversed {
                false => set.walk(skip..skip + count),
                true => set.walk_back(set.len() - skip - count..set.len() - skip),
            };
            copied(members.map(|(member, _)| member))
        }
        // The order of a set is nobody's choice: what is stored must not depend on it.
        ValueRef::Set(set) if keeps_order && options.store.is_some() => {
            let alphabetic = options.alphabetically();
            arrange(&alphabetic, &copied(set.iter()), None)?
        }
        ValueRef::Set(set) => {
            let (skip, count) = window(set.len());
            copied(set.iter().skip(skip).take(count))
        }
        _ => return Err(CommandError::WRONG_TYPE),
    })
}

fn copied<'e>(elements: impl Iterator<Item = Element<'e>>) -> OwnedArgs {
    let mut words = OwnedArgs::new();
    for element in elements {
        words.push(element.bytes(&mut IntBuffer::new()));
    }
    words
}
