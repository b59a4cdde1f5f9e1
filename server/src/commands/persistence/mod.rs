//! Commands about files: SAVE, BGSAVE, LASTSAVE.

mod last_save;
mod save;

use super::Family;

/// This family.
pub const FAMILY: Family = Family {
    rows: &[&save::SAVE, &save::BGSAVE, &last_save::LASTSAVE],
    handlers: &[
        ("save", save::save),
        ("bgsave", save::bgsave),
        ("lastsave", last_save::last_save),
    ],
};
