//! Points in time as the engine sees them. Nobody here reads a clock: the caller hands every moment in.

/// Milliseconds since 1970-01-01 UTC. Expiry times are of this kind; so is "now" while a command runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct UnixMillis(pub i64);

impl UnixMillis {
    /// Whole seconds since 1970, rounded down.
    pub fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }
}
