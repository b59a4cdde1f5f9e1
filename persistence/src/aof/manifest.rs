//! The manifest of an append-only folder: which files make up the data, in which order.
//!
//! ```text
//!   file appendonly.aof.2.base.rdb seq 2 type b     the base, at most one
//!   file appendonly.aof.1.base.rdb seq 1 type h     history: to be deleted
//!   file appendonly.aof.4.incr.aof seq 4 type i     what was appended since, in the order of their numbers
//! ```

use std::fmt::Write;

use engine::resp::inline;

/// The longest line, in bytes.
const LONGEST_LINE: usize = 1024;

/// What a file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The state that the others go on from.
    Base,
    /// No longer needed.
    History,
    /// What was appended.
    Increment,
}

/// One file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its name inside the folder.
    pub name: String,
    /// Its number among those of its role.
    pub number: u64,
}

/// See the top of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifest {
    /// The base.
    pub base: Option<Listed>,
    /// Files that may go.
    pub history: Vec<Listed>,
    /// What was appended, oldest first.
    pub increments: Vec<Listed>,
    /// Numbers given so far, to bases and to increments.
    numbers: (u64, u64),
}

/// What is wrong with a manifest, in the words operators look for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManifestFault {
    /// What.
    pub what: &'static str,
    /// In which line, counted from 1; its text.
    pub line: Option<(usize, String)>,
}

impl Manifest {
    /// Reads a manifest. Errors: where it breaks which rule.
    pub fn parse(bytes: &[u8]) -> Result<Manifest, ManifestFault> {
        let fault = |what, line| ManifestFault { what, line };
        if bytes.is_empty() {
            return Err(fault("Found an empty AOF manifest", None));
        }
        let mut manifest = Manifest::default();
        for (index, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
            let text = String::from_utf8_lossy(line.trim_ascii()).into_owned();
            let result = manifest.take_line(line);
            result.map_err(|what| fault(what, Some((index + 1, text))))?;
        }
        Ok(manifest)
    }

    fn take_line(&mut self, line: &[u8]) -> Result<(), &'static str> {
        const FORMAT: &str = "Invalid AOF manifest file format";
        if line.starts_with(b"#") {
            return Ok(());
        }
        if line.len() > LONGEST_LINE || !line.ends_with(b"\n") {
            return Err("The AOF manifest file contains too long line");
        }
        let words = split(line).filter(|words| words.len() >= 6 && words.len() % 2 == 0);
        let words = words.ok_or(FORMAT)?;
        let (mut name, mut number, mut role) = (None, None, None);
        for pair in words.chunks(2) {
            match pair[0].to_ascii_lowercase().as_slice() {
                b"file" => name = Some(file_name(&pair[1])?),
                b"seq" => {
                    number = std::str::from_utf8(&pair[1])
                        .ok()
                        .and_then(|n| n.parse().ok())
                }
                b"type" => role = pair[1].first().copied(),
                // Later versions may tell more.
                _ => {}
            }
        }
        let (Some(name), Some(number), Some(role)) = (name, number, role) else {
            return Err(FORMAT);
        };
        let role = match role {
            b'b' => Role::Base,
            b'h' => Role::History,
            b'i' => Role::Increment,
            _ => return Err("Unknown AOF file type"),
        };
        self.add(role, Listed { name, number })
    }

    fn add(&mut self, role: Role, file: Listed) -> Result<(), &'static str> {
        match role {
            Role::Base if self.base.is_some() => {
                return Err("Found duplicate base file information");
            }
            Role::Base => {
                self.numbers.0 = file.number;
                self.base = Some(file);
            }
            Role::History => self.history.push(file),
            Role::Increment if file.number <= self.numbers.1 => {
                return Err("Found a non-monotonic sequence number");
            }
            Role::Increment => {
                self.numbers.1 = file.number;
                self.increments.push(file);
            }
        }
        Ok(())
    }

    /// Its text.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let base = self.base.iter().map(|file| (file, 'b'));
        let history = self.history.iter().map(|file| (file, 'h'));
        let increments = self.increments.iter().map(|file| (file, 'i'));
        for (Listed { name, number }, role) in base.chain(history).chain(increments) {
            let name = quoted(name);
            // Writing to a string can't fail.
            let _ = writeln!(text, "file {name} seq {number} type {role}");
        }
        text
    }

    /// Makes `name` the base, with the next number; the former one becomes history, and so do all increments but the last
    /// `kept`.
    pub fn replace_base(&mut self, name: String, number: u64, kept: usize) {
        self.history.extend(self.base.take());
        let old = self.increments.len().saturating_sub(kept);
        self.history.extend(self.increments.drain(..old));
        self.numbers.0 = number;
        self.base = Some(Listed { name, number });
    }

    /// The number of the next base.
    pub fn next_base(&self) -> u64 {
        self.numbers.0 + 1
    }

    /// The number of the next increment.
    pub fn next_increment(&self) -> u64 {
        self.numbers.1 + 1
    }

    /// Lists a new increment behind all others.
    pub fn push_increment(&mut self, name: String, number: u64) {
        self.numbers.1 = number;
        self.increments.push(Listed { name, number });
    }

    /// Files that hold the data, in the order in which they are read.
    pub fn files(&self) -> impl Iterator<Item = &Listed> {
        self.base.iter().chain(&self.increments)
    }
}

