//! Client-side caching (CLIENT TRACKING), over all cores.
//!
//! A shard remembers who has read which of its keys, and knows the prefixes that anybody listens to
//! (`engine::shard::tracking`). What its writes make invalid goes to the cores of those whom it concerns ([`letter`]),
//! which tell their clients ([`delivery`]), or the client these redirect to, on whatever core.
//!
//! Invariants:
//! - A client is told behind the replies to all it had sent when its core heard of the change: the reply of an earlier
//!   read, which may tell of the old value, never comes after the word that it is old. Only the reply to a blocked
//!   command is not waited for, unless that command made the change.
//! - What a write makes invalid leaves its shard with the flush that brings the writer its reply, or earlier.
//! - A client listens to a prefix on every shard before it hears that it does.

pub mod delivery;
pub mod letter;
pub mod limit;
pub mod listeners;
pub mod reach;
pub mod redirect;
pub mod tracked;
