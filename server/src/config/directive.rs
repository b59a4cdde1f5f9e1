//! One instruction of a configuration, whatever it was written in, and the error block that points at it.

use super::value::Reason;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where a directive was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The text it came from.
    pub origin: Origin,
    /// Its line, from 1.
    pub line: usize,
    /// What is on that line, without blanks around it.
    pub text: Vec<u8>,
}

/// A text with directives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A file.
    File(Arc<Path>),
    /// Standard input.
    Stdin,
    /// Flags of the command line.
    Flags,
}

/// A name and its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directive {
    /// The name in lower case.
    pub name: Vec<u8>,
    /// What follows it.
    pub words: Vec<Vec<u8>>,
    /// Where it was written.
    pub place: Place,
}

impl Directive {
    /// The error block that blames this directive.
    pub fn refused(&self, why: impl Into<Reason>) -> Fatal {
        Fatal::At(self.place.clone(), why.into())
    }

    /// The words as slices.
    pub fn word_slices(&self) -> Vec<&[u8]> {
        self.words.iter().map(Vec::as_slice).collect()
    }
}

/// Why the server does not start. `Display` is what goes to standard error; the exit status is 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fatal {
    /// A line is wrong.
    At(Place, Reason),
    /// The configuration as a whole is wrong.
    Whole(Reason),
    /// A file cannot be read.
    Unreadable(PathBuf, Reason),
}

impl fmt::Display for Fatal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::Unreadable(path, why) = self {
            return write!(
                f,
                "Fatal error, can't open config file '{}': {why}",
                path.display()
            );
        }
        writeln!(
            f,
            "\n*** FATAL CONFIG FILE ERROR (Darter {}) ***",
            env!("CARGO_PKG_VERSION")
        )?;
        match self {
            Self::At(place, why) => write!(f, "{place}{why}"),
            Self::Whole(why) | Self::Unreadable(_, why) => write!(f, "{why}"),
        }
    }
}

impl std::error::Error for Fatal {}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = self.line;
        match &self.origin {
            Origin::File(path) => {
                writeln!(
                    f,
                    "Reading the configuration file, at line {line}\n(file '{}')",
                    path.display()
                )?;
            }
            Origin::Stdin => writeln!(
                f,
                "Reading the configuration from standard input, at line {line}"
            )?,
            Origin::Flags => writeln!(f, "Reading the command line")?,
        }
        writeln!(f, ">>> '{}'", String::from_utf8_lossy(&self.text))
    }
}
