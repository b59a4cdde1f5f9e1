//! Plays every file of `tests/transcripts` to servers of 1, 2 and 7 shards. `TRANSCRIPT=word` picks the files whose path
//! holds the word.
//!
//! `tests/transcripts/waiting.tsv`, where there is one, lists the files that wait for something which is not there yet: path and what it is,
//! with a tab between. A listed file that goes as written fails the test, too: then its line is to be deleted.
//!
//! Every command has its file: one named after it, or for what belongs to a container one named after the container, as
//! it is or with `-` and more behind it (`client.txt`, `client-list.txt`). The command must be said there.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use darter_tests::transcript::{Action, Transcript, read_all, run};
use engine::command::table::table;

fn waiting(folder: &Path) -> BTreeMap<String, String> {
    let list = std::fs::read_to_string(folder.join("waiting.tsv")).unwrap_or_default();
    let line = |line: &str| {
        let (path, what) = line
            .split_once('\t')
            .unwrap_or_else(|| panic!("no tab in {line:?}"));
        (path.to_owned(), what.to_owned())
    };
    list.lines().map(line).collect()
}

fn name<'t>(transcript: &'t Transcript, folder: &Path) -> std::borrow::Cow<'t, str> {
    transcript
        .path
        .strip_prefix(folder)
        .unwrap_or(&transcript.path)
        .to_string_lossy()
}

#[test]
fn every_transcript_goes_as_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("transcripts");
    let transcripts = read_all(&folder).unwrap_or_else(|errors| panic!("{}", errors.join("\n")));
    let word = std::env::var("TRANSCRIPT").unwrap_or_default();
    let picked: Vec<_> = transcripts
        .iter()
        .filter(|one| name(one, &folder).contains(&word))
        .collect();
    assert!(!picked.is_empty(), "no transcript's path holds {word:?}");
    let mut waiting = waiting(&folder);
    let mut wrong = String::new();
    for transcript in &picked {
        assert!(
            !transcript.steps.is_empty(),
            "{} says nothing",
            transcript.path.display()
        );
        // The same failure on more shards tells nothing new.
        let mismatch = [1, 2, 7]
            .iter()
            .find_map(|shards| run(transcript, *shards).err());
        match (mismatch, waiting.remove(name(transcript, &folder).as_ref())) {
            (Some(mismatch), None) => wrong += &format!("\n{mismatch}"),
            (None, Some(what)) => {
                wrong += &format!(
                    "\n{} no longer waits for {what}\n",
                    transcript.path.display()
                )
            }
            _ => {}
        }
    }
    let unknown: Vec<_> = waiting.keys().filter(|path| path.contains(&word)).collect();
    assert!(
        unknown.is_empty(),
        "waiting.tsv names no transcripts: {unknown:?}"
    );
    assert!(
        wrong.is_empty(),
        "of {} transcripts these went otherwise:\n{wrong}",
        picked.len()
    );
}

/// The full names of the commands that a transcript says and whose name its file bears.
fn own_commands(transcript: &Transcript) -> BTreeSet<&'static str> {
    let stem = transcript.path.file_stem().unwrap_or_default();
    let stem = stem.to_string_lossy();
    let commands = transcript.steps.iter().flat_map(|step| match &step.action {
        Action::Exchange { commands, .. } => commands.as_slice(),
        _ => &[],
    });
    let mut own = BTreeSet::new();
    for words in commands {
        let Some(top) = words.first().and_then(|word| table().top(word)) else {
            continue;
        };
        let name = table().full_name(top);
        let rest = stem.strip_prefix(name);
        if rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-')) {
            own.insert(name);
            let sub = words.get(1).and_then(|word| table().sub(top, word));
            own.extend(sub.map(|id| table().full_name(id)));
        }
    }
    own
}

#[test]
fn every_command_has_its_transcript() {
    server::commands::register();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("transcripts");
    let transcripts = read_all(&folder).unwrap_or_else(|errors| panic!("{}", errors.join("\n")));
    let said: BTreeSet<&str> = transcripts.iter().flat_map(own_commands).collect();
    let missing: Vec<&str> = table()
        .ids()
        .map(|id| table().full_name(id))
        .filter(|name| !said.contains(name))
        .collect();
    assert!(
        missing.is_empty(),
        "no file of theirs says these: {missing:?}"
    );
}
