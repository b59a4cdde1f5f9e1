//! The 24 access bits of an entry: when, or how often, it was used.
//!
//! ```text
//! Recency:    [ 24 bits: seconds, wrapping after 194 days ]
//! Frequency:  [ 16 bits: minute of the last decay, wrapping after 45 days ][ 8 bits: logarithmic counter ]
//! ```

use crate::limits::{AccessPolicy, Limits};
use crate::random::Random;
use crate::time::UnixMillis;

const SECONDS_MASK: i64 = 0xff_ffff;
const MINUTES_MASK: i64 = 0xffff;
/// Where the counter of a new key starts, so that it isn't the first to be evicted.
const NEW_COUNTER: u32 = 5;

/// The bits of a key that is created now.
pub fn fresh(limits: &Limits, now: UnixMillis) -> u32 {
    match limits.access {
        AccessPolicy::Recency => seconds(now),
        AccessPolicy::Frequency => minutes(now) << 8 | NEW_COUNTER,
    }
}

/// The bits after one more access.
pub fn touched(old: u32, limits: &Limits, now: UnixMillis, random: &mut Random) -> u32 {
    match limits.access {
        AccessPolicy::Recency => seconds(now),
        AccessPolicy::Frequency => {
            let counter = frequency(old, limits, now);
            minutes(now) << 8 | incremented(counter, limits.lfu_log_factor, random)
        }
    }
}

/// How long ago the key was used, in milliseconds, to the second.
pub fn idle_millis(bits: u32, now: UnixMillis) -> u64 {
    u64::from(seconds(now).wrapping_sub(bits) & SECONDS_MASK as u32) * 1000
}

/// The access counter as it stands now, decay included.
pub fn frequency(bits: u32, limits: &Limits, now: UnixMillis) -> u32 {
    let counter = bits & 0xff;
    let elapsed = minutes(now).wrapping_sub(bits >> 8) & MINUTES_MASK as u32;
    match elapsed.checked_div(limits.lfu_decay_minutes) {
        Some(periods) => counter.saturating_sub(periods),
        None => counter,
    }
}

/// The bits of a key that was idle for `idle` seconds (RESTORE IDLETIME).
pub fn idle_for(idle: u64, now: UnixMillis) -> u32 {
    ((now.seconds() - (idle as i64)) & SECONDS_MASK) as u32
}

/// The bits of a key with this counter (RESTORE FREQ).
pub fn with_frequency(counter: u8, now: UnixMillis) -> u32 {
    minutes(now) << 8 | u32::from(counter)
}

fn incremented(counter: u32, log_factor: u32, random: &mut Random) -> u32 {
    if counter >= 255 {
        return 255;
    }
    let above = f64::from(counter.saturating_sub(NEW_COUNTER));
    let chance = 1.0 / (above * f64::from(log_factor) + 1.0);
    counter + u32::from(random.unit() < chance)
}

fn seconds(now: UnixMillis) -> u32 {
    (now.seconds() & SECONDS_MASK) as u32
}

fn minutes(now: UnixMillis) -> u32 {
    ((now.seconds() / 60) & MINUTES_MASK) as u32
}
