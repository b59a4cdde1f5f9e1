//! The thread that writes a snapshot: the only one that waits for the disk.

use std::io;
use std::sync::mpsc::Receiver;

use persistence::disk::Disk;
use persistence::snapshot::chunk::Chunk;
use persistence::snapshot::file::{SnapshotFile, Target};
use persistence::snapshot::header::Header;

use super::job::Outcome;
use super::transfer::Transfer;

/// Writes what comes until nothing more can come. The log tells what went wrong.
pub(super) fn write(
    disk: &dyn Disk,
    target: Target,
    header: &Header,
    chunks: &Receiver<Chunk>,
    transfer: &Transfer,
) -> Outcome {
    let name = target.temp.display().to_string();
    let result = match SnapshotFile::create(disk, target, header) {
        Ok(file) => fill(file, chunks, transfer).map_err(|error| {
            tracing::warn!("Write error saving DB on disk: {error}");
        }),
        Err(error) => {
            let folder = std::env::current_dir().unwrap_or_default();
            tracing::warn!(
                "Failed opening the temp RDB file {name} (in server root dir {}) for saving: {error}",
                folder.display()
            );
            Err(())
        }
    };
    result.unwrap_or_else(|()| {
        transfer.give_up();
        // What is under way still is not wanted any more.
        chunks.iter().for_each(|chunk| transfer.written(&chunk));
        Outcome::Failed
    })
}

fn fill(
    mut file: SnapshotFile<'_>,
    chunks: &Receiver<Chunk>,
    transfer: &Transfer,
) -> io::Result<Outcome> {
    for chunk in chunks {
        let result = file.append(&chunk.bytes);
        transfer.written(&chunk);
        result?;
        if transfer.is_given_up() {
            break;
        }
    }
    if transfer.is_given_up() {
        return Ok(Outcome::GivenUp);
    }
    file.finish()?;
    tracing::info!("DB saved on disk");
    Ok(Outcome::Saved)
}
