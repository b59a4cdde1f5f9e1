//! HyperLogLog: sketches that estimate how many distinct elements they have seen. The bytes are in
//! [`crate::hyperloglog`].

mod add;
mod count;
mod debug;
mod merge;

use crate::command::error::CommandError;
use crate::command::spec::Command;
use crate::effect::event::Event;
use crate::hyperloglog::Problem;

pub(super) const FAMILY: &[&Command] = &[
    &add::PFADD,
    &count::PFCOUNT,
    &merge::PFMERGE,
    &debug::PFDEBUG,
    &debug::PFSELFTEST,
];

/// Told by PFADD, and by PFMERGE too, which adds in bulk.
const EVENT: Event = Event::string("pfadd");

impl From<Problem> for CommandError {
    fn from(problem: Problem) -> Self {
        match problem {
            Problem::NotASketch => {
                CommandError::new("WRONGTYPE Key is not a valid HyperLogLog string value.")
            }
            Problem::Corrupted => CommandError::new("INVALIDOBJ Corrupted HLL object detected"),
        }
    }
}

#[cfg(test)]
mod tests;
