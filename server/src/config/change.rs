//! CONFIG SET: several parameters at once, all of them or none.

use super::catalogue;
use super::parameter::{Marks, Parameter};
use super::settings::Settings;
use super::value::Reason;
use std::fmt;

/// What the caller may do at this moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Access {
    /// `enable-protected-configs` admits the caller.
    pub protected: bool,
    /// A data set is being loaded.
    pub loading: bool,
}

/// Why nothing was changed. `Display` is the reply's text with its code, without the leading `-`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Names without values.
    Syntax,
    /// No parameter has this name.
    Unknown(Vec<u8>),
    /// A parameter did not take its value, or taking effect failed; its name as the reply shows it.
    Refused(Vec<u8>, Reason),
    /// The parameter waits until the data set is loaded.
    Loading,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |name: &[u8]| String::from_utf8_lossy(name).into_owned();
        match self {
            Self::Syntax => write!(f, "ERR syntax error"),
            Self::Unknown(name) => {
                write!(
                    f,
                    "ERR Unknown option or number of arguments for CONFIG SET - '{}'",
                    text(name)
                )
            }
            Self::Refused(name, why) => {
                write!(
                    f,
                    "ERR CONFIG SET failed (possibly related to argument '{}') - {why}",
                    text(name)
                )
            }
            Self::Loading => write!(f, "LOADING Redis is loading the dataset in memory"),
        }
    }
}

impl std::error::Error for Fault {}

/// The settings after the change.
#[derive(Debug, Clone)]
pub struct Changed {
    /// All values.
    pub settings: Settings,
    /// Names of the parameters whose value differs now, or that name a file which may differ.
    pub names: Vec<&'static str>,
}

/// Sets parameters to values, given as name, value, name, value ..
///
/// # Errors
/// [`Fault`]; the given settings stay in force as a whole.
pub fn set(settings: &Settings, arguments: &[&[u8]], access: Access) -> Result<Changed, Fault> {
    let (pairs, []) = arguments.as_chunks::<2>() else {
        return Err(Fault::Syntax);
    };
    let rows = admitted(pairs, access)?;
    let mut next = settings.clone();
    for (row, [name, value]) in rows.iter().zip(pairs) {
        assign(row, &mut next, value)
            .map_err(|why| Fault::Refused(name.to_ascii_lowercase(), why))?;
    }
    next.settle();
    let differs = |row: &&&Parameter| row.marks.has(Marks::VOLATILE) || !row.same(settings, &next);
    let names = rows.iter().filter(differs).map(|row| row.name).collect();
    Ok(Changed {
        settings: next,
        names,
    })
}

/// Whether the value of this parameter is kept from logs, MONITOR and the slow log.
pub fn is_secret(name: &[u8]) -> bool {
    catalogue::find(name).is_some_and(|row| row.marks.has(Marks::SECRET))
}

/// The rows of all pairs, provided that the caller may set each of them now.
fn admitted(pairs: &[[&[u8]; 2]], access: Access) -> Result<Vec<&'static Parameter>, Fault> {
    let mut rows: Vec<&'static Parameter> = Vec::with_capacity(pairs.len());
    let mut refused = None;
    for [name, _] in pairs {
        let row = catalogue::find(name).ok_or_else(|| match refused.take() {
            Some(earlier) => earlier,
            None => Fault::Unknown(name.to_vec()),
        })?;
        let why = if row.marks.has(Marks::IMMUTABLE) {
            Fault::Refused(name.to_vec(), "can't set immutable config".into())
        } else if row.marks.has(Marks::PROTECTED) && !access.protected {
            Fault::Refused(name.to_vec(), "can't set protected config".into())
        } else if row.marks.has(Marks::NOT_LOADING) && access.loading {
            Fault::Loading
        } else if rows.iter().any(|earlier| std::ptr::eq(*earlier, row)) {
            Fault::Refused(name.to_vec(), "duplicate parameter".into())
        } else {
            rows.push(row);
            continue;
        };
        refused.get_or_insert(why);
    }
    refused.map_or(Ok(rows), Err)
}

