//! CONFIG GET: which parameters the patterns name.

use super::catalogue;
use super::parameter::{Effect, Marks, Parameter};
use super::settings::Settings;
use std::collections::HashSet;

/// The names and values that the patterns find, each name once, patterns in their order and names in the table's.
///
/// A pattern without `*`, `?` or `[` is a name: it finds hidden parameters too and is answered as it was spelled.
pub fn get(settings: &Settings, patterns: &[&[u8]]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut seen = HashSet::new();
    let mut found = Vec::new();
    for pattern in patterns {
        if pattern.iter().any(|byte| b"*?[".contains(byte)) {
            let is_shown =
                |row: &&Parameter| !row.marks.has(Marks::HIDDEN) && !row.marks.has(Marks::OWN);
            for row in catalogue::rows().filter(is_shown) {
                let names = row.names().filter(|name| matches(pattern, name.as_bytes()));
                for name in names.filter(|name| seen.insert(name.as_bytes().to_vec())) {
                    found.push((name.as_bytes().to_vec(), row.show(settings)));
                }
            }
        } else if let Some(row) = catalogue::find(pattern)
            && seen.insert(pattern.to_ascii_lowercase())
        {
            found.push((pattern.to_vec(), row.show(settings)));
        }
    }
    found
}

/// One line for every parameter that differs from its default and does nothing here.
pub fn ignored(settings: &Settings) -> Vec<String> {
    let default = Settings::default();
    catalogue::rows()
        .filter(|row| !row.same(settings, &default))
        .filter_map(|row| ignored_line(row.name))
        .collect()
}

/// The line for one parameter, if it does nothing here.
pub fn ignored_line(name: &str) -> Option<String> {
    match catalogue::find(name.as_bytes())?.effect {
        Effect::Acts => None,
        Effect::Ignored(why) => Some(format!(
            "Parameter '{name}' is accepted without effect: {why}"
        )),
    }
}

/// Matches a name against a pattern of `*`, `?`, `[a-z]`, `[^a]` and `\`, without case.
///
/// Only the last `*` is ever widened, so the work is at most the product of both lengths: patterns come from clients.
fn matches(pattern: &[u8], name: &[u8]) -> bool {
    let (mut pattern, mut name) = (pattern, name);
    let mut widen: Option<(&[u8], &[u8])> = None;
    loop {
        match (pattern, name) {
            ([b'*', rest @ ..], _) => {
                widen = Some((rest, name));
                pattern = rest;
                continue;
            }
            ([], []) => return true,
            (_, [letter, others @ ..]) => {
                if let Some(rest) = after_letter(pattern, *letter) {
                    (pattern, name) = (rest, others);
                    continue;
                }
            }
            (_, []) => return false,
        }
        let Some((rest, [_, others @ ..])) = widen else {
            return false;
        };
        widen = Some((rest, others));
        (pattern, name) = (rest, others);
    }
}

/// What follows in the pattern once its first element has matched this letter; nothing if it does not.
fn after_letter(pattern: &[u8], letter: u8) -> Option<&[u8]> {
    match pattern {
        [] => None,
        [b'?', rest @ ..] => Some(rest),
        [b'[', rest @ ..] => {
            let (inside, rest) = in_class(rest, letter);
            inside.then_some(rest)
        }
        [b'\\', literal, rest @ ..] | [literal, rest @ ..] => {
            letter.eq_ignore_ascii_case(literal).then_some(rest)
        }
    }
}

/// Whether the letter is in the class that the pattern starts with, and what follows the class. A class that does not
/// end reaches to the end of the pattern.
fn in_class(pattern: &[u8], letter: u8) -> (bool, &[u8]) {
    let (negated, mut rest) = match pattern {
        [b'^', rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    let letter = letter.to_ascii_lowercase();
    let mut inside = false;
    loop {
        let (low, high, after) = match rest {
            [] => return (inside != negated, rest),
            [b']', after @ ..] => return (inside != negated, after),
            [b'\\', one, after @ ..] => (*one, *one, after),
            [low, b'-', high, after @ ..] => (*low, *high, after),
            [one, after @ ..] => (*one, *one, after),
        };
        let (low, high) = (low.to_ascii_lowercase(), high.to_ascii_lowercase());
        inside |= (low.min(high)..=low.max(high)).contains(&letter);
        rest = after;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(patterns: &[&str]) -> Vec<String> {
        let patterns: Vec<&[u8]> = patterns.iter().map(|pattern| pattern.as_bytes()).collect();
        get(&Settings::default(), &patterns)
            .into_iter()
            .map(|(name, _)| String::from_utf8(name).expect("text"))
            .collect()
    }

    #[test]
    fn patterns_ignore_case_and_find_each_name_once() {
        assert_eq!(
            names(&["MAXMEMORY-P*", "maxmemory-policy"]),
            ["maxmemory-policy"]
        );
        assert_eq!(names(&["*of"]), ["replicaof", "slaveof"]);
        assert_eq!(names(&["save", "SAVE"]), ["save"]);
        assert_eq!(names(&["SAVE"]), ["SAVE"]);
        assert_eq!(names(&["nothing", "nothing*"]), Vec::<String>::new());
    }

    #[test]
    fn hidden_parameters_want_their_exact_name() {
        assert!(!names(&["*"]).contains(&"key-load-delay".to_owned()));
        assert_eq!(names(&["key-load-delay"]), ["key-load-delay"]);
    }

    #[test]
    fn patterns_know_classes_and_escapes() {
        assert!(matches(b"p[ou]rt", b"port"));
        assert!(matches(b"p[a-z]rt", b"port"));
        assert!(!matches(b"p[^o]rt", b"port"));
        assert!(matches(b"?or\\t", b"port"));
        assert!(!matches(b"por", b"port"));
        assert!(matches(b"*-*-*", b"repl-ping-replica-period"));
        assert!(matches(b"[p", b"p"));
        assert!(matches(b"*", b""));
        assert!(matches(b"*io*d", b"radio-and"));
        assert!(!matches(b"", b"a"));
        assert!(!matches(&b"*a".repeat(60), &b"a".repeat(59)));
        assert!(matches(&b"*a".repeat(60), &b"a".repeat(60)));
    }

    #[test]
    fn ignored_parameters_are_told_when_set() {
        let mut settings = Settings::default();
        assert_eq!(ignored(&settings), Vec::<String>::new());
        settings.threads.io_threads = 4;
        let lines = ignored(&settings);
        assert_eq!(lines.len(), 1);
        assert!(lines[0].contains("'io-threads'"), "{lines:?}");
    }
}
