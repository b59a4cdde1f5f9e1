//! Files of a running server: snapshots that are written while it serves, and data that is loaded. The formats and their
//! files are the crate `persistence`; here is who does what when.
//!
//! ```text
//! core that was asked ──> all locks ──> cut on every shard ──> each core walks its shard in slices ──> chunks
//!                                                                                                        │
//! core that was asked <── outcome ── writer thread: header, chunks, end; sync, rename, sync <────────────┘
//! ```

pub mod decode;
mod flush;
pub mod job;
pub mod load;
pub mod loading;
mod refusal;
pub mod reload;
pub mod save;
mod save_points;
pub mod saves;
pub mod thread;
pub mod transfer;
pub mod walk;
mod writer;
