//! What a snapshot is taken for.

use std::path::PathBuf;
use std::sync::Arc;

use engine::order::{Exclusive, ShardId};
use engine::shard::Shard;
use persistence::snapshot::file::Target;

use crate::config::Settings;

/// Why a snapshot is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// BGSAVE, or a save point.
    Background,
    /// SAVE: somebody waits for it.
    Foreground,
    /// The last one before the process ends.
    Final,
    /// DEBUG RELOAD.
    Reload,
    /// The base of the append-only file.
    Rewrite,
}

impl Purpose {
    /// Whether it becomes the snapshot that is loaded at the next start.
    pub fn is_dump(self) -> bool {
        self != Purpose::Rewrite
    }

    /// Whether everybody waits until it is written.
    pub(super) fn keeps_locks(self) -> bool {
        matches!(self, Purpose::Final | Purpose::Reload)
    }
}

/// What is done on a shard at the cut.
pub type AtCut = Arc<dyn Fn(&mut Shard, ShardId) + Send + Sync>;

/// A snapshot that is to be taken.
pub struct Job {
    /// Why.
    pub purpose: Purpose,
    /// Where to.
    pub target: Target,
    /// What else happens at the cut, on each shard.
    pub at_cut: Option<AtCut>,
}

impl Job {
    /// A snapshot as the parameters want it.
    pub fn dump(purpose: Purpose, settings: &Settings) -> Job {
        let snapshot = &settings.snapshot;
        Job {
            purpose,
            target: Target {
                path: PathBuf::from(snapshot.dbfilename.as_path()),
                temp: format!("temp-{}.rdb", std::process::id()).into(),
                has_checksum: snapshot.rdbchecksum,
                syncs_early: snapshot.rdb_save_incremental_fsync,
            },
            at_cut: None,
        }
    }
}

/// How a snapshot ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is written and safe.
    Saved,
    /// The disk would not; the log tells why.
    Failed,
    /// It was given up before it was whole.
    GivenUp,
}

/// A snapshot that has ended, as whoever began it learns of it.
#[derive(Debug)]
pub struct Ended {
    /// How.
    pub outcome: Outcome,
    /// The locks that were kept for what follows; they have to be given back.
    pub locks: Option<Exclusive>,
}
