//! What a core runs on: its thread, its sockets, its sleep, its memory. Nothing outside this room names io_uring or glommio.
//!
//! - [`core`](mod@core): one pinned thread per shard and the loop that turns its ticks.
//! - [`net`]: the sockets of a core on a ring of its own.
//! - [`mesh`]: messages between cores, in one order.
//! - [`park`]: how a core sleeps and how others wake it.
//! - [`background`]: tasks, timers and blocking calls beside the ticks.
//! - [`probe`]: says before the start what this machine refuses us.
//! - [`allocator`]: the global allocator and its figures.

pub mod allocator;
pub mod background;
pub mod core;
pub mod mesh;
pub mod net;
pub mod park;
pub mod probe;
