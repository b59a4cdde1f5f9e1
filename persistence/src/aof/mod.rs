//! The append-only folder as Redis 7 keeps it: a manifest, a base, and files of commands that were appended since.

pub mod appender;
pub mod commands;
pub mod folder;
pub mod manifest;