fn file_name(word: &[u8]) -> Result<String, &'static str> {
    if word.contains(&b'/') {
        return Err("File can't be a path, just a filename");
    }
    String::from_utf8(word.to_vec()).map_err(|_| "Invalid AOF manifest file format")
}

/// The words of a line, which may be quoted.
fn split(line: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut spans = Vec::new();
    let line = inline::split(line.trim_ascii(), &mut spans).ok()?;
    Some(spans.iter().map(|span| span.of(&line).to_vec()).collect())
}

/// A name as a word of a line.
fn quoted(name: &str) -> String {
    let is_plain =
        |char: char| char.is_ascii_graphic() && char != '"' && char != '\'' && char != '\\';
    if name.chars().all(is_plain) {
        return name.to_owned();
    }
    let escaped = name.replace('\\', "\\\\").replace('"', "\\\"");
    let escaped = escaped.replace('\n', "\\n").replace('\r', "\\r");
    format!("\"{}\"", escaped.replace('\t', "\\t"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fault(text: &str) -> (&'static str, Option<usize>) {
        let fault = Manifest::parse(text.as_bytes()).expect_err(text);
        (fault.what, fault.line.map(|(number, _)| number))
    }

    #[test]
    fn what_was_written_is_read_again() {
        let mut manifest = Manifest::default();
        manifest.replace_base("a b.1.base.rdb".to_owned(), manifest.next_base(), 1);
        manifest.push_increment("a b.1.incr.aof".to_owned(), manifest.next_increment());
        manifest.push_increment("a b.2.incr.aof".to_owned(), manifest.next_increment());
        manifest.replace_base("a b.2.base.rdb".to_owned(), manifest.next_base(), 1);
        let text = manifest.text();
        let expected = "file \"a b.2.base.rdb\" seq 2 type b\n\
            file \"a b.1.base.rdb\" seq 1 type h\n\
            file \"a b.1.incr.aof\" seq 1 type h\n\
            file \"a b.2.incr.aof\" seq 2 type i\n";
        assert_eq!(text, expected);
        assert_eq!(Manifest::parse(text.as_bytes()), Ok(manifest));
    }

    #[test]
    fn comments_and_further_words_are_passed_over() {
        let text = "# made by hand\nfile x seq 7 type i since 8\n";
        let manifest = Manifest::parse(text.as_bytes()).expect("it is right");
        assert_eq!(manifest.next_increment(), 8);
        assert_eq!(manifest.files().count(), 1);
    }

    #[test]
    fn every_broken_rule_is_told_with_its_line() {
        const FORMAT: &str = "Invalid AOF manifest file format";
        let good = "file x seq 1 type i\n";
        let long = format!("file {} seq 1 type i\n", "x".repeat(1100));
        for (text, expected) in [
            ("", ("Found an empty AOF manifest", None)),
            ("\n", (FORMAT, Some(1))),
            ("filx x seq 1 type b\n", (FORMAT, Some(1))),
            ("file x seq 1\n", (FORMAT, Some(1))),
            ("file x seq one type b\n", (FORMAT, Some(1))),
            ("file x seq 1 type b more\n", (FORMAT, Some(1))),
            ("file x seq 1 type x\n", ("Unknown AOF file type", Some(1))),
            (
                "file a/x seq 1 type b\n",
                ("File can't be a path, just a filename", Some(1)),
            ),
            (
                &format!("{good}{good}"),
                ("Found a non-monotonic sequence number", Some(2)),
            ),
            (
                "file x seq 1 type b\nfile y seq 2 type b\n",
                ("Found duplicate base file information", Some(2)),
            ),
            (
                &long,
                ("The AOF manifest file contains too long line", Some(1)),
            ),
        ] {
            assert_eq!(fault(text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Manifest::parse(&bytes);
            let _ = Manifest::parse(&[b"file x seq 1 type ".as_slice(), &bytes, b"\n"].concat());
        }
    }
}
