//! The log of a running server, and the append-only file that is made of it.
//!
//! ```text
//!   every core, at the end of a tick ── what its shard recorded ──> core 0: the keeper ──> writer thread ──> file
//!   every core <── what is durable ── writer thread
//! ```
//!
//! Nothing of it runs, and nothing is recorded, while the file is off.

pub mod held;
pub mod load;
pub mod orders;
mod refusal;
mod reload;
pub mod replay;
pub mod rewrite;
pub mod shipping;
pub mod start;
pub mod state;
mod writer;
