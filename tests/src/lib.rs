//! What the tests of the whole product share.

pub mod differential;
pub mod fuzz;
pub mod hand_driven;
pub mod real;
pub mod simulation;
pub mod transcript;
