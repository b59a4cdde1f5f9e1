//! The same parameters in TOML.
//!
//! ```text
//! port = 7000                          names with - or _; true and false are yes and no
//! save = [[900, 1], [300, 10]]         arrays are several words; strings in them are split
//! [cluster]
//! enabled = true                       a table's name can be the first part of the parameter's: cluster-enabled
//! [client-output-buffer-limit]
//! pubsub = "64mb 16mb 90"              or, for parameters of several words, the parameter itself
//! [rename-command]
//! FLUSHALL = ""
//! ```
//! Invariant: every leaf becomes one directive, or one an element for `user`, `loadmodule` and `include`.

use super::catalogue;
use super::directive::{Directive, Fatal, Origin, Place};
use super::parameter::Marks;
use super::words;
use toml_edit::{Document, Item, TableLike, Value};

/// Directives that are no parameters; each element of an array is a directive of its own.
const OTHERS: [&str; 5] = [
    "include",
    "rename-command",
    "user",
    "loadmodule",
    "sentinel",
];

/// Whether a text is TOML: its first line with anything on it is a table's header or has `=` behind the name.
pub fn is_toml(text: &[u8]) -> bool {
    let line = text
        .split(|byte| *byte == b'\n')
        .map(<[u8]>::trim_ascii)
        .find(|line| !line.is_empty() && !line.starts_with(b"#"));
    let Some(line) = line else { return false };
    let in_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.\"'".contains(byte);
    let after_name = line
        .iter()
        .position(|byte| !in_name(byte))
        .map_or(&[][..], |end| &line[end..]);
    line.starts_with(b"[") || after_name.trim_ascii_start().starts_with(b"=")
}

/// The directives of a text, in order.
///
/// # Errors
/// The text is no TOML.
pub fn directives(text: &[u8], origin: &Origin) -> Result<Vec<Directive>, Fatal> {
    let places = Places { text, origin };
    let text = std::str::from_utf8(text).map_err(|error| {
        Fatal::At(
            places.at(error.valid_up_to()),
            "TOML has to be UTF-8".into(),
        )
    })?;
    let document = Document::parse(text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start);
        let why = error
            .message()
            .lines()
            .next()
            .unwrap_or("TOML is malformed")
            .to_owned();
        Fatal::At(places.at(start), why.into())
    })?;
    let mut found = Vec::new();
    walk(document.as_table(), "", &places, &mut found)?;
    Ok(found)
}

struct Places<'a> {
    text: &'a [u8],
    origin: &'a Origin,
}

impl Places<'_> {
    fn at(&self, offset: usize) -> Place {
        let before = &self.text[..offset.min(self.text.len())];
        let line = before.iter().filter(|byte| **byte == b'\n').count();
        let text = self
            .text
            .split(|byte| *byte == b'\n')
            .nth(line)
            .unwrap_or_default();
        Place {
            origin: self.origin.clone(),
            line: line + 1,
            text: text.trim_ascii().to_vec(),
        }
    }
}

fn walk(
    table: &dyn TableLike,
    prefix: &str,
    places: &Places<'_>,
    found: &mut Vec<Directive>,
) -> Result<(), Fatal> {
    for (key, item) in table.iter() {
        let offset = table
            .key(key)
            .and_then(|key| key.span())
            .or_else(|| item.span())
            .map_or(0, |span| span.start);
        let name = resolve(prefix, key);
        match item.as_table_like() {
            Some(entries) if takes_entries(&name) => {
                for (first, value) in entries.iter() {
                    let mut words = vec![first.as_bytes().to_vec()];
                    append(value, &name, &mut words)
                        .map_err(|why| Fatal::At(places.at(offset), why.into()))?;
                    let offset = entries
                        .key(first)
                        .and_then(|key| key.span())
                        .map_or(offset, |span| span.start);
                    found.push(Directive {
                        name: name.clone().into(),
                        words,
                        place: places.at(offset),
                    });
                }
            }
            Some(entries) => walk(entries, key, places, found)?,
            None => leaves(&name, item, places.at(offset), found)?,
        }
    }
    Ok(())
}

/// Whether a table of this name holds first words and not further names.
pub(super) fn takes_entries(name: &str) -> bool {
    OTHERS.contains(&name)
        || catalogue::find(name.as_bytes()).is_some_and(|row| row.marks.has(Marks::MULTI))
}

/// The name of a key: with the table's name in front where that is known, else the key alone; `-` and `_` are the same.
pub(super) fn resolve(prefix: &str, key: &str) -> String {
    let key = key.to_ascii_lowercase();
    let joined = format!("{prefix}-{key}").to_ascii_lowercase();
    let spellings = |name: &str| {
        [
            name.to_owned(),
            name.replace('_', "-"),
            name.replace('-', "_"),
        ]
    };
    let known = |name: &String| {
        catalogue::find(name.as_bytes()).is_some() || OTHERS.contains(&name.as_str())
    };
    spellings(&joined)
        .into_iter()
        .chain(spellings(&key))
        .find(known)
        .unwrap_or(key)
}

fn leaves(name: &str, item: &Item, place: Place, found: &mut Vec<Directive>) -> Result<(), Fatal> {
    let refused = |why: &'static str| Fatal::At(place.clone(), why.into());
    let separate = OTHERS.contains(&name);
    let items: Vec<Item> = match item {
        Item::Value(Value::Array(array)) if separate => {
            array.iter().cloned().map(Item::Value).collect()
        }
        item => vec![item.clone()],
    };
    for item in items {
        let mut words = Vec::new();
        append(&item, name, &mut words).map_err(refused)?;
        if words.is_empty() {
            words.push(Vec::new());
        }
        found.push(Directive {
            name: name.as_bytes().to_vec(),
            words,
            place: place.clone(),
        });
    }
    Ok(())
}

