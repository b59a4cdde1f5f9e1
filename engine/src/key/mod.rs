//! Names of things: what keys are called, where they live, and patterns over them.

pub mod glob;
pub mod placement;
pub mod slot;
