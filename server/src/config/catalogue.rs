//! Finds parameters by name. Names are compared without case; the alias of a parameter finds the same row.

use super::parameter::Parameter;
use super::settings::TOPICS;
use std::collections::HashMap;
use std::sync::LazyLock;

static BY_NAME: LazyLock<HashMap<&'static str, &'static Parameter>> = LazyLock::new(|| {
    rows()
        .flat_map(|row| row.names().map(move |name| (name, row)))
        .collect()
});

/// All parameters, topic by topic.
pub fn rows() -> impl Iterator<Item = &'static Parameter> {
    TOPICS.iter().copied().flatten()
}

/// The parameter that has this name or alias.
pub fn find(name: &[u8]) -> Option<&'static Parameter> {
    let name = std::str::from_utf8(name).ok()?;
    BY_NAME.get(name.to_ascii_lowercase().as_str()).copied()
}

/// The visible name closest to a misspelt one, if any is close.
pub fn nearest(name: &[u8]) -> Option<&'static str> {
    let wanted = String::from_utf8_lossy(name)
        .to_ascii_lowercase()
        .replace('_', "-");
    let allowed = 1 + wanted.len() / 4;
    rows()
        .flat_map(Parameter::names)
        .map(|candidate| (distance(wanted.as_bytes(), candidate.as_bytes()), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min()
        .map(|(_, candidate)| candidate)
}

/// Edits (insert, remove, replace) that turn one word into the other.
fn distance(one: &[u8], other: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (line, &left) in one.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = line + 1;
        for (column, &right) in other.iter().enumerate() {
            let replaced = diagonal + usize::from(left != right);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(row[column] + 1).min(diagonal + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn no_two_parameters_share_a_name() {
        let mut seen = HashSet::new();
        for name in rows().flat_map(Parameter::names) {
            assert!(seen.insert(name), "{name} is there twice");
        }
    }

    #[test]
    fn names_and_aliases_find_the_row() {
        assert_eq!(find(b"MaxMemory").map(|row| row.name), Some("maxmemory"));
        assert_eq!(
            find(b"slave-priority").map(|row| row.name),
            Some("replica-priority")
        );
        assert!(find(b"no-such-thing").is_none());
        assert!(find(b"\xff").is_none());
    }

    #[test]
    fn a_slip_of_the_pen_finds_its_neighbour() {
        assert_eq!(nearest(b"prot"), Some("port"));
        assert_eq!(nearest(b"apendonly"), Some("appendonly"));
        assert_eq!(nearest(b"max_memory"), Some("maxmemory"));
        assert_eq!(nearest(b"completely-different"), None);
    }

    #[test]
    fn edits_are_counted() {
        assert_eq!(distance(b"kitten", b"sitting"), 3);
        assert_eq!(distance(b"", b"abc"), 3);
    }
}
