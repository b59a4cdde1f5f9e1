//! Reading transcripts.

use std::fs;
use std::path::{Path, PathBuf};

use super::expected::Expected;

/// One thing that happens.
#[derive(Debug)]
pub enum Action {
    /// A client's commands are sent, and what it received is compared.
    Exchange {
        /// The words of each command.
        commands: Vec<Vec<Vec<u8>>>,
        /// The lines that must come.
        expected: Vec<Expected>,
    },
    /// Another client speaks, counted from 1.
    Client(usize),
    /// So many milliseconds pass.
    Pass(i64),
}

/// An action and where it stands.
#[derive(Debug)]
pub struct Step {
    /// The number of its first line, from 1.
    pub line: usize,
    /// The number of the first expected line.
    pub expected_line: usize,
    /// What happens.
    pub action: Action,
}

/// See the top of the module.
#[derive(Debug, Default)]
pub struct Transcript {
    /// Its file.
    pub path: PathBuf,
    /// Parameters as a configuration file would set them: a name and its words.
    pub parameters: Vec<Vec<Vec<u8>>>,
    /// What happens, in order.
    pub steps: Vec<Step>,
}

impl Transcript {
    /// Reads a transcript. Errors: the line's number and what is wrong with it.
    pub fn read(path: &Path, text: &str) -> Result<Self, String> {
        let mut transcript = Transcript {
            path: path.to_owned(),
            ..Transcript::default()
        };
        let lines: Vec<&str> = text
            .lines()
            .map(|line| line.strip_suffix('\r').unwrap_or(line))
            .collect();
        let mut at = 0;
        while at < lines.len() {
            let fault = |at: usize, why: &str| format!("{}:{}: {why}", path.display(), at + 1);
            let line = lines[at];
            if line.trim().is_empty() || line.starts_with('#') {
                at += 1;
                continue;
            }
            let step = |expected_line, action| Step {
                line: at + 1,
                expected_line,
                action,
            };
            if let Some(words) = line.strip_prefix("% ") {
                transcript
                    .parameters
                    .push(split(words).map_err(|why| fault(at, &why))?);
                at += 1;
            } else if let Some(number) = line.strip_prefix("@ ") {
                let number = number.trim().parse().ok().filter(|number| *number > 0);
                let action = Action::Client(number.ok_or_else(|| fault(at, "a client's number"))?);
                transcript.steps.push(step(at + 1, action));
                at += 1;
            } else if let Some(millis) = passing(line) {
                transcript.steps.push(step(at + 1, Action::Pass(millis)));
                at += 1;
            } else {
                let (mut commands, mut expected, first) = (Vec::new(), Vec::new(), at);
                while let Some(words) = lines.get(at).and_then(|line| line.strip_prefix("> ")) {
                    commands.push(split(words).map_err(|why| fault(at, &why))?);
                    at += 1;
                }
                let expected_line = at + 1;
                while at < lines.len() && !ends_step(&lines, at) {
                    expected.push(Expected::read(lines[at]).map_err(|why| fault(at, &why))?);
                    at += 1;
                }
                let action = Action::Exchange { commands, expected };
                transcript.steps.push(Step {
                    line: first + 1,
                    expected_line,
                    action,
                });
            }
        }
        Ok(transcript)
    }
}

/// Whether the reply ends before this line: at a command, or at a blank line with nothing of a reply behind it.
fn ends_step(lines: &[&str], at: usize) -> bool {
    if lines[at].starts_with("> ") {
        return true;
    }
    if !lines[at].is_empty() {
        return false;
    }
    let behind = lines[at..].iter().find(|line| !line.is_empty());
    behind.is_none_or(|line| {
        ["> ", "#", "@ ", "% "]
            .iter()
            .any(|start| line.starts_with(start))
            || passing(line).is_some()
    })
}

fn passing(line: &str) -> Option<i64> {
    let time = line.strip_prefix('+')?;
    if let Some(millis) = time.strip_suffix("ms") {
        return millis.parse().ok();
    }
    Some(time.strip_suffix('s')?.parse::<i64>().ok()? * 1000)
}

fn split(words: &str) -> Result<Vec<Vec<u8>>, String> {
    server::config::words::split(words.as_bytes()).map_err(|_| "unbalanced quotes".to_owned())
}

/// Reads every transcript under `folder`, in the order of their names. Errors: those of all files that can't be read.
pub fn read_all(folder: &Path) -> Result<Vec<Transcript>, Vec<String>> {
    let (mut transcripts, mut errors) = (Vec::new(), Vec::new());
    for path in files(folder) {
        let text =
            fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()));
        match text.and_then(|text| Transcript::read(&path, &text)) {
            Ok(transcript) => transcripts.push(transcript),
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() {
        Ok(transcripts)
    } else {
        Err(errors)
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|end| end == "txt") {
            found.push(path);
        }
    }
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Transcript {
        Transcript::read(Path::new("x"), text).unwrap()
    }

    #[test]
    fn blank_lines_of_a_reply_belong_to_it() {
        let transcript = read("# c\n> A\n> B\n*2\n$0\n\n$1\na\n\n# c\n@ 2\n+5s\n> C\n+5\n");
        let lines: Vec<usize> = transcript.steps.iter().map(|step| step.line).collect();
        assert_eq!(lines, [2, 11, 12, 13]);
        let Action::Exchange { commands, expected } = &transcript.steps[0].action else {
            panic!()
        };
        assert_eq!((commands.len(), expected.len()), (2, 5));
        assert!(matches!(transcript.steps[2].action, Action::Pass(5000)));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let error = Transcript::read(Path::new("x"), "\n> A \"b\n").unwrap_err();
        assert_eq!(error, "x:2: unbalanced quotes");
        assert!(Transcript::read(Path::new("x"), "@ zero\n").is_err());
    }
}
