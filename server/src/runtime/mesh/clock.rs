//! The clock that stamps are read from.

use engine::order::Stamp;

/// A clock that all cores share.
///
/// An implementation promises:
/// - it never runs back, whichever cores read it one after the other;
/// - a reading happens where it stands: not before the memory accesses written before it (after a full barrier), and not
///   after those written behind it.
pub trait Clock {
    /// The time in nanoseconds.
    fn now(&self) -> Stamp;
}

/// CLOCK_MONOTONIC: nanoseconds since boot, without the time the machine was suspended.
#[cfg(not(loom))]
#[derive(Clone, Copy, Debug, Default)]
pub struct MonotonicClock;

#[cfg(not(loom))]
impl Clock for MonotonicClock {
    #[inline]
    fn now(&self) -> Stamp {
        let in_place = InPlace::before();
        let time = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
        in_place.after();
        // Invariant: the kernel counts this clock up from 0, so both parts are positive.
        Stamp(time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64)
    }
}

/// Keeps a reading where it stands. Reading a processor's counter is no memory access, so fences of memory do not hold it:
/// on x86 a later load could happen first. On Arm the kernel's own code orders the counter both ways.
#[cfg(not(loom))]
struct InPlace;

#[cfg(not(loom))]
impl InPlace {
    #[inline]
    fn before() -> Self {
        Self::wait();
        Self
    }

    #[inline]
    fn after(self) {
        Self::wait();
    }

    #[inline]
    fn wait() {
        #[cfg(target_arch = "x86_64")]
        {
            // SAFETY: every x86-64 processor has SSE2, of which this is a part; it touches no memory.
            unsafe { std::arch::x86_64::_mm_lfence() }
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn the_clock_does_not_run_back() {
        let readings: Vec<Stamp> = (0..10_000).map(|_| MonotonicClock.now()).collect();
        assert!(readings.is_sorted());
        assert!(readings[0] < readings[9_999]);
    }
}
