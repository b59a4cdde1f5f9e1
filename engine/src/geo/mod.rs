//! Places on the earth as the scores of a sorted set: a score is the number of a cell so small that it stands for a point,
//! and cells that are near have numbers that are near, so that a search is a few ranges of scores.
//!
//! Pure geometry; numbers are bit for bit those of Redis, as clients compare what both print.

mod cell;
mod cover;
mod distance;
mod position;
mod search;

pub use cell::Cell;
pub use distance::distance;
pub use position::Position;
pub use search::{Match, Search, Shape};

#[cfg(test)]
mod tests;
