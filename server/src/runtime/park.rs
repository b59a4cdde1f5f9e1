//! How a core sleeps without missing a message of another core.
//!
//! ```text
//! sleeper                       waker
//! asleep = true                 put the message
//! fence                         fence
//! look for messages             read asleep
//! sleep in the kernel           write the eventfd, if it was true
//! ```
//!
//! Whatever the order, one of the two sees what the other did: either the sleeper finds the message, or the waker finds the
//! sleeper and the eventfd ends its sleep. The eventfd is polled by the core's own ring, so the wait stays in one place; only
//! beside background tasks it is the executor that polls it.

use rustix::event::EventfdFlags;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering, fence};

/// Wakes one core; cheap to clone and to call from any thread.
#[derive(Clone, Debug)]
pub struct Waker {
    bed: Arc<Bed>,
}

#[derive(Debug)]
struct Bed {
    asleep: AtomicBool,
    eventfd: Arc<OwnedFd>,
}

impl Waker {
    /// A waker of a core that is awake.
    ///
    /// # Errors
    /// Out of descriptors.
    pub fn new() -> std::io::Result<Self> {
        let eventfd = rustix::event::eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        let bed = Bed {
            asleep: AtomicBool::new(false),
            eventfd: Arc::new(eventfd),
        };
        Ok(Waker { bed: Arc::new(bed) })
    }

    /// Makes the core look at its messages. What was put before this call is seen; a fence and a load while it is awake, a
    /// system call for the first who finds it asleep.
    pub fn wake(&self) {
        fence(Ordering::SeqCst);
        if self.is_asleep() && self.bed.asleep.swap(false, Ordering::Relaxed) {
            // Fails only with a counter near 2^64, whose poll is ready anyway.
            let _ = rustix::io::write(&self.bed.eventfd, &1u64.to_ne_bytes());
        }
    }

    /// Whether the core sleeps or is about to. Only a hint unless a SeqCst fence stands between the message and this call.
    pub fn is_asleep(&self) -> bool {
        self.bed.asleep.load(Ordering::Relaxed)
    }

    pub(super) fn eventfd(&self) -> Arc<OwnedFd> {
        self.bed.eventfd.clone()
    }

    /// For the core itself, before it falls asleep elsewhere than in its ring: takes back earlier writes, so that the eventfd
    /// is readable only after a new one.
    pub(super) fn forget_wakes(&self) {
        // Empty if there were none.
        let _ = rustix::io::read(&self.bed.eventfd, &mut [0; 8]);
    }

    /// For the core itself: announces its sleep and looks once more. None when there is mail after all; otherwise the core
    /// counts as asleep until the returned guard is dropped.
    pub(super) fn fall_asleep(&self, has_mail: impl FnOnce() -> bool) -> Option<Asleep<'_>> {
        self.bed.asleep.store(true, Ordering::Relaxed);
        fence(Ordering::SeqCst);
        let asleep = Asleep { waker: self };
        if has_mail() { None } else { Some(asleep) }
    }
}

/// While this lives, wakers write to the eventfd.
pub(super) struct Asleep<'a> {
    waker: &'a Waker,
}

impl Drop for Asleep<'_> {
    fn drop(&mut self) {
        self.waker.bed.asleep.store(false, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rings(waker: &Waker) -> u64 {
        let mut count = [0; 8];
        match rustix::io::read(&waker.bed.eventfd, &mut count) {
            Ok(_) => u64::from_ne_bytes(count),
            Err(_) => 0,
        }
    }

    #[test]
    fn only_a_sleeper_is_rung_and_only_once() {
        let waker = Waker::new().unwrap();
        waker.wake();
        assert_eq!(rings(&waker), 0);
        let asleep = waker.fall_asleep(|| false);
        assert!(asleep.is_some() && waker.is_asleep());
        waker.clone().wake();
        waker.wake();
        drop(asleep);
        assert_eq!(rings(&waker), 1);
        assert!(!waker.is_asleep());
    }

    #[test]
    fn mail_at_the_last_moment_prevents_sleep() {
        let waker = Waker::new().unwrap();
        assert!(waker.fall_asleep(|| true).is_none());
        assert!(!waker.is_asleep());
    }
}
