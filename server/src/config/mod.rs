//! Parameters: one table ([`topic`]) from which files, flags, CONFIG GET, SET, REWRITE and help all follow.
//!
//! ```text
//! file, stdin, flags --> directives --> [load] --> Settings --(Arc)--> cores
//!                                                   |    ^
//!                              CONFIG GET [query] <-+    +-- CONFIG SET [change]
//!                              CONFIG REWRITE [rewrite]
//! ```
//! Invariant: [`Settings`] always holds values that its rows accept; whoever changes one goes through the table.
//! Everything here but [`load`] and [`rewrite`] is a pure function; replies, broadcast and what a change does are
//! the server's.

pub mod catalogue;
pub mod change;
pub mod command_line;
pub mod directive;
pub mod help;
pub mod load;
pub mod memory_size;
pub mod parameter;
pub mod query;
pub mod redis_file;
pub mod rewrite;
pub mod settings;
pub mod toml_file;
pub mod toml_rewrite;
pub mod topic;
pub mod value;
pub mod words;

pub use settings::Settings;
