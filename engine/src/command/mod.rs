//! A command as data: one row beside its handler, from which COMMAND, ACL categories, key extraction, arity and gates
//! all follow.

pub mod args;
pub mod bounded_number;
pub mod error;
pub mod flags;
pub mod help;
pub mod keys;
pub mod long_double;
mod natural;
pub mod number;
pub mod spec;
pub mod table;
pub mod timeout;
pub mod waits;
