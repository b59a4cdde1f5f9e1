//! Plays every file of `tests/transcripts` to servers of 1, 2 and 7 shards. `TRANSCRIPT=word` picks the files whose path
//! holds the word.
//!
//! `tests/transcripts/waiting.tsv`, where there is one, lists the files that wait for something which is not there yet: path and what it is,
//! with a tab between. A listed file that goes as written fails the test, too: then its line is to be deleted.

use std::collections::BTreeMap;
use std::path::Path;

use darter_tests::transcript::{Transcript, read_all, run};

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
