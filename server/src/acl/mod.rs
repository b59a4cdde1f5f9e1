//! Users and what they may do.
//!
//! ```text
//! Users --- User "default" --- Passwords
//!   |                     +--- Selector: CommandRules, Keys (KeyPattern ..), Channels
//!   |                     +--- Selector (..)
//!   +------ User ..
//! ```
//! Everything here is data without sockets: [`check::may_run`] says whether a user may run a command, [`log`] keeps what was
//! denied, [`file`] and [`start`] read users. [`published`] brings a change to all cores; what a core does with it is in
//! [`crate::core::users`].
//!
//! Invariant: users never change. A change makes new ones, and clients are moved to them.

pub mod channel_pattern;
pub mod check;
pub mod command_rules;
pub mod denial;
pub mod file;
pub mod key_pattern;
pub mod log;
pub mod password;
pub mod published;
pub mod rule;
pub mod selector;
pub mod start;
pub mod user;
pub mod users;

#[cfg(test)]
mod tests;
