//! A real server process and real sockets.

mod client;
pub mod filling;
mod server;

pub use client::{Client, Reply};
pub use server::Server;
