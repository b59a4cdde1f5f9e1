//! Bytes that outlive the process. See README.md.

pub mod commands;
pub mod rdb;
