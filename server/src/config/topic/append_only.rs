//! The append-only file.

use super::snapshot::is_base_name;
use super::{NATURAL, SIZE};
use crate::config::value::{Kind, Reason, Text, choice};

choice! {
    /// When what was appended is forced to disk.
    pub enum AppendFsync {
        /// Once a second.
        Everysec = "everysec",
        /// Before the reply is sent.
        Always = "always",
        /// When the operating system likes.
        No = "no",
    }
}

topic! {
    /// The append-only file.
    pub struct AppendOnly in append_only {
        /// Appends every change to a file.
        appendonly: bool = false, "appendonly", Kind::Switch, [NOT_LOADING];
        /// First part of the names of the files.
        appendfilename: Text = "appendonly.aof".into(), "appendfilename", Kind::Checked(file_name), [IMMUTABLE];
        /// Directory of the files, inside the working directory.
        appenddirname: Text = "appendonlydir".into(), "appenddirname", Kind::Checked(directory_name), [IMMUTABLE];
        /// When what was appended is forced to disk.
        appendfsync: AppendFsync = AppendFsync::Everysec, "appendfsync", Kind::Choice(AppendFsync::WORDS);
        /// Does not force anything to disk while a snapshot or rewrite runs.
        no_appendfsync_on_rewrite: bool = false, "no-appendfsync-on-rewrite", Kind::Switch;
        /// Growth in percent since the last rewrite that starts the next one; 0 never does.
        auto_aof_rewrite_percentage: u32 = 100, "auto-aof-rewrite-percentage", NATURAL;
        /// Size below which growth starts no rewrite.
        auto_aof_rewrite_min_size: u64 = 64 << 20, "auto-aof-rewrite-min-size", SIZE;
        /// Starts with a file that ends in the middle of a command.
        aof_load_truncated: bool = true, "aof-load-truncated", Kind::Switch;
        /// Rewrites the file as a snapshot.
        aof_use_rdb_preamble: bool = true, "aof-use-rdb-preamble", Kind::Switch;
        /// Notes the time in the file.
        aof_timestamp_enabled: bool = false, "aof-timestamp-enabled", Kind::Switch;
        /// Syncs a rewritten file in slices while it is written.
        aof_rewrite_incremental_fsync: bool = true, "aof-rewrite-incremental-fsync", Kind::Switch;
    }
}

fn file_name(name: &[u8]) -> Result<(), Reason> {
    match name {
        [] => Err("appendfilename can't be empty".into()),
        name if is_base_name(name) => Ok(()),
        _ => Err("appendfilename can't be a path, just a filename".into()),
    }
}

fn directory_name(name: &[u8]) -> Result<(), Reason> {
    match name {
        [] => Err("appenddirname can't be empty".into()),
        name if is_base_name(name) => Ok(()),
        _ => Err("appenddirname can't be a path, just a dirname".into()),
    }
}
