//! Redis's RDB format: what a snapshot consists of, and what DUMP hands out.
//!
//! Whatever bytes come in, reading ends with a value or with a [`Fault`] and where it was found: it does not panic, and it
//! allocates no more than a small multiple of the bytes that are there.

pub mod crc64;
pub mod fault;
pub mod format;
pub mod functions_payload;
pub mod lzf;
pub mod payload;
pub mod reader;
pub mod skip;
pub mod values;
pub mod writer;
mod ziplist;
mod zipmap;

pub use fault::{Fault, FaultKind};
