//! The binary `darter`: cores, sockets, sessions, configuration. See README.md.

pub mod config;
pub mod launch;
pub mod runtime;
