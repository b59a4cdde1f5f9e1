//! Playing a transcript to a server.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use engine::resp::reply::{Protocol, ReplyWriter};
use server::config::catalogue;
use server::config::settings::Settings;

use super::expected::{Expected, compare, lines_of};
use super::file::{Action, Step, Transcript};
use crate::hand_driven::{ClientId, HandDriven};

/// What came instead of what was expected.
#[derive(Debug)]
pub struct Mismatch {
    path: PathBuf,
    line: usize,
    shards: u16,
    expected: Vec<String>,
    got: Vec<String>,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{}:{} on {} shards",
            self.path.display(),
            self.line,
            self.shards
        )?;
        self.expected
            .iter()
            .try_for_each(|line| writeln!(f, "    expected  {line}"))?;
        self.got
            .iter()
            .try_for_each(|line| writeln!(f, "    got       {line}"))
    }
}

/// Plays `transcript` to a fresh server of `shards` cores. Errors: the first step that went otherwise.
pub fn run(transcript: &Transcript, shards: u16) -> Result<(), Mismatch> {
    let fail = |line, expected: Vec<String>, got| Mismatch {
        path: transcript.path.clone(),
        line,
        shards,
        expected,
        got,
    };
    let settings =
        settings(transcript).map_err(|why| fail(1, vec!["parameters".into()], vec![why]))?;
    let mut session = Session {
        server: HandDriven::new(shards, settings),
        clients: BTreeMap::new(),
        speaks: 1,
    };
    for Step {
        line,
        expected_line,
        action,
    } in &transcript.steps
    {
        match action {
            Action::Client(number) => {
                session.speaks = *number;
                session.speaker();
            }
            Action::Pass(millis) => session.server.pass(*millis),
            Action::Exchange { commands, expected } => {
                let got = session.exchange(commands);
                if let Err(number) = compare(expected, &got) {
                    let at = if number < expected.len() {
                        expected_line + number
                    } else {
                        *line
                    };
                    return Err(fail(at, expected.iter().map(shown).collect(), got));
                }
            }
        }
    }
    Ok(())
}

fn settings(transcript: &Transcript) -> Result<Settings, String> {
    let mut settings = Settings::default();
    let debug = vec![b"enable-debug-command".to_vec(), b"yes".to_vec()];
    for words in std::iter::once(&debug).chain(&transcript.parameters) {
        let words: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
        let parameter = catalogue::find(words[0]).ok_or("no such parameter")?;
        parameter
            .assign(&mut settings, &words[1..])
            .map_err(|why| why.to_string())?;
    }
    Ok(settings)
}

fn shown(expected: &Expected) -> String {
    match expected {
        Expected::Text(text) => text.clone(),
        Expected::Pattern(pattern) => format!("~ {pattern}"),
        Expected::Any => "...".into(),
    }
}

struct Session {
    server: HandDriven,
    clients: BTreeMap<usize, ClientId>,
    speaks: usize,
}

impl Session {
    /// The client whose turn it is. One that was closed comes back as a new connection.
    fn speaker(&mut self) -> ClientId {
        let Session {
            server,
            clients,
            speaks,
        } = self;
        *clients.entry(*speaks).or_insert_with(|| server.connect())
    }

    fn exchange(&mut self, commands: &[Vec<Vec<u8>>]) -> Vec<String> {
        let client = self.speaker();
        let mut bytes = Vec::new();
        for words in commands {
            let mut writer = ReplyWriter::new(&mut bytes, Protocol::Resp2);
            writer.array(words.len());
            words.iter().for_each(|word| writer.bulk(word));
        }
        self.server.send(client, &bytes);
        self.server.settle();
        let mut lines = lines_of(&self.server.take_received(client));
        if !self.server.is_open(client) {
            lines.push("(closed)".into());
            self.clients.remove(&self.speaks);
        }
        lines
    }
}
