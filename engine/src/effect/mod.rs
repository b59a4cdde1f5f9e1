//! What a write tells the world: notifications and log entries.

pub mod event;
pub mod log_form;
pub mod notice;
pub mod stream;
