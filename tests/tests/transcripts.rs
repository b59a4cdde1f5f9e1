//! Plays every file of `tests/transcripts` to servers of 1, 2 and 7 shards. `TRANSCRIPT=word` picks the files whose path
//! holds the word.

use std::path::Path;

use darter_tests::transcript::{read_all, run};

#[test]
fn every_transcript_goes_as_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("transcripts");
    let transcripts = read_all(&folder).unwrap_or_else(|errors| panic!("{}", errors.join("\n")));
    let word = std::env::var("TRANSCRIPT").unwrap_or_default();
    let picked: Vec<_> = transcripts
        .iter()
        .filter(|one| one.path.to_string_lossy().contains(&word))
        .collect();
    assert!(!picked.is_empty(), "no transcript's path holds {word:?}");
    let mut mismatches = Vec::new();
    for transcript in &picked {
        assert!(
            !transcript.steps.is_empty(),
            "{} says nothing",
            transcript.path.display()
        );
        // The same failure on more shards tells nothing new.
        mismatches.extend(
            [1, 2, 7]
                .iter()
                .find_map(|shards| run(transcript, *shards).err()),
        );
    }
    let shown: String = mismatches
        .iter()
        .map(|mismatch| format!("\n{mismatch}"))
        .collect();
    assert!(
        mismatches.is_empty(),
        "{} of {} transcripts went otherwise:\n{shown}",
        mismatches.len(),
        picked.len()
    );
}
