//! Comparing the lines a client received with those a transcript expects.

use regex::Regex;

/// One expected line.
#[derive(Debug, Clone)]
pub enum Expected {
    /// Exactly this.
    Text(String),
    /// Matches as a whole.
    Pattern(Regex),
    /// Any number of lines.
    Any,
}

impl Expected {
    /// Reads a line of a transcript. Errors: what is wrong with a regular expression.
    pub fn read(line: &str) -> Result<Self, String> {
        match line.strip_prefix("~ ") {
            Some(pattern) => Regex::new(&format!("^(?:{pattern})$"))
                .map(Expected::Pattern)
                .map_err(|error| error.to_string()),
            None if line == "..." => Ok(Expected::Any),
            None => Ok(Expected::Text(line.to_owned())),
        }
    }

    fn admits(&self, line: &str) -> bool {
        match self {
            Expected::Text(text) => text == line,
            Expected::Pattern(pattern) => pattern.is_match(line),
            Expected::Any => true,
        }
    }
}

/// Whether `lines` are what is expected. If not: the first expected line that can't be met.
pub(super) fn compare(expected: &[Expected], lines: &[String]) -> Result<(), usize> {
    // Which numbers of lines the expected lines so far may have taken.
    let mut taken = vec![false; lines.len() + 1];
    taken[0] = true;
    for (number, wanted) in expected.iter().enumerate() {
        let mut next = vec![false; lines.len() + 1];
        for at in (0..=lines.len()).filter(|at| taken[*at]) {
            match wanted {
                Expected::Any => next[at..].fill(true),
                _ if at < lines.len() && wanted.admits(&lines[at]) => next[at + 1] = true,
                _ => {}
            }
        }
        if !next.contains(&true) {
            return Err(number);
        }
        taken = next;
    }
    // Blank lines at the end need not be expected.
    let text = lines
        .iter()
        .rposition(|line| !line.is_empty())
        .map_or(0, |last| last + 1);
    if taken[text..].contains(&true) {
        Ok(())
    } else {
        Err(expected.len())
    }
}

/// The lines of received bytes as a transcript would write them.
pub(super) fn lines_of(bytes: &[u8]) -> Vec<String> {
    let whole = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    if bytes.is_empty() {
        return Vec::new();
    }
    whole
        .split(|byte| *byte == b'\n')
        .map(|line| readable(line.strip_suffix(b"\r").unwrap_or(line)))
        .collect()
}

fn readable(line: &[u8]) -> String {
    let mut text = String::new();
    for chunk in line.utf8_chunks() {
        for char in chunk.valid().chars() {
            if char.is_control() {
                text += &format!("\\x{:02x}", char as u32)
            } else {
                text.push(char)
            }
        }
        chunk
            .invalid()
            .iter()
            .for_each(|byte| text += &format!("\\x{byte:02x}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meets(expected: &[&str], lines: &[&str]) -> Result<(), usize> {
        let expected: Vec<Expected> = expected
            .iter()
            .map(|line| Expected::read(line).unwrap())
            .collect();
        compare(
            &expected,
            &lines
                .iter()
                .map(|line| line.to_string())
                .collect::<Vec<_>>(),
        )
    }

    #[test]
    fn any_number_of_lines_is_found_anywhere() {
        assert_eq!(meets(&["a", "...", "b"], &["a", "b", "b"]), Ok(()));
        assert_eq!(meets(&["a", "...", "b"], &["a", "b", "c"]), Err(3));
        assert_eq!(meets(&["..."], &[]), Ok(()));
        assert_eq!(meets(&["a", "c"], &["a", "b"]), Err(1));
        assert_eq!(meets(&["a"], &["a", "b"]), Err(1));
        assert_eq!(meets(&["$0"], &["$0", ""]), Ok(()));
        assert_eq!(meets(&["$0", "~ "], &["$0", ""]), Ok(()));
        assert_eq!(meets(&["$0", "", "a"], &["$0", "", "a"]), Ok(()));
    }

    #[test]
    fn patterns_match_whole_lines() {
        assert_eq!(meets(&["~ [0-9]+"], &["123"]), Ok(()));
        assert_eq!(meets(&["~ [0-9]+"], &["123 "]), Err(0));
    }

    #[test]
    fn bytes_are_shown_as_text() {
        assert_eq!(lines_of(b"$3\r\na\nb\r\n"), ["$3", "a", "b"]);
        assert_eq!(
            lines_of(b"$2\r\n\x00\xff\r\n$0\r\n\r\n"),
            ["$2", "\\x00\\xff", "$0", ""]
        );
        assert_eq!(lines_of("ä\r\n".as_bytes()), ["ä"]);
    }
}
