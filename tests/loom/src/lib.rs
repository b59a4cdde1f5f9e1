//! Walks the interleavings of the mesh's own sources, with loom in place of the standard library's atomics:
//!
//! ```text
//! RUSTFLAGS="--cfg loom" cargo test -p darter-loom --release --target-dir target/loom
//! ```
//!
//! A crate of its own, because most of what the server depends on does not build under `--cfg loom`. Without it, this
//! crate is empty.

#[cfg(loom)]
#[path = "../../../server/src/runtime/mesh/mod.rs"]
pub mod mesh;

#[cfg(all(loom, test))]
mod order;
#[cfg(all(loom, test))]
mod sleep;