/// Adds the words of a value. Strings are split where several words are expected.
///
/// # Errors
/// The value is a table, or its quotes do not close.
pub(super) fn append(item: &Item, name: &str, into: &mut Vec<Vec<u8>>) -> Result<(), &'static str> {
    match item {
        Item::Value(Value::Array(array)) => {
            for value in array {
                append(&Item::Value(value.clone()), name, into)?;
            }
        }
        Item::Value(Value::String(text)) => {
            let single =
                catalogue::find(name.as_bytes()).is_some_and(|row| !row.marks.has(Marks::MULTI));
            let text = text.value().as_bytes();
            if single || text.is_empty() {
                into.push(text.to_vec());
            } else {
                into.extend(
                    words::split(text).map_err(|_| "Unbalanced quotes in configuration line")?,
                );
            }
        }
        Item::Value(Value::Boolean(on)) => into.push(if *on.value() {
            b"yes".to_vec()
        } else {
            b"no".to_vec()
        }),
        Item::Value(Value::Integer(number)) => into.push(number.value().to_string().into_bytes()),
        Item::Value(Value::Float(number)) => into.push(number.value().to_string().into_bytes()),
        _ => return Err("Bad directive or wrong number of arguments"),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(String, Vec<String>, usize)> {
        let show = |bytes: &Vec<u8>| String::from_utf8(bytes.clone()).expect("text");
        directives(text.as_bytes(), &Origin::Stdin)
            .expect("TOML")
            .iter()
            .map(|line| {
                (
                    show(&line.name),
                    line.words.iter().map(show).collect(),
                    line.place.line,
                )
            })
            .collect()
    }

    fn line(name: &str, words: &[&str], number: usize) -> (String, Vec<String>, usize) {
        (
            name.to_owned(),
            words.iter().map(|word| (*word).to_owned()).collect(),
            number,
        )
    }

    #[test]
    fn content_tells_the_kind() {
        for toml in [
            "port = 1",
            "# x\n\n[network]\n",
            "port=1\n",
            "\"port\" =1",
            "append_only.x = 1",
        ] {
            assert!(is_toml(toml.as_bytes()), "{toml}");
        }
        for redis in [
            "",
            "# only",
            "port 1",
            "requirepass \"= x\"",
            "rename-command CONFIG \"\"",
            "save \"\"",
        ] {
            assert!(!is_toml(redis.as_bytes()), "{redis}");
        }
    }

    #[test]
    fn names_and_values_take_their_redis_form() {
        assert_eq!(
            read(
                "maxmemory_policy = \"allkeys-lru\"\nappendonly = true\nport = 7000\nserver-cpulist = \"0\""
            ),
            [
                line("maxmemory-policy", &["allkeys-lru"], 1),
                line("appendonly", &["yes"], 2),
                line("port", &["7000"], 3),
                line("server_cpulist", &["0"], 4),
            ]
        );
    }

    #[test]
    fn arrays_are_words() {
        assert_eq!(
            read("save = [[900, 1], [300, 10]]\nbind = [\"::1\", \"*\"]\n"),
            [
                line("save", &["900", "1", "300", "10"], 1),
                line("bind", &["::1", "*"], 2)
            ]
        );
        assert_eq!(read("save = []"), [line("save", &[""], 1)]);
        assert_eq!(
            read("save = [\"900 1\", \"300 10\"]"),
            [line("save", &["900", "1", "300", "10"], 1)]
        );
        assert_eq!(
            read("user = [\"alice on\", \"bob off\"]"),
            [
                line("user", &["alice", "on"], 1),
                line("user", &["bob", "off"], 1)
            ]
        );
        assert_eq!(
            read("latency-tracking-info-percentiles = [50.0, 99.9]"),
            [line(
                "latency-tracking-info-percentiles",
                &["50", "99.9"],
                1
            )]
        );
    }

    #[test]
    fn tables_are_flattened() {
        assert_eq!(
            read(
                "[cluster]\nenabled = true\nport = 1\n[network]\nport = 2\n[deep.er]\ntimeout = 3"
            ),
            [
                line("cluster-enabled", &["yes"], 2),
                line("cluster-port", &["1"], 3),
                line("port", &["2"], 5),
                line("timeout", &["3"], 7),
            ]
        );
        assert_eq!(
            read(
                "[client-output-buffer-limit]\npubsub = \"1mb 0 0\"\n[rename-command]\nFLUSHALL = \"\""
            ),
            [
                line(
                    "client-output-buffer-limit",
                    &["pubsub", "1mb", "0", "0"],
                    2
                ),
                line("rename-command", &["FLUSHALL", ""], 4)
            ]
        );
    }

    #[test]
    fn broken_text_is_told_with_its_line() {
        let fault = directives(b"port = 1\nbind = [\n", &Origin::Stdin).expect_err("open");
        assert!(fault.to_string().contains("at line"), "{fault}");
        let fault = directives(b"port = 1\nx = \"\xff\"", &Origin::Stdin).expect_err("bytes");
        assert!(fault.to_string().contains("at line 2"), "{fault}");
    }

    proptest::proptest! {
        #[test]
        fn arbitrary_text_never_panics(text: Vec<u8>) {
            let _ = directives(&text, &Origin::Stdin);
            let _ = is_toml(&text);
        }
    }
}
