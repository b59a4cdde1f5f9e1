//! The file a snapshot is written to: under another name until it is whole and safe, so that the last good one stays until
//! then.
//!
//! ```text
//! temp file: header, chunks .. ──> EOF, checksum ──> sync ──> rename ──> sync of the folder
//! ```

use std::io;
use std::path::{Path, PathBuf};

use super::header::Header;
use crate::disk::{Disk, DiskFile, folder_of};
use crate::rdb::crc64::crc64;
use crate::rdb::format::opcode;

/// So many bytes at most wait for a sync, where syncs are spread.
const SYNC_EVERY: usize = 32 << 20;

/// What a snapshot's file needs to know.
#[derive(Clone, Debug)]
pub struct Target {
    /// Its name when it is whole.
    pub path: PathBuf,
    /// Its name until then, in the same folder.
    pub temp: PathBuf,
    /// Whether a checksum is computed; without, it is 0.
    pub has_checksum: bool,
    /// Whether it is synced while it is written.
    pub syncs_early: bool,
}

/// A snapshot that is being written. Dropping it deletes the file.
pub struct SnapshotFile<'d> {
    disk: &'d dyn Disk,
    target: Target,
    file: Box<dyn DiskFile>,
    crc: u64,
    written: u64,
    unsynced: usize,
    is_done: bool,
}

impl<'d> SnapshotFile<'d> {
    /// Begins the file.
    pub fn create(disk: &'d dyn Disk, target: Target, header: &Header) -> io::Result<Self> {
        let file = disk.create(&target.temp)?;
        let mut file = SnapshotFile {
            disk,
            target,
            file,
            crc: 0,
            written: 0,
            unsynced: 0,
            is_done: false,
        };
        file.append(&header.bytes())?;
        Ok(file)
    }

    /// Adds a chunk's bytes.
    pub fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.target.has_checksum {
            self.crc = crc64(self.crc, bytes);
        }
        self.file.write(bytes)?;
        self.written += bytes.len() as u64;
        self.unsynced += bytes.len();
        if self.target.syncs_early && self.unsynced >= SYNC_EVERY {
            self.unsynced = 0;
            self.file.sync()?;
        }
        Ok(())
    }

    /// Ends the file and gives it its name. Returns its size. Errors: the former file stays, unless only the sync of the
    /// folder failed.
    pub fn finish(mut self) -> io::Result<u64> {
        self.append(&[opcode::EOF])?;
        let crc = self.crc.to_le_bytes();
        self.file.write(&crc)?;
        self.file.sync()?;
        self.disk.rename(&self.target.temp, &self.target.path)?;
        self.is_done = true;
        self.disk.sync_folder(folder_of(&self.target.path))?;
        Ok(self.written + crc.len() as u64)
    }

    /// Its name until it is whole.
    pub fn temp(&self) -> &Path {
        &self.target.temp
    }
}

impl Drop for SnapshotFile<'_> {
    fn drop(&mut self) {
        if !self.is_done {
            // What can't be deleted is overwritten by the next one.
            let _ = self.disk.remove(&self.target.temp);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::{MemoryDisk, PowerCut};
    use crate::rdb::format::Version;

    const PATH: &str = "data/dump.rdb";
    const TEMP: &str = "data/temp-1.rdb";

    fn save(disk: &MemoryDisk, chunks: &[&[u8]]) -> io::Result<u64> {
        let target = Target {
            path: PATH.into(),
            temp: TEMP.into(),
            has_checksum: true,
            syncs_early: true,
        };
        let header = Header {
            version: Version::V10,
            aux: vec![("redis-bits", "64".to_owned())],
            functions: Vec::new(),
            databases: Vec::new(),
        };
        let mut file = SnapshotFile::create(disk, target, &header)?;
        for chunk in chunks {
            file.append(chunk)?;
        }
        file.finish()
    }

    #[test]
    fn a_file_ends_with_the_checksum_of_all_before() {
        let disk = MemoryDisk::default();
        let size = save(&disk, &[b"\xfe\0", b"\0\x01k\x01v"]).expect("there is room");
        let bytes = disk.read(Path::new(PATH)).expect("it has its name");
        assert_eq!(bytes.len() as u64, size);
        assert!(bytes.starts_with(b"REDIS0010\xfa\x0aredis-bits\xc0\x40"));
        let (summed, crc) = bytes.split_at(bytes.len() - 8);
        assert_eq!(crc64(0, summed).to_le_bytes(), crc);
        assert_eq!(disk.names(), [Path::new(PATH)]);
    }

    #[test]
    fn a_power_cut_at_any_step_leaves_the_old_file_or_the_new_one() {
        let new = {
            let disk = MemoryDisk::default();
            save(&disk, &[b"one", b"two"]).expect("there is room");
            disk.read(Path::new(PATH)).expect("it has its name")
        };
        let (mut old_seen, mut new_seen) = (0, 0);
        for steps in 0..12 {
            for (names, bytes, torn) in
                [(0, 0, 0), (1, 5, 2), (2, 1000, 0), (3, 1000, 7), (9, 9, 9)]
            {
                let disk = MemoryDisk::default();
                disk.put(Path::new(PATH), b"old");
                disk.fail_after(Some(steps));
                let is_saved = save(&disk, &[b"one", b"two"]).is_ok();
                disk.cut_power(PowerCut { names, bytes, torn });
                let found = disk.read(Path::new(PATH)).expect("there is always a file");
                assert!(found == b"old" || found == new, "{steps}: {found:?}");
                assert!(!is_saved || found == new, "what is reported stays");
                old_seen += usize::from(found == b"old");
                new_seen += usize::from(found == new);
            }
        }
        assert!(old_seen > 0 && new_seen > 0);
    }

    #[test]
    fn a_failed_save_leaves_nothing_behind() {
        for steps in 0..6 {
            let disk = MemoryDisk::default();
            disk.put(Path::new(PATH), b"old");
            disk.fail_after(Some(steps));
            assert!(save(&disk, &[b"one", b"two"]).is_err());
            assert_eq!(disk.read(Path::new(PATH)).as_deref(), Some(&b"old"[..]));
        }
    }
}
