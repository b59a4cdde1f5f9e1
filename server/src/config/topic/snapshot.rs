//! Snapshots: when they are written, where, and how.

use crate::config::value::{Kind, Reason, Text, Value, ValueLine, choice};

choice! {
    /// Whose values are checked in depth before they are used.
    pub enum SanitizeDump {
        /// Nobody's.
        No = "no",
        /// Everybody's.
        Yes = "yes",
        /// Those of RESTORE and MIGRATE, not those of files and of the primary.
        Clients = "clients",
    }
}

topic! {
    /// Snapshots: when they are written, where, and how.
    pub struct Snapshot in snapshot {
        /// Save points: a snapshot is written after so many seconds with at least so many changes.
        save: SavePoints = SavePoints::default(), "save", Kind::Special("seconds changes .."), [MULTI];
        /// Name of the snapshot in the working directory.
        dbfilename: Text = "dump.rdb".into(), "dbfilename", Kind::Checked(file_name), [PROTECTED];
        /// Compresses strings in snapshots.
        rdbcompression: bool = true, "rdbcompression", Kind::Switch;
        /// The version of the format, unless a value needs a later one: 10 is Redis 7.0's, 11 that of 7.2, 12 that of 7.4.
        rdb_version: u16 = 10, "rdb-version", Kind::Integer(10, 12);
        /// Ends snapshots with a checksum, and checks it.
        rdbchecksum: bool = true, "rdbchecksum", Kind::Switch, [IMMUTABLE];
        /// Whose values are checked in depth before they are used.
        sanitize_dump_payload: SanitizeDump = SanitizeDump::No, "sanitize-dump-payload",
            Kind::Choice(SanitizeDump::WORDS);
        /// Refuses writes while snapshots fail.
        stop_writes_on_bgsave_error: bool = true, "stop-writes-on-bgsave-error", Kind::Switch;
        /// Syncs snapshots in slices while they are written.
        rdb_save_incremental_fsync: bool = true, "rdb-save-incremental-fsync", Kind::Switch;
        /// Deletes snapshots made for replication where nothing else persists.
        rdb_del_sync_files: bool = false, "rdb-del-sync-files", Kind::Switch;
    }
}

fn file_name(name: &[u8]) -> Result<(), Reason> {
    if is_base_name(name) {
        Ok(())
    } else {
        Err("dbfilename can't be a path, just a filename".into())
    }
}

/// Whether the text names something inside a directory, and no path.
pub(super) fn is_base_name(name: &[u8]) -> bool {
    !name.contains(&b'/') && !name.contains(&b'\\')
}

/// One save point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SavePoint {
    /// Seconds since the last snapshot, at least 1.
    pub seconds: u64,
    /// Changes since the last snapshot.
    pub changes: u64,
}

/// The save points in the order given; none turns automatic snapshots off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavePoints(pub Vec<SavePoint>);

impl Default for SavePoints {
    fn default() -> Self {
        Self(
            [(3600, 1), (300, 100), (60, 10_000)]
                .map(|(seconds, changes)| SavePoint { seconds, changes })
                .into(),
        )
    }
}

impl SavePoint {
    fn read(pair: &[&[u8]]) -> Option<Self> {
        let [seconds, changes] = pair else {
            return None;
        };
        let number = |word: &[u8]| {
            std::str::from_utf8(word)
                .ok()?
                .parse::<i64>()
                .ok()?
                .try_into()
                .ok()
        };
        let point = Self {
            seconds: number(seconds)?,
            changes: number(changes)?,
        };
        (point.seconds >= 1).then_some(point)
    }
}

impl Value for SavePoints {
    fn assign(&mut self, words: &[&[u8]], _kind: &Kind) -> Result<(), Reason> {
        let words = if matches!(words, [word] if word.is_empty()) {
            &[]
        } else {
            words
        };
        let points: Option<Vec<SavePoint>> = words.chunks(2).map(SavePoint::read).collect();
        self.0 = points.ok_or("Invalid save parameters")?;
        Ok(())
    }

    fn show(&self) -> Vec<u8> {
        let points: Vec<String> = self
            .0
            .iter()
            .map(|point| format!("{} {}", point.seconds, point.changes))
            .collect();
        points.join(" ").into_bytes()
    }

    /// Always written, one line a point: a file without any such line would bring the defaults back.
    fn lines(&self, _default: &Self, _kind: &Kind) -> Vec<ValueLine> {
        let line = |text: String| ValueLine {
            text: text.into_bytes(),
            needed: true,
        };
        if self.0.is_empty() {
            return vec![line("\"\"".to_owned())];
        }
        self.0
            .iter()
            .map(|point| line(format!("{} {}", point.seconds, point.changes)))
            .collect()
    }
}
