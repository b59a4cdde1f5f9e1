//! COMMAND GETKEYS and GETKEYSANDFLAGS: the keys among the words of a command.
//!
//! The key specifications say where they are. Where a specification admits that it does not know all
//! (`incomplete`) or what is done to them (`variable_flags`), the words are looked at instead.

use engine::command::args::Args;
use engine::command::error::CommandError;
use engine::command::flags::Flags;
use engine::command::keys::{KeyFlags, KeySpec};
use engine::command::spec::Command;
use engine::command::table::table;
use engine::resp::reply::ReplyWriter;

use super::Done;
use super::describe::statuses;
use crate::commands::{Answered, SessionContext};

/// A key's index among the words, and what is done to it.
pub(crate) type Found = (usize, KeyFlags);

/// COMMAND GETKEYS command [arg ..]
pub(super) fn get_keys(
    _: &mut SessionContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Done {
    let words = args.skip(2);
    let keys = keys_of(&words)?;
    reply.array(keys.len());
    keys.into_iter()
        .for_each(|(at, _)| reply.bulk(words.at(at)));
    Ok(Answered::Now)
}

/// COMMAND GETKEYSANDFLAGS command [arg ..]
pub(super) fn get_keys_and_flags(
    _: &mut SessionContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Done {
    let words = args.skip(2);
    let keys = keys_of(&words)?;
    reply.array(keys.len());
    for (at, flags) in keys {
        reply.array(2);
        reply.bulk(words.at(at));
        statuses(&flags.names().collect::<Vec<_>>(), reply);
    }
    Ok(Answered::Now)
}

fn keys_of(words: &Args<'_>) -> Result<Vec<Found>, CommandError> {
    let id = table()
        .find_command(words)
        .ok_or(CommandError::new("ERR Invalid command specified"))?;
    let row = table().row(id);
    if row
        .keys
        .iter()
        .all(|spec| spec.flags.contains(KeyFlags::NOT_KEY))
    {
        return Err(CommandError::new("ERR The command has no key arguments"));
    }
    if !row.arity.admits(words.len()) {
        return Err(CommandError::new(
            "ERR Invalid number of arguments specified for command",
        ));
    }
    match found(row, words) {
        Some(keys) if !keys.is_empty() => Ok(keys),
        _ if row.flags.contains(Flags::NO_MANDATORY_KEYS) => Ok(Vec::new()),
        _ => Err(CommandError::new(
            "ERR Invalid arguments specified for command",
        )),
    }
}

/// None when the words do not hold the keys they should.
fn found(row: &Command, words: &Args<'_>) -> Option<Vec<Found>> {
    if let Some(keys) = unsure(row, words) {
        return Some(keys);
    }
    let mut keys = Vec::new();
    key_specs(row)
        .all(|spec| spec.each(words, &mut |at| keys.push((at, spec.flags))))
        .then_some(keys)
}

/// The keys of a command as far as its words hold them.
pub(crate) fn found_at_all(row: &Command, words: &Args<'_>) -> Vec<Found> {
    unsure(row, words).unwrap_or_else(|| {
        let mut keys = Vec::new();
        for spec in key_specs(row) {
            spec.each(words, &mut |at| keys.push((at, spec.flags)));
        }
        keys
    })
}

fn key_specs(row: &Command) -> impl Iterator<Item = &KeySpec> {
    let specs = row.keys.iter();
    specs.filter(|spec| !spec.flags.contains(KeyFlags::NOT_KEY))
}

/// The keys of a command whose specifications do not tell all.
fn unsure(row: &Command, words: &Args<'_>) -> Option<Vec<Found>> {
    let is_unsure =
        |flags: KeyFlags| flags.intersects(KeyFlags::INCOMPLETE | KeyFlags::VARIABLE_FLAGS);
    let is_unsure = row.keys.iter().any(|spec| is_unsure(spec.flags));
    is_unsure.then(|| looked_at(row.name, words)).flatten()
}

const READ: KeyFlags = KeyFlags::RO.union(KeyFlags::ACCESS);
const READ_AND_CHANGED: KeyFlags = KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::UPDATE);
const WRITTEN: KeyFlags = KeyFlags::OW.union(KeyFlags::UPDATE);

fn looked_at(name: &str, words: &Args<'_>) -> Option<Vec<Found>> {
    match name {
        "set" => Some(vec![(
            1,
            if (3..words.len()).any(|at| words.is(at, "get")) {
                READ_AND_CHANGED
            } else {
                WRITTEN
            },
        )]),
        "bitfield" => Some(vec![(
            1,
            if only_reads(words) {
                READ
            } else {
                READ_AND_CHANGED
            },
        )]),
        "sort_ro" => Some(vec![(1, READ)]),
        "sort" => Some(sort(words)),
        "migrate" => migrate(words),
        _ => None,
    }
}

/// Whether BITFIELD has nothing that writes.
fn only_reads(words: &Args<'_>) -> bool {
    let mut at = 2;
    while at < words.len() {
        at += match words.len() - at {
            3.. if words.is(at, "get") => 3,
            2.. if words.is(at, "overflow") => 2,
            _ => return false,
        };
    }
    true
}

/// The last STORE counts. Words behind BY, GET and LIMIT are no options.
fn sort(words: &Args<'_>) -> Vec<Found> {
    let mut store = None;
    let mut at = 2;
    while at < words.len() {
        if words.is(at, "limit") {
            at += 2;
        } else if words.is(at, "get") || words.is(at, "by") {
            at += 1;
        } else if words.is(at, "store") && at + 1 < words.len() {
            store = Some((at + 1, WRITTEN));
            at += 1;
        }
        at += 1;
    }
    std::iter::once((1, READ)).chain(store).collect()
}

/// One key in the third place, or all behind KEYS if that place is empty.
fn migrate(words: &Args<'_>) -> Option<Vec<Found>> {
    const GONE: KeyFlags = KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::DELETE);
    let single = words.get(3)?;
    if !single.is_empty() {
        return Some(vec![(3, GONE)]);
    }
    let mut at = 6;
    while at < words.len() {
        if words.is(at, "keys") {
            return Some((at + 1..words.len()).map(|key| (key, GONE)).collect());
        }
        at += match () {
            () if words.is(at, "auth") => 2,
            () if words.is(at, "auth2") => 3,
            () => 1,
        };
    }
    Some(Vec::new())
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::command::args::OwnedArgs;

    fn keys(line: &str) -> Result<String, CommandError> {
        crate::commands::register();
        let words: OwnedArgs = line.split(' ').map(str::as_bytes).collect();
        let words = words.as_args();
        let text = |(at, flags): Found| {
            let names: Vec<&str> = flags.names().collect();
            format!(
                "{}:{}",
                String::from_utf8_lossy(words.at(at)),
                names.join(",")
            )
        };
        Ok(keys_of(&words)?
            .into_iter()
            .map(text)
            .collect::<Vec<_>>()
            .join(" "))
    }

    #[test]
    fn keys_are_found_with_what_is_done_to_them() {
        for (line, expected) in [
            ("get key", "key:RO,access"),
            ("set k 1", "k:OW,update"),
            ("set k get", "k:OW,update"),
            ("set k 1 ex 5 GET", "k:RW,access,update"),
            ("mset a 1 b 2", "a:OW,update b:OW,update"),
            ("memory usage key", "key:RO"),
        ] {
            assert_eq!(keys(line).unwrap(), expected, "{line}");
        }
    }

    #[test]
    fn errors_are_those_of_redis() {
        for (line, error) in [
            ("nope a", "ERR Invalid command specified"),
            ("memory nope", "ERR Invalid command specified"),
            ("ping", "ERR The command has no key arguments"),
            ("memory", "ERR The command has no key arguments"),
            (
                "get",
                "ERR Invalid number of arguments specified for command",
            ),
        ] {
            assert_eq!(keys(line).unwrap_err().line(), error, "{line}");
        }
    }

    #[test]
    fn words_are_looked_at_where_specifications_end() {
        let at = |name: &str, line: &str| -> Vec<usize> {
            let words: OwnedArgs = line.split(' ').map(str::as_bytes).collect();
            looked_at(name, &words.as_args())
                .unwrap()
                .into_iter()
                .map(|(at, _)| at)
                .collect()
        };
        assert_eq!(
            at("sort", "sort k by store get store store a store b"),
            [1, 9]
        );
        assert_eq!(at("sort", "sort k limit 0 store"), [1]);
        assert_eq!(at("migrate", "migrate h p k 0 5"), [3]);
        assert_eq!(
            at("migrate", "migrate h p  0 5 auth keys keys a b"),
            [9, 10]
        );
        assert!(only_reads(
            &["bitfield", "a", "get", "u8", "0"]
                .map(str::as_bytes)
                .into_iter()
                .collect::<OwnedArgs>()
                .as_args()
        ));
    }
}
