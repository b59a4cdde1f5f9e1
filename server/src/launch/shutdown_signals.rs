//! SIGTERM and SIGINT become a pending request that cores learn of through an eventfd.
//!
//! The first signal is kept and makes the eventfd readable. A SIGINT while one is pending ends the process at once with
//! status 1: whoever presses Ctrl+C twice does not want to wait. SIGHUP and SIGPIPE are ignored.
//!
//! Invariant: the handler only touches atomics and calls write(2) and _exit(2), which are safe in handlers.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI32, Ordering};

/// The signal that waits to be acted on; 0 is none.
static PENDING: AtomicI32 = AtomicI32::new(0);
/// The eventfd; -1 before there is one. It stays open for the life of the process.
static WAKE: AtomicI32 = AtomicI32::new(-1);
static EVENT: OnceLock<OwnedFd> = OnceLock::new();

const LAST_WORDS: &[u8] = b"You insist... exiting now.\n";

/// A request to shut down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// From the keyboard.
    Interrupt,
    /// From a supervisor.
    Terminate,
}

impl Signal {
    /// What the log says when a core acts on it.
    pub fn message(self, loading: bool) -> &'static str {
        match self {
            _ if loading => "Received shutdown signal during loading, scheduling shutdown.",
            Self::Interrupt => "Received SIGINT scheduling shutdown...",
            Self::Terminate => "Received SIGTERM scheduling shutdown...",
        }
    }
}

/// The installed handlers; copies are the same.
#[derive(Debug, Clone, Copy)]
pub struct ShutdownSignals {
    event: &'static OwnedFd,
}

impl ShutdownSignals {
    /// Installs the handlers. Later calls find the same eventfd.
    ///
    /// # Errors
    /// The eventfd cannot be made.
    pub fn install() -> io::Result<Self> {
        let event = match EVENT.get() {
            Some(event) => event,
            None => {
                let fresh = new_event()?;
                EVENT.get_or_init(|| fresh)
            }
        };
        WAKE.store(event.as_raw_fd(), Ordering::SeqCst);
        for signal in [libc::SIGTERM, libc::SIGINT] {
            handle(
                signal,
                on_signal as extern "C" fn(libc::c_int) as libc::sighandler_t,
            )?;
        }
        for signal in [libc::SIGHUP, libc::SIGPIPE] {
            handle(signal, libc::SIG_IGN)?;
        }
        Ok(Self { event })
    }

    /// Waits for a signal. None if it was forgotten before it could be looked at.
    pub fn wait(&self) -> Option<Signal> {
        use rustix::event::{PollFd, PollFlags, poll};
        // An interrupted wait is looked at like any other.
        let _ = poll(&mut [PollFd::new(self, PollFlags::IN)], None);
        // Nothing to read is no harm: then there is nothing pending either.
        let _ = rustix::io::read(self, &mut [0u8; 8]);
        self.pending()
    }

    /// The request that waits to be acted on.
    pub fn pending(&self) -> Option<Signal> {
        pending()
    }

    /// Forgets the request: see [`forget`].
    pub fn clear(&self) {
        forget();
    }
}

/// The request that waits to be acted on.
pub fn pending() -> Option<Signal> {
    match PENDING.load(Ordering::SeqCst) {
        libc::SIGINT => Some(Signal::Interrupt),
        libc::SIGTERM => Some(Signal::Terminate),
        _ => None,
    }
}

/// Forgets the request, as SHUTDOWN ABORT does: the next signal is a first one again. Returns whether there was one.
pub fn forget() -> bool {
    PENDING.swap(0, Ordering::SeqCst) != 0
}

/// An eventfd: readable (eight bytes) after a signal. A core reads it, or polls it and leaves it for other cores.
impl AsFd for ShutdownSignals {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.event.as_fd()
    }
}

fn new_event() -> io::Result<OwnedFd> {
    // SAFETY: takes two numbers; a result that is not -1 is a descriptor that nobody else owns.
    match unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) } {
        -1 => Err(io::Error::last_os_error()),
        // SAFETY: see above.
        descriptor => Ok(unsafe { OwnedFd::from_raw_fd(descriptor) }),
    }
}

fn handle(signal: libc::c_int, action: libc::sighandler_t) -> io::Result<()> {
    // SAFETY: sigaction is plain data for which zeros are an empty mask and no flags.
    let mut wanted: libc::sigaction = unsafe { std::mem::zeroed() };
    wanted.sa_sigaction = action;
    wanted.sa_flags = libc::SA_RESTART;
    // SAFETY: `wanted` lives through the call; the handler keeps the invariant of this file.
    match unsafe { libc::sigaction(signal, &raw const wanted, std::ptr::null_mut()) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

extern "C" fn on_signal(signal: libc::c_int) {
    let earlier = PENDING.swap(signal, Ordering::SeqCst);
    if earlier != 0 && signal == libc::SIGINT {
        // SAFETY: write(2) and _exit(2) are safe in handlers; the text is static.
        unsafe {
            libc::write(
                libc::STDOUT_FILENO,
                LAST_WORDS.as_ptr().cast(),
                LAST_WORDS.len(),
            );
            libc::_exit(1);
        }
    }
    let one = 1u64.to_ne_bytes();
    // SAFETY: write(2) is safe in handlers, and `one` lives through the call. A full counter is readable already. errno
    // is this thread's own; whoever was interrupted may be about to read it, so it is put back.
    unsafe {
        let errno = libc::__errno_location();
        let kept = *errno;
        libc::write(WAKE.load(Ordering::SeqCst), one.as_ptr().cast(), one.len());
        *errno = kept;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_is_pending_and_wakes_until_it_is_cleared() {
        let signals = ShutdownSignals::install().expect("eventfd");
        assert_eq!(signals.pending(), None);
        for (number, signal) in [
            (libc::SIGTERM, Signal::Terminate),
            (libc::SIGINT, Signal::Interrupt),
        ] {
            // SAFETY: raising a signal touches no memory; both are handled since `install`.
            unsafe { libc::raise(number) };
            assert_eq!(signals.pending(), Some(signal));
            let mut count = [0u8; 8];
            // SAFETY: the buffer has the eight bytes that an eventfd needs.
            let read = unsafe {
                libc::read(
                    signals.as_fd().as_raw_fd(),
                    count.as_mut_ptr().cast(),
                    count.len(),
                )
            };
            assert_eq!((read, u64::from_ne_bytes(count)), (8, 1));
            signals.clear();
            assert_eq!(signals.pending(), None);
        }
        for ignored in [libc::SIGHUP, libc::SIGPIPE] {
            // SAFETY: as above; both are ignored.
            unsafe { libc::raise(ignored) };
        }
        assert_eq!(signals.pending(), None);
    }

    #[test]
    fn the_log_says_what_redis_says() {
        assert_eq!(
            Signal::Terminate.message(false),
            "Received SIGTERM scheduling shutdown..."
        );
        assert_eq!(
            Signal::Interrupt.message(false),
            "Received SIGINT scheduling shutdown..."
        );
        assert!(Signal::Interrupt.message(true).contains("during loading"));
    }
}