/// A parameter of several words gets them from one argument: cut at every blank, quotes mean nothing here.
fn assign(row: &Parameter, settings: &mut Settings, value: &[u8]) -> Result<(), Reason> {
    if !row.marks.has(Marks::MULTI) {
        return row.assign(settings, &[value]);
    }
    let words: Vec<&[u8]> = if value.is_empty() {
        Vec::new()
    } else {
        value.split(|byte| *byte == b' ').collect()
    };
    row.assign(settings, &words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::query;
    use proptest::prelude::*;

    const OPEN: Access = Access {
        protected: true,
        loading: false,
    };

    fn change(arguments: &[&str]) -> Result<Changed, String> {
        let arguments: Vec<&[u8]> = arguments.iter().map(|word| word.as_bytes()).collect();
        set(&Settings::default(), &arguments, OPEN).map_err(|fault| fault.to_string())
    }

    fn refused(name: &str, why: &str) -> Option<String> {
        Some(format!(
            "ERR CONFIG SET failed (possibly related to argument '{name}') - {why}"
        ))
    }

    #[test]
    fn every_value_can_be_set_to_itself() {
        let settings = Settings::default();
        for (name, value) in query::get(&settings, &[b"*"]) {
            let row = catalogue::find(&name).expect("listed");
            if row.marks.has(Marks::IMMUTABLE) {
                continue;
            }
            let changed = set(&settings, &[&name, &value], OPEN).expect("its own value");
            assert_eq!(changed.settings, settings, "{}", row.name);
            assert_eq!(
                changed.names.is_empty(),
                !row.marks.has(Marks::VOLATILE),
                "{}",
                row.name
            );
        }
    }

    #[test]
    fn several_are_set_at_once_and_reported() {
        let changed =
            change(&["MaxMemory", "10mb", "save", "3000 5", "port", "6379"]).expect("fine");
        assert_eq!(changed.settings.memory.maxmemory, 10 << 20);
        assert_eq!(changed.names, ["maxmemory", "save"]);
        assert_eq!(changed.settings.snapshot.save.0.len(), 1);
    }

    #[test]
    fn errors_are_those_of_redis() {
        let error = |arguments: &[&str]| change(arguments).err();
        assert_eq!(error(&["port"]).as_deref(), Some("ERR syntax error"));
        assert_eq!(
            error(&["maxmemory", "1", "foo", "bar"]).as_deref(),
            Some("ERR Unknown option or number of arguments for CONFIG SET - 'foo'")
        );
        assert_eq!(
            error(&["daemonize", "yes"]),
            refused("daemonize", "can't set immutable config")
        );
        assert_eq!(
            error(&["daemonize", "yes", "foo", "bar"]),
            refused("daemonize", "can't set immutable config")
        );
        assert_eq!(
            error(&["MaxMemory", "1", "MAXMEMORY", "2"]),
            refused("MAXMEMORY", "duplicate parameter")
        );
        assert_eq!(
            error(&["SLAVE-priority", "-1"]),
            refused(
                "slave-priority",
                "argument must be between 0 and 2147483647 inclusive"
            )
        );
        assert_eq!(
            error(&[
                "maxmemory",
                "1",
                "maxmemory-clients",
                "200%",
                "client-query-buffer-limit",
                "invalid"
            ]),
            refused(
                "maxmemory-clients",
                "percentage argument must be less or equal to 100"
            )
        );
        assert_eq!(
            error(&["save", "900 1 5"]),
            refused("save", "Invalid save parameters")
        );
        assert_eq!(
            error(&["port", "abc"]),
            refused("port", "argument couldn't be parsed into an integer")
        );
        assert_eq!(
            error(&["appendonly", "maybe"]),
            refused("appendonly", "argument must be 'yes' or 'no'")
        );
        assert_eq!(
            error(&["appendfsync", "now"]),
            refused(
                "appendfsync",
                "argument(s) must be one of the following: everysec, always, no"
            )
        );
    }

    #[test]
    fn protected_and_loading_are_respected() {
        let arguments: [&[u8]; 2] = [b"dir", b"/"];
        let attempt =
            |access| set(&Settings::default(), &arguments, access).map(|changed| changed.names);
        assert_eq!(attempt(OPEN), Ok(vec!["dir"]));
        let fault = attempt(Access {
            protected: false,
            loading: true,
        })
        .expect_err("protected first");
        assert!(
            fault.to_string().ends_with("can't set protected config"),
            "{fault}"
        );
        assert_eq!(
            attempt(Access {
                protected: true,
                loading: true
            }),
            Err(Fault::Loading)
        );
    }

    #[test]
    fn forms_are_shown_as_redis_shows_them() {
        for (name, given, shown) in [
            ("notify-keyspace-events", "AKEmn", "AKEm"),
            ("notify-keyspace-events", "gKEn", "gnKE"),
            ("notify-keyspace-events", "lszhg$xetd", "A"),
            (
                "latency-tracking-info-percentiles",
                "50 0.00001 1e1",
                "50 0.00001 10",
            ),
            ("oom-score-adj", "relative", "yes"),
            ("oom-score-adj-values", "1 -2 3", "1 -2 3"),
            (
                "client-output-buffer-limit",
                "replica 10mb 1k 5",
                "normal 0 0 0 slave 10485760 1000 5 pubsub 33554432 8388608 60",
            ),
            ("shutdown-on-sigterm", "force now", "now force"),
            ("maxmemory-clients", "10%", "10%"),
            ("maxmemory", "18446744073709551615", "18446744073709551615"),
            ("hz", "1000", "500"),
            ("hz", "0", "1"),
            ("repl-backlog-size", "1", "16384"),
            ("maxmemory", "", "0"),
            ("bind", "127.0.0.1 ::1", "127.0.0.1 ::1"),
            ("bind", "", ""),
            ("save", "", ""),
        ] {
            let changed =
                change(&[name, given]).unwrap_or_else(|fault| panic!("{name} {given}: {fault}"));
            let answer = query::get(&changed.settings, &[name.as_bytes()]);
            assert_eq!(
                answer,
                [(name.as_bytes().to_vec(), shown.as_bytes().to_vec())],
                "{name} {given}"
            );
        }
    }

    #[test]
    fn replies_are_those_of_redis() {
        let facts = include_str!("testdata/redis-7.0.15-set.tsv");
        let mut checked = 0;
        for fact in facts.lines().filter(|line| !line.starts_with('#')) {
            let [name, value, reply] = fact.split('\t').collect::<Vec<_>>()[..] else {
                panic!("{fact}")
            };
            let ours = match change(&[name, value]) {
                Ok(changed) => {
                    let row = catalogue::find(name.as_bytes()).expect("set");
                    format!(
                        "OK {}",
                        String::from_utf8_lossy(&row.show(&changed.settings))
                    )
                }
                Err(fault) => fault,
            };
            assert_eq!(ours, reply, "CONFIG SET {name} '{value}'");
            checked += 1;
        }
        assert!(checked > 1000, "{checked}");
    }

    #[test]
    fn secrets_are_known_by_any_name() {
        assert!(is_secret(b"RequirePass") && is_secret(b"masterauth"));
        assert!(!is_secret(b"port") && !is_secret(b"nothing"));
    }

    proptest! {
        /// Whatever a parameter takes, it shows in a form that it takes again and that means the same.
        #[test]
        fn what_is_shown_can_be_set(row in 0..catalogue::rows().count(), value in "[a-zA-Z0-9 .%$*:-]{0,16}") {
            let row = catalogue::rows().nth(row).expect("counted");
            let arguments: [&[u8]; 2] = [row.name.as_bytes(), value.as_bytes()];
            if let Ok(changed) = set(&Settings::default(), &arguments, OPEN) {
                let shown = row.show(&changed.settings);
                let again = set(&changed.settings, &[row.name.as_bytes(), &shown], OPEN).expect("shown");
                prop_assert_eq!(again.settings, changed.settings);
            }
        }

        #[test]
        fn arbitrary_bytes_never_panic(name: Vec<u8>, value: Vec<u8>, row in 0..catalogue::rows().count()) {
            let _ = set(&Settings::default(), &[&name, &value], OPEN);
            let known = catalogue::rows().nth(row).expect("counted").name.as_bytes();
            let _ = set(&Settings::default(), &[known, &value], OPEN);
            let _ = query::get(&Settings::default(), &[&name]);
        }
    }
}
