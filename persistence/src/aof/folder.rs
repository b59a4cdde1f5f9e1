//! The folder itself: names of its files, and its manifest as it changes.
//!
//! Invariants:
//! - The manifest is replaced by renaming a whole, synced file: at any moment it lists a complete state.
//! - A file is listed before anything is written to it that counts, and deleted only when it is listed no more.

use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

use super::manifest::{Manifest, ManifestFault};
use crate::disk::{Disk, folder_of};

/// Where the files are, and what they are called.
#[derive(Clone, Debug)]
pub struct Folder {
    path: PathBuf,
    name: String,
}

/// The manifest can't be had.
#[derive(Debug)]
pub enum FolderFault {
    /// The disk would not.
    Disk(PathBuf, io::Error),
    /// It breaks a rule.
    Manifest(ManifestFault),
}

impl Folder {
    /// The folder `path` whose files' names begin with `name`.
    pub fn new(path: impl Into<PathBuf>, name: &str) -> Folder {
        Folder {
            path: path.into(),
            name: name.to_owned(),
        }
    }

    /// A file in it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The name of a base.
    pub fn base_name(&self, number: u64, is_snapshot: bool) -> String {
        let format = if is_snapshot { "rdb" } else { "aof" };
        format!("{}.{number}.base.{format}", self.name)
    }

    /// The name of an increment.
    pub fn increment_name(&self, number: u64) -> String {
        format!("{}.{number}.incr.aof", self.name)
    }

    /// The name of an increment that is listed only when its base is there.
    pub fn unlisted_name(&self) -> String {
        format!("temp-{}.incr", self.name)
    }

    /// The manifest.
    pub fn manifest_path(&self) -> PathBuf {
        self.file(&format!("{}.manifest", self.name))
    }

    /// The manifest that is there, if one is. Errors: the disk's, and what is wrong with it.
    pub fn read_manifest(&self, disk: &dyn Disk) -> Result<Option<Manifest>, FolderFault> {
        let path = self.manifest_path();
        let mut bytes = Vec::new();
        match disk
            .open(&path)
            .and_then(|mut file| file.read_to_end(&mut bytes))
        {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(FolderFault::Disk(path, error)),
            Ok(_) => Manifest::parse(&bytes)
                .map(Some)
                .map_err(FolderFault::Manifest),
        }
    }

    /// Puts `manifest` in the place of the one that is there. Errors: the disk's; the former one stays, unless only the last
    /// sync failed.
    pub fn write_manifest(&self, disk: &dyn Disk, manifest: &Manifest) -> io::Result<()> {
        let path = self.manifest_path();
        let temp = self.file(&format!("temp-{}.manifest", self.name));
        let mut file = disk.create(&temp)?;
        file.write(manifest.text().as_bytes())?;
        file.sync()?;
        disk.rename(&temp, &path)?;
        disk.sync_folder(&self.path)
    }

    /// Makes the folder if it is not there.
    pub fn create(&self, disk: &dyn Disk) -> io::Result<()> {
        disk.create_folder(&self.path)?;
        disk.sync_folder(folder_of(&self.path))
    }

    /// Ends what [`Folder::adopt_single_file`] began, if it was interrupted: the manifest lists a file that is still beside
    /// the folder.
    pub fn end_adoption(&self, disk: &dyn Disk, manifest: &Manifest) -> io::Result<()> {
        let is_listed = manifest
            .base
            .as_ref()
            .is_some_and(|base| base.name == self.name);
        let (from, to) = (
            folder_of(&self.path).join(&self.name),
            self.file(&self.name),
        );
        if is_listed && disk.size(&to).is_err() && disk.size(&from).is_ok() {
            disk.rename(&from, &to)?;
            disk.sync_folder(&self.path)?;
        }
        Ok(())
    }

    /// Takes a single file of an earlier version, beside the folder, into the folder as its base.
    pub fn adopt_single_file(&self, disk: &dyn Disk) -> io::Result<Manifest> {
        self.create(disk)?;
        let mut manifest = Manifest::default();
        manifest.replace_base(self.name.clone(), manifest.next_base(), 0);
        self.write_manifest(disk, &manifest)?;
        self.end_adoption(disk, &manifest)?;
        Ok(manifest)
    }

    /// Deletes files that are history, and lists them no more.
    pub fn forget_history(&self, disk: &dyn Disk, manifest: &mut Manifest) -> io::Result<()> {
        if manifest.history.is_empty() {
            return Ok(());
        }
        for file in std::mem::take(&mut manifest.history) {
            // What can't be deleted does no harm.
            let _ = disk.remove(&self.file(&file.name));
        }
        self.write_manifest(disk, manifest)
    }
}
