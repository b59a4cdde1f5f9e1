//! Bytes that outlive the process. See README.md.

pub mod commands;
pub mod disk;
pub mod rdb;
pub mod snapshot;
