//! Commands that are refused for the sake of files.

use engine::command::error::CommandError;
use engine::command::flags::Flags;
use engine::command::spec::Command;
use engine::command::table::table;

use crate::connection::Connection;
use crate::core::ServerCore;

const LOADING: CommandError = CommandError::new("LOADING Redis is loading the dataset in memory");
const CANNOT_SAVE: CommandError = CommandError::new(
    "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk. Commands that may \
     modify the data set are disabled, because this instance is configured to report errors during writes if RDB \
     snapshotting fails (stop-writes-on-bgsave-error option). Please check the Redis logs for details about the RDB error.",
);

impl ServerCore {
    /// Errors: data is being loaded, or can't be saved.
    pub(crate) fn check_files(
        &self,
        connection: &Connection,
        row: &Command,
    ) -> Result<(), CommandError> {
        if self.process.loading.is_under_way() && !row.flags.contains(Flags::LOADING) {
            return Err(LOADING);
        }
        if self.cannot_save() && (row.name == "ping" || writes(connection, row)) {
            return Err(CANNOT_SAVE);
        }
        match row.name == "ping" || writes(connection, row) {
            true => self.check_append_only(),
            false => Ok(()),
        }
    }

    fn cannot_save(&self) -> bool {
        let snapshot = &self.settings.snapshot;
        self.process.saves.has_failed()
            && snapshot.stop_writes_on_bgsave_error
            && !snapshot.save.0.is_empty()
    }
}

/// Whether a command writes, or EXEC would.
fn writes(connection: &Connection, row: &Command) -> bool {
    let queued = connection.queue.iter().flat_map(|queue| &queue.commands);
    let is_write = |row: &Command| row.flags.contains(Flags::WRITE);
    is_write(row)
        || (row.name == "exec"
            && queued
                .map(|queued| table().row(queued.command))
                .any(is_write))
}
