//! Lua scripts and functions.
//!
//! ```text
//!   words of a command ──> what to run (script, library) ──> a machine of this core ──> reply
//!                                                              │  redis.call
//!                                                              └─> the ground it stands on, or another shard: it waits there
//! ```
//!
//! A script runs on a stack of its own, so that it can let go of its core in the middle of a call or a loop; the engine tells what
//! it may touch (`engine::order::program`). Each core has machines of its own, one more whenever a script pauses and another begins;
//! what scripts there are is known to the process.

mod api;
pub mod busy;
pub mod cache;
pub mod desk;
mod libraries;
pub mod library;
mod loading;
mod machine;
pub mod pool;
pub mod running;
pub mod script;
mod seat;
mod stack;
mod to_lua;
mod to_reply;
