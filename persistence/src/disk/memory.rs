//! A disk in memory that can lose its power, and fail.
//!
//! It keeps two states of everything: what programs see, and what is sure to be there after a power cut. Of what is in
//! between, a cut keeps as much as [`PowerCut`] says: some of the changes of names in their order, and of each file's
//! unsynced bytes a part, perhaps with garbage at its end.
//!
//! Folders are parts of names; they need not be made.

use std::collections::BTreeMap;
use std::io::{self, Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Disk, DiskFile};

/// How much of what was not synced outlives a power cut.
#[derive(Clone, Copy, Debug)]
pub struct PowerCut {
    /// How many of the changes of names that came after the last sync of their folder.
    pub names: usize,
    /// How many unsynced bytes of each file.
    pub bytes: usize,
    /// How many of these are garbage, the last ones.
    pub torn: usize,
}

/// See the top of the file. Clones are the same disk.
#[derive(Clone, Default)]
pub struct MemoryDisk(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    files: Vec<Contents>,
    names: BTreeMap<PathBuf, usize>,
    safe_names: BTreeMap<PathBuf, usize>,
    /// Changes of names since their folders were synced.
    pending: Vec<(PathBuf, Option<usize>)>,
    /// Steps that succeed before all others fail.
    steps_left: Option<usize>,
    steps: usize,
}

#[derive(Default)]
struct Contents {
    bytes: Vec<u8>,
    synced: usize,
}

struct OpenFile {
    disk: MemoryDisk,
    number: usize,
}

impl MemoryDisk {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a file holds, as programs see it.
    pub fn read(&self, path: &Path) -> Option<Vec<u8>> {
        let state = self.state();
        let number = state.names.get(path)?;
        Some(state.files[*number].bytes.clone())
    }

    /// All names.
    pub fn names(&self) -> Vec<PathBuf> {
        self.state().names.keys().cloned().collect()
    }

    /// Makes a file that is durable.
    pub fn put(&self, path: &Path, bytes: &[u8]) {
        let mut state = self.state();
        let number = state.add(Contents {
            bytes: bytes.to_vec(),
            synced: bytes.len(),
        });
        state.names.insert(path.to_owned(), number);
        state.safe_names.insert(path.to_owned(), number);
    }

    /// How many steps (writes, syncs, changes of names) were taken.
    pub fn steps(&self) -> usize {
        self.state().steps
    }

    /// After so many more steps each further one fails, as if the disk were full.
    pub fn fail_after(&self, steps: Option<usize>) {
        self.state().steps_left = steps;
    }

    /// The power goes and comes back.
    pub fn cut_power(&self, cut: PowerCut) {
        let mut state = self.state();
        let mut names = std::mem::take(&mut state.safe_names);
        for (name, number) in state.pending.drain(..).take(cut.names) {
            change(&mut names, name, number);
        }
        for file in &mut state.files {
            let kept = (file.bytes.len() - file.synced).min(cut.bytes);
            file.bytes.truncate(file.synced + kept);
            let torn = file.bytes.iter_mut().rev().take(kept.min(cut.torn));
            torn.for_each(|byte| *byte = !*byte);
            file.synced = file.bytes.len();
        }
        state.safe_names = names.clone();
        state.names = names;
        state.steps_left = None;
    }
}

fn change(names: &mut BTreeMap<PathBuf, usize>, name: PathBuf, number: Option<usize>) {
    match number {
        Some(number) => names.insert(name, number),
        None => names.remove(&name),
    };
}

impl State {
    fn add(&mut self, contents: Contents) -> usize {
        self.files.push(contents);
        self.files.len() - 1
    }

    fn step(&mut self) -> io::Result<()> {
        self.steps += 1;
        match &mut self.steps_left {
            Some(0) => Err(io::ErrorKind::StorageFull.into()),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn find(&self, path: &Path) -> io::Result<usize> {
        let number = self.names.get(path).copied();
        number.ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn rename(&mut self, path: &Path, number: Option<usize>) {
        change(&mut self.names, path.to_owned(), number);
        self.pending.push((path.to_owned(), number));
    }
}

impl Disk for MemoryDisk {
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let mut state = self.state();
        state.step()?;
        let number = state.add(Contents::default());
        state.rename(path, Some(number));
        let disk = self.clone();
        Ok(Box::new(OpenFile { disk, number }))
    }

    fn append(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let found = self.state().find(path);
        let Ok(number) = found else {
            return self.create(path);
        };
        let disk = self.clone();
        Ok(Box::new(OpenFile { disk, number }))
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn Read + Send>> {
        let bytes = self.read(path).ok_or(io::ErrorKind::NotFound)?;
        Ok(Box::new(Cursor::new(bytes)))
    }

    fn size(&self, path: &Path) -> io::Result<u64> {
        let state = self.state();
        let number = state.find(path)?;
        Ok(state.files[number].bytes.len() as u64)
    }

    fn truncate(&self, path: &Path, size: u64) -> io::Result<()> {
        let mut state = self.state();
        state.step()?;
        let number = state.find(path)?;
        let file = &mut state.files[number];
        file.bytes.truncate(size as usize);
        file.synced = file.synced.min(size as usize);
        Ok(())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.step()?;
        let number = state.find(from)?;
        // Both names change at once: a cut keeps both changes or none, or the new name alone.
        state.rename(to, Some(number));
        state.rename(from, None);
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.step()?;
        state.find(path)?;
        state.rename(path, None);
        Ok(())
    }

    fn create_folder(&self, _: &Path) -> io::Result<()> {
        self.state().step()
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.step()?;
        let State {
            pending,
            safe_names,
            ..
        } = &mut *state;
        let is_in = |(name, _): &mut (PathBuf, _)| super::folder_of(name) == folder;
        for (name, number) in pending.extract_if(.., is_in) {
            change(safe_names, name, number);
        }
        Ok(())
    }
}

impl DiskFile for OpenFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.disk.state();
        state.step()?;
        state.files[self.number].bytes.extend_from_slice(bytes);
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        let mut state = self.disk.state();
        state.step()?;
        let file = &mut state.files[self.number];
        file.synced = file.bytes.len();
        Ok(())
    }
}
