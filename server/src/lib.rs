//! The binary `darter`: cores, sockets, sessions, configuration. See README.md.

pub mod acl;
pub mod append_only;
pub mod commands;
pub mod config;
pub mod connection;
pub mod core;
pub mod driver;
pub mod identity;
pub mod info;
pub mod launch;
pub mod listeners;
pub mod persistence;
pub mod pubsub;
pub mod runtime;
pub mod scripting;
pub mod seeing;
pub mod serve;
pub mod tracking;
