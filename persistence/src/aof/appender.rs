//! Appends the log to the last increment of a folder, and lets a new base take the place of what came before it.
//!
//! ```text
//!   rewrite      ..incr.3 │ mark: incr.4 is listed ──> base.2 is written ──> base.2, incr.4 │ the others go
//!   turned on    mark: an increment that is not listed ──> base.2 is written ──> base.2, incr.4 │ all others go
//! ```
//!
//! Invariants:
//! - The file holds whole batches: what was written of a batch that failed is cut off before it is tried again.
//! - What the manifest lists leads to a state the shards were in, whenever the power goes.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::folder::Folder;
use super::manifest::Manifest;
use crate::disk::{Disk, DiskFile};

/// The increment that is appended to.
struct Current {
    path: PathBuf,
    file: Box<dyn DiskFile>,
    size: u64,
    unsynced: u64,
    /// Something may be behind `size` that is not to stay.
    is_torn: bool,
}

/// See the top of the file.
pub struct Appender {
    disk: Arc<dyn Disk>,
    folder: Folder,
    manifest: Manifest,
    current: Option<Current>,
    /// Whether the increment is not listed yet.
    is_apart: bool,
    /// Bytes of the listed files before the current one.
    before: u64,
}

impl Appender {
    /// An appender to a folder with this manifest. Nothing can be appended before an increment is begun or opened.
    pub fn new(disk: Arc<dyn Disk>, folder: Folder, manifest: Manifest) -> Self {
        Appender {
            disk,
            folder,
            manifest,
            current: None,
            is_apart: false,
            before: 0,
        }
    }

    /// The folder.
    pub fn folder(&self) -> &Folder {
        &self.folder
    }

    /// What the folder lists.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Whether something can be appended.
    pub fn is_open(&self) -> bool {
        self.current.is_some()
    }

    /// Bytes of all listed files.
    pub fn size(&self) -> u64 {
        self.before + self.current.as_ref().map_or(0, |current| current.size)
    }

    /// Bytes that a loss of power might take.
    pub fn unsynced(&self) -> u64 {
        self.current.as_ref().map_or(0, |current| current.unsynced)
    }

    /// Goes on with the last increment that is listed, or lists a first one. Returns its name, and whether it is new.
    pub fn open(&mut self) -> io::Result<(String, bool)> {
        let Some(last) = self.manifest.increments.last() else {
            return self.begin().map(|name| (name, true));
        };
        let (name, path) = (last.name.clone(), self.folder.file(&last.name));
        let file = self.disk.append(&path)?;
        let size = self.disk.size(&path)?;
        self.current = Some(Current {
            path,
            file,
            size,
            unsynced: 0,
            is_torn: false,
        });
        self.before = self.size_of_listed() - size;
        Ok((name, false))
    }

    fn size_of_listed(&self) -> u64 {
        let files = self.manifest.files();
        files
            .map(|file| self.disk.size(&self.folder.file(&file.name)).unwrap_or(0))
            .sum()
    }

    /// Begins a new increment and lists it. Returns its name.
    pub fn begin(&mut self) -> io::Result<String> {
        self.folder.create(&*self.disk)?;
        self.sync()?;
        let number = self.manifest.next_increment();
        let name = self.folder.increment_name(number);
        let current = self.create(&name)?;
        let mut manifest = self.manifest.clone();
        manifest.push_increment(name.clone(), number);
        self.folder.write_manifest(&*self.disk, &manifest)?;
        self.manifest = manifest;
        self.before = self.size_of_listed();
        self.current = Some(current);
        Ok(name)
    }

    /// Begins an increment that is listed when its base is there. What is listed until then stays as it is.
    pub fn begin_apart(&mut self) -> io::Result<()> {
        self.folder.create(&*self.disk)?;
        self.current = Some(self.create(&self.folder.unlisted_name())?);
        self.is_apart = true;
        self.before = 0;
        Ok(())
    }

    fn create(&self, name: &str) -> io::Result<Current> {
        let path = self.folder.file(name);
        Ok(Current {
            file: self.disk.create(&path)?,
            path,
            size: 0,
            unsynced: 0,
            is_torn: false,
        })
    }

