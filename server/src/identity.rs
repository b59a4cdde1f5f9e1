//! Who this server says it is.

/// Its own version.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The Redis version whose behaviour it has: clients choose their features by it.
pub const REDIS_VERSION: &str = "7.2.4";
