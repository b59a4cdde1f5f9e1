//! A server program that takes part, and how it is asked to serve.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::str::FromStr;

use crate::Failure;

/// What a program understands on its command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dialect {
    /// Redis' options only.
    Redis,
    /// And `--shards`.
    Darter,
}

/// See the top of the file.
#[derive(Clone, Debug)]
pub struct Contestant {
    /// Its name in tables.
    pub name: String,
    path: PathBuf,
    /// More words of its command line.
    more: Vec<String>,
    dialect: Dialect,
}

impl Contestant {
    /// `name` runs the program at `path` with the words `more` behind ours. A program is taken for darter by its file name.
    pub fn new(name: &str, path: &Path, more: &[&str]) -> Self {
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        Contestant {
            name: name.to_owned(),
            // It is started in a folder of its own; a bare name is looked for on the path.
            path: path.canonicalize().unwrap_or_else(|_| path.to_owned()),
            more: more.iter().map(|word| (*word).to_owned()).collect(),
            dialect: if file.starts_with("darter") {
                Dialect::Darter
            } else {
                Dialect::Redis
            },
        }
    }

    /// Whether it can be told how many shards to use.
    pub fn has_shards(&self) -> bool {
        self.dialect == Dialect::Darter
    }

    /// The command that serves on `port` of 127.0.0.1, without files.
    pub fn command(&self, port: u16, shards: u16) -> Command {
        let mut command = Command::new(&self.path);
        command.args([
            "--bind",
            "127.0.0.1",
            "--port",
            &port.to_string(),
            "--save",
            "",
            "--appendonly",
            "no",
            "--enable-debug-command",
            "local",
        ]);
        if self.has_shards() {
            command.args(["--shards", &shards.to_string()]);
        }
        command.args(&self.more);
        command
    }
}

/// `NAME=PATH`, with more words of the command line behind spaces.
impl FromStr for Contestant {
    type Err = Failure;

    fn from_str(text: &str) -> Result<Self, Failure> {
        let (name, command) = text
            .split_once('=')
            .ok_or_else(|| format!("NAME=PATH expected, not {text:?}"))?;
        let mut words = command.split_ascii_whitespace();
        let path = words.next().ok_or_else(|| format!("no path in {text:?}"))?;
        Ok(Contestant::new(
            name,
            Path::new(path),
            &words.collect::<Vec<_>>(),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(command: &Command) -> Vec<String> {
        command
            .get_args()
            .map(|word| word.to_string_lossy().into_owned())
            .collect()
    }

    #[test]
    fn only_darter_is_told_about_shards() {
        let redis: Contestant = "old=/usr/bin/redis-server --io-threads 2".parse().unwrap();
        let darter: Contestant = "new=/somewhere/darter".parse().unwrap();
        assert_eq!((redis.has_shards(), darter.has_shards()), (false, true));
        assert!(words(&redis.command(7001, 2)).ends_with(&["--io-threads".into(), "2".into()]));
        assert!(words(&darter.command(7001, 2)).ends_with(&["--shards".into(), "2".into()]));
        assert!("no path".parse::<Contestant>().is_err());
        assert!("empty=".parse::<Contestant>().is_err());
    }
}
