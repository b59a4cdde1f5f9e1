//! Scripts and functions.

use super::WIDE_NATURAL;

topic! {
    /// Scripts and functions.
    pub struct Scripting in scripting {
        /// Milliseconds after which a running script makes other clients hear BUSY; 0 never does.
        busy_reply_threshold: i64 = 5000, "busy-reply-threshold" / "lua-time-limit", WIDE_NATURAL;
    }
}
