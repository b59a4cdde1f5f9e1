//! Bytes that outlive the process. See README.md.

pub mod aof;
pub mod commands;
pub mod disk;
pub mod log;
pub mod rdb;
pub mod snapshot;
