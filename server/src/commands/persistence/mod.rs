//! Commands about files: SAVE, BGSAVE, BGREWRITEAOF, LASTSAVE.

mod last_save;
mod rewrite_log;
mod save;

use super::Family;

/// This family.
pub const FAMILY: Family = Family {
    rows: &[
        &save::SAVE,
        &save::BGSAVE,
        &rewrite_log::BGREWRITEAOF,
        &last_save::LASTSAVE,
    ],
    handlers: &[
        ("save", save::save),
        ("bgsave", save::bgsave),
        ("bgrewriteaof", rewrite_log::rewrite_log),
        ("lastsave", last_save::last_save),
    ],
};
