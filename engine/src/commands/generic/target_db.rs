//! The database that MOVE and COPY name as their target.

use crate::command::bounded_number::int32;
use crate::command::error::CommandError;
use crate::limits::Limits;
use crate::shard::DbIndex;

/// Reads the number of a database. Errors: not a number of 32 bits, or no database of this number.
pub(super) fn target_db(word: &[u8], limits: &Limits) -> Result<DbIndex, CommandError> {
    u32::try_from(int32(word)?)
        .ok()
        .filter(|db| *db < limits.databases)
        .map(DbIndex)
        .ok_or(CommandError::DB_OUT_OF_RANGE)
}
