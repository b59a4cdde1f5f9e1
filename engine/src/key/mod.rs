//! Names of things: what keys are called, and patterns over them.

pub mod glob;
