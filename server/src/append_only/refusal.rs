//! Writers are refused while the append-only file can't be written.

use engine::command::error::CommandError;

use crate::core::ServerCore;

impl ServerCore {
    /// Errors: what is written would not be durable.
    pub(crate) fn check_append_only(&self) -> Result<(), CommandError> {
        let state = &self.process.append_only;
        if !state.has_failed() {
            return Ok(());
        }
        let error = state.report().error.clone().unwrap_or_default();
        Err(CommandError::with(format!(
            "MISCONF Errors writing to the AOF file: {error}"
        )))
    }
}