    /// Appends `bytes`. Errors: the disk's; nothing of them counts then.
    pub fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let Some(current) = &mut self.current else {
            return Err(io::Error::other("no file is open"));
        };
        if current.is_torn {
            self.disk.truncate(&current.path, current.size)?;
            current.is_torn = false;
        }
        if let Err(error) = current.file.write(bytes) {
            current.is_torn = true;
            return Err(error);
        }
        current.size += bytes.len() as u64;
        current.unsynced += bytes.len() as u64;
        Ok(())
    }

    /// Makes all that was appended durable.
    pub fn sync(&mut self) -> io::Result<()> {
        match &mut self.current {
            Some(current) if current.unsynced > 0 => {
                current.file.sync()?;
                current.unsynced = 0;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Lists a base, which is whole and safe at `temp`, together with the increment that goes on from it. Returns the names of
    /// both. What was listed before is history, and goes.
    pub fn adopt_base(&mut self, temp: &Path, is_snapshot: bool) -> io::Result<(String, String)> {
        self.sync()?;
        let mut manifest = self.manifest.clone();
        let number = manifest.next_base();
        let base = self.folder.base_name(number, is_snapshot);
        self.disk.rename(temp, &self.folder.file(&base))?;
        let goes_on = !self.is_apart && self.current.is_some();
        manifest.replace_base(base.clone(), number, usize::from(goes_on));
        if self.is_apart {
            let number = manifest.next_increment();
            let name = self.folder.increment_name(number);
            let path = self.folder.file(&name);
            self.disk
                .rename(&self.folder.file(&self.folder.unlisted_name()), &path)?;
            if let Some(current) = &mut self.current {
                current.path = path;
            }
            manifest.push_increment(name, number);
        }
        self.disk.sync_folder(self.folder.path())?;
        self.folder.write_manifest(&*self.disk, &manifest)?;
        self.is_apart = false;
        self.manifest = manifest;
        let _ = self.folder.forget_history(&*self.disk, &mut self.manifest);
        let increment = self.manifest.increments.last();
        let increment = increment.map_or_else(String::new, |file| file.name.clone());
        self.before =
            self.size_of_listed() - self.current.as_ref().map_or(0, |current| current.size);
        Ok((base, increment))
    }

    /// Appends no more. What was appended is made durable as far as the disk lets it be.
    pub fn close(&mut self) -> io::Result<()> {
        let result = self.sync();
        self.current = None;
        if std::mem::take(&mut self.is_apart) {
            let _ = self
                .disk
                .remove(&self.folder.file(&self.folder.unlisted_name()));
        }
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::{MemoryDisk, PowerCut};
    use std::io::Read;

    fn folder() -> Folder {
        Folder::new("appendonlydir", "appendonly.aof")
    }

    /// What somebody finds who reads all listed files.
    fn found(disk: &MemoryDisk) -> Option<String> {
        let manifest = folder().read_manifest(disk).expect("it is whole")?;
        let mut text = String::new();
        for file in manifest.files() {
            let path = folder().file(&file.name);
            let mut reader = disk.open(&path).expect("what is listed is there");
            let mut bytes = Vec::new();
            reader.read_to_end(&mut bytes).expect("it can be read");
            text.push_str(&String::from_utf8_lossy(&bytes));
        }
        Some(text)
    }

    fn write_base(disk: &MemoryDisk, text: &str) -> io::Result<PathBuf> {
        let path = folder().file("temp-base");
        let mut file = disk.create(&path)?;
        file.write(text.as_bytes())?;
        file.sync()?;
        Ok(path)
    }

    /// Turns the file on, appends, rewrites, appends again. Every step lengthens the state by a letter; tells of states that are
    /// safe.
    fn live(disk: &Arc<MemoryDisk>, mut safe: impl FnMut(&str)) -> io::Result<()> {
        let mut appender = Appender::new(disk.clone(), folder(), Manifest::default());
        appender.begin_apart()?;
        appender.append(b"b")?;
        let base = write_base(disk, "a")?;
        appender.adopt_base(&base, true)?;
        safe("ab");
        appender.append(b"c")?;
        appender.sync()?;
        safe("abc");
        appender.begin()?;
        appender.append(b"d")?;
        appender.sync()?;
        safe("abcd");
        let base = write_base(disk, "abc")?;
        appender.adopt_base(&base, true)?;
        safe("abcd");
        appender.append(b"e")?;
        appender.sync()?;
        safe("abcde");
        appender.close()
    }

    #[test]
    fn base_and_increments_are_named_as_in_redis() {
        let disk = Arc::new(MemoryDisk::default());
        live(&disk, |_| {}).expect("the disk is well");
        let manifest = folder()
            .read_manifest(&*disk)
            .expect("it is whole")
            .expect("it is there");
        let names: Vec<&str> = manifest.files().map(|file| file.name.as_str()).collect();
        assert_eq!(
            names,
            ["appendonly.aof.2.base.rdb", "appendonly.aof.2.incr.aof"]
        );
        assert_eq!(
            disk.names().len(),
            3,
            "nothing else stays: {:?}",
            disk.names()
        );
    }

    #[test]
    fn a_power_cut_at_any_step_leaves_a_state_that_was() {
        let cuts = [(0, 0, 0), (1, 5, 2), (2, 1000, 0), (3, 1000, 7), (9, 9, 9)];
        for steps in 0..60 {
            for (names, bytes, torn) in cuts {
                let disk = Arc::new(MemoryDisk::default());
                disk.create_folder(Path::new("appendonlydir"))
                    .expect("it can be made");
                disk.fail_after(Some(steps));
                let mut last_safe = String::new();
                let _ = live(&disk, |state| last_safe = state.to_owned());
                disk.cut_power(PowerCut { names, bytes, torn });
                let found = found(&disk).unwrap_or_default();
                // What was not synced may be torn, at the end of it all.
                let found = found.trim_end_matches(|char: char| !char.is_ascii_lowercase());
                assert!("abcde".starts_with(found), "{steps}: {found}");
                assert!(
                    found.len() >= last_safe.len(),
                    "{steps}: {found} after {last_safe}"
                );
            }
        }
    }

    #[test]
    fn a_batch_that_failed_leaves_nothing() {
        let disk = Arc::new(MemoryDisk::default());
        let mut appender = Appender::new(disk.clone(), folder(), Manifest::default());
        let (name, is_new) = appender.open().expect("the disk is well");
        assert!(is_new);
        appender.append(b"one").expect("the disk is well");
        disk.fail_after(Some(0));
        assert!(appender.append(b"two").is_err());
        disk.fail_after(None);
        appender.append(b"three").expect("the disk is well again");
        let path = folder().file(&name);
        assert_eq!(disk.read(&path).as_deref(), Some(&b"onethree"[..]));
        assert_eq!(appender.size(), 8);
    }
}
