//! What the server tells about itself in a word: TIME, ROLE and LOLWUT.

mod lolwut;
mod role;
mod time;

pub(crate) use time::write_time;

use super::Family;

/// This family.
pub const FAMILY: Family = Family {
    rows: &[&lolwut::LOLWUT, &role::ROLE, &time::TIME],
    handlers: &[
        ("lolwut", lolwut::lolwut),
        ("role", role::role),
        ("time", time::time),
    ],
};
