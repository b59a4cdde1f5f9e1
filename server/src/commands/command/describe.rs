//! One command as COMMAND INFO shows it: ten elements, specified at
//! <https://redis.io/docs/latest/commands/command/>.

use engine::command::keys::{Begin, Find, KeySpec};
use engine::command::spec::Command;
use engine::command::table::{CommandId, table};
use engine::resp::reply::ReplyWriter;

use super::subcommands;

/// Writes the ten elements.
pub(super) fn describe(id: CommandId, reply: &mut ReplyWriter<'_>) {
    let row = table().row(id);
    reply.array(10);
    reply.bulk(table().full_name(id).as_bytes());
    reply.integer(row.arity.signed());
    statuses(&flag_names(row), reply);
    range(row.keys)
        .into_iter()
        .for_each(|number| reply.integer(number));
    let categories: Vec<String> = row.acl().names().map(|name| format!("@{name}")).collect();
    statuses(&categories, reply);
    reply.set(row.tips.len());
    row.tips.iter().for_each(|tip| reply.bulk(tip.as_bytes()));
    reply.set(row.keys.len());
    row.keys.iter().for_each(|spec| describe_keys(spec, reply));
    describe_subcommands(id, reply);
}

/// Redis answers with a set where there are none and with an array where there are some.
fn describe_subcommands(id: CommandId, reply: &mut ReplyWriter<'_>) {
    let subcommands = subcommands(id);
    if subcommands.is_empty() {
        return reply.set(0);
    }
    reply.array(subcommands.len());
    subcommands.into_iter().for_each(|sub| describe(sub, reply));
}

/// The names of a command's flags. That keys move with the arguments follows from where they are.
pub(super) fn flag_names(row: &Command) -> Vec<&'static str> {
    use engine::command::flags::Flags;
    let mut flags = row.flags;
    if !row.keys.iter().all(is_range_from_index) {
        flags |= Flags::MOVABLE_KEYS;
    }
    flags.names().collect()
}

fn is_range_from_index(spec: &KeySpec) -> bool {
    matches!(
        (spec.begin, spec.find),
        (Begin::Index(_), Find::Range { .. })
    )
}

/// First key, last key and step, as far as these three describe where the keys are: several groups count as one when
/// they follow each other without a gap. All 0 otherwise.
pub(super) fn range(specs: &[KeySpec]) -> [i64; 3] {
    let ranges = specs
        .iter()
        .filter_map(|spec| match (spec.begin, spec.find) {
            (Begin::Index(first), Find::Range { last, step, .. }) => {
                let last = if last >= 0 {
                    first as i64 + last as i64
                } else {
                    last as i64
                };
                Some((first as i64, last, step as i64))
            }
            _ => None,
        });
    let ranges: Vec<_> = ranges.collect();
    match ranges.as_slice() {
        [] => [0; 3],
        [(first, last, step)] if specs.len() == 1 => [*first, *last, *step],
        _ => joined(&ranges).unwrap_or_default(),
    }
}

fn joined(ranges: &[(i64, i64, i64)]) -> Option<[i64; 3]> {
    let mut whole: Option<(i64, i64)> = None;
    for (first, last, step) in ranges {
        let follows = whole.is_none_or(|(_, before)| before == first - 1);
        if *step != 1 || !follows {
            return None;
        }
        let begin = whole.map_or(*first, |(begin, _)| begin.min(*first));
        // A last key counted from the end is behind all others.
        let end = whole.map_or(
            *last,
            |(_, end)| if *last < 0 { *last } else { end.max(*last) },
        );
        whole = Some((begin, end));
    }
    whole.map(|(first, last)| [first, last, 1])
}

fn describe_keys(spec: &KeySpec, reply: &mut ReplyWriter<'_>) {
    reply.map(if spec.notes.is_empty() { 3 } else { 4 });
    if !spec.notes.is_empty() {
        text("notes", spec.notes, reply);
    }
    reply.bulk(b"flags");
    statuses(&spec.flags.names().collect::<Vec<_>>(), reply);
    reply.bulk(b"begin_search");
    describe_begin(spec.begin, reply);
    reply.bulk(b"find_keys");
    describe_find(spec.find, reply);
}

fn describe_begin(begin: Begin, reply: &mut ReplyWriter<'_>) {
    match begin {
        Begin::Index(index) => {
            kind("index", 1, reply);
            number("index", index as i64, reply);
        }
        Begin::Keyword(word, from) => {
            kind("keyword", 2, reply);
            text("keyword", word, reply);
            number("startfrom", from as i64, reply);
        }
        Begin::Unknown | Begin::Option(_) => kind("unknown", 0, reply),
    }
}

fn describe_find(find: Find, reply: &mut ReplyWriter<'_>) {
    match find {
        Find::Range { last, step, limit } => {
            kind("range", 3, reply);
            number("lastkey", last as i64, reply);
            number("keystep", step as i64, reply);
            number("limit", limit as i64, reply);
        }
        Find::Count { count, first, step } => {
            kind("keynum", 3, reply);
            number("keynumidx", count as i64, reply);
            number("firstkey", first as i64, reply);
            number("keystep", step as i64, reply);
        }
        Find::Unknown => kind("unknown", 0, reply),
    }
}

/// `type` with its name, and the header of a `spec` of so many pairs.
fn kind(name: &str, pairs: usize, reply: &mut ReplyWriter<'_>) {
    reply.map(2);
    text("type", name, reply);
    reply.bulk(b"spec");
    reply.map(pairs);
}

fn text(name: &str, value: &str, reply: &mut ReplyWriter<'_>) {
    reply.bulk(name.as_bytes());
    reply.bulk(value.as_bytes());
}

fn number(name: &str, value: i64, reply: &mut ReplyWriter<'_>) {
    reply.bulk(name.as_bytes());
    reply.integer(value);
}

/// A set of status lines.
pub(super) fn statuses<T: AsRef<str>>(names: &[T], reply: &mut ReplyWriter<'_>) {
    reply.set(names.len());
    names.iter().for_each(|name| reply.simple(name.as_ref()));
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::command::keys::KeyFlags;

    #[test]
    fn groups_that_touch_count_as_one_range() {
        let at = |index| KeySpec::at(index, KeyFlags::RO);
        let rest = |index| KeySpec::range(index, -1, 1, KeyFlags::RO);
        let counted = KeySpec::counted(2, KeyFlags::RO);
        assert_eq!(range(&[]), [0, 0, 0]);
        assert_eq!(range(&[KeySpec::range(1, -1, 2, KeyFlags::OW)]), [1, -1, 2]);
        assert_eq!(range(&[at(1), at(2)]), [1, 2, 1]);
        assert_eq!(range(&[at(2), rest(3)]), [2, -1, 1]);
        assert_eq!(range(&[at(1), counted]), [1, 1, 1]);
        assert_eq!(range(&[at(1), at(3)]), [0, 0, 0], "there is a gap");
        assert_eq!(range(&[counted]), [0, 0, 0]);
    }
}
