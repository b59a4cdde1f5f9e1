//! The io_uring of a core's sockets: what is queued, the one system call, what has completed.
//!
//! SINGLE_ISSUER and DEFER_TASKRUN: only the creating thread submits, and completions are made inside its own calls, never by
//! interrupting it. TASKRUN_FLAG lets a turn with nothing to do skip the call altogether.

use io_uring::types::{SubmitArgs, Timespec};
use io_uring::{EnterFlags, IoUring, cqueue, squeue};
use rustix::event::EventfdFlags;
use std::collections::VecDeque;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::time::Duration;

/// A finished operation, copied out of the shared ring.
#[derive(Clone, Copy)]
pub(super) struct Completion {
    pub(super) token: super::token::Token,
    /// Zero or more, or a negated error number.
    pub(super) result: i32,
    flags: u32,
}

impl Completion {
    /// Whether the operation stays armed and completes again.
    pub(super) fn more(&self) -> bool {
        cqueue::more(self.flags)
    }

    /// The provided buffer the kernel has filled.
    pub(super) fn buffer(&self) -> Option<u16> {
        cqueue::buffer_select(self.flags)
    }
}

/// How long to stay in the kernel for a first completion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Patience {
    None,
    Bounded(Duration),
    Endless,
}

pub(super) struct Ring {
    ring: IoUring,
    /// What did not fit into the submission queue, in order.
    overflow: VecDeque<squeue::Entry>,
    /// Operations queued since the start.
    pushed: u64,
    /// An eventfd the kernel writes to when there is something to do, made by the first who waits outside of the ring.
    bell: Option<OwnedFd>,
}

impl Ring {
    /// # Errors
    /// What `io_uring_setup` says; `runtime::probe` explains it to people.
    pub(super) fn new(entries: u32) -> std::io::Result<Self> {
        let ring = IoUring::builder()
            .setup_single_issuer()
            .setup_defer_taskrun()
            .setup_taskrun_flag()
            .setup_clamp()
            .setup_cqsize(entries.saturating_mul(4))
            .build(entries)?;
        Ok(Ring {
            ring,
            overflow: VecDeque::new(),
            pushed: 0,
            bell: None,
        })
    }

    /// Queues an operation for the next call.
    ///
    /// # Safety
    /// Descriptor and memory of the operation stay valid, and the memory untouched, until its last completion is reaped.
    pub(super) unsafe fn push(&mut self, entry: squeue::Entry) {
        self.pushed += 1;
        if !self.overflow.is_empty() {
            self.overflow.push_back(entry);
            return;
        }
        // SAFETY: the caller's promise.
        if unsafe { self.ring.submission().push(&entry) }.is_err() {
            self.overflow.push_back(entry);
        }
    }

    /// The number of the operation queued last, counted from 1.
    pub(super) fn pushed(&self) -> u64 {
        self.pushed
    }

    /// The number of the last operation that the kernel has taken.
    pub(super) fn submitted(&mut self) -> u64 {
        let queued = self.ring.submission().len() + self.overflow.len();
        self.pushed - queued as u64
    }

    /// Submits everything queued and lets the kernel finish what is ready; one system call, or none if there is nothing to do.
    ///
    /// # Errors
    /// Only those that mean the ring is unusable.
    pub(super) fn enter(&mut self, patience: Patience) -> std::io::Result<()> {
        while !self.overflow.is_empty() {
            self.call(Patience::None)?;
            if !self.refill() {
                // The kernel takes nothing before its completions are reaped.
                return Ok(());
            }
        }
        self.call(patience)
    }

    fn refill(&mut self) -> bool {
        let mut queue = self.ring.submission();
        let mut moved = false;
        while !queue.is_full() {
            let Some(entry) = self.overflow.pop_front() else {
                break;
            };
            // SAFETY: whoever pushed the entry made the promise `push` asks for; the queue is not full.
            moved |= unsafe { queue.push(&entry) }.is_ok();
        }
        moved
    }

    fn call(&mut self, patience: Patience) -> std::io::Result<()> {
        let (queued, idle) = {
            let queue = self.ring.submission();
            (queue.len() as u32, !queue.taskrun() && !queue.cq_overflow())
        };
        let patience = if self.ring.completion().is_empty() {
            patience
        } else {
            Patience::None
        };
        if patience == Patience::None && queued == 0 && idle {
            return Ok(());
        }
        let span = match patience {
            Patience::Bounded(span) => Some(
                Timespec::new()
                    .sec(span.as_secs())
                    .nsec(span.subsec_nanos()),
            ),
            _ => None,
        };
        let args = span
            .as_ref()
            .map_or(SubmitArgs::new(), |span| SubmitArgs::new().timespec(span));
        let flags = EnterFlags::GETEVENTS | EnterFlags::EXT_ARG;
        let least = u32::from(patience != Patience::None);
        // SAFETY: `args` matches EXT_ARG and, like the time it points to, outlives the call.
        let entered = unsafe {
            self.ring
                .submitter()
                .enter(queued, least, flags.bits(), Some(&args))
        };
        match entered {
            Ok(_) => Ok(()),
            Err(error) if is_passing(&error) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Whether a call would find something to do or to reap.
    pub(super) fn is_ready(&mut self) -> bool {
        let queue = self.ring.submission();
        let more = !queue.is_empty() || queue.taskrun() || queue.cq_overflow();
        drop(queue);
        more || !self.overflow.is_empty() || !self.ring.completion().is_empty()
    }

    /// Whether the kernel holds completions back for want of room; the next call brings them.
    pub(super) fn has_overflowed(&mut self) -> bool {
        self.ring.submission().cq_overflow()
    }

    /// From now until [`Ring::silence`] the returned eventfd becomes readable when [`Ring::is_ready`] becomes true; what was
    /// true before is to be asked after this call. Polling the ring's own descriptor is no substitute: with DEFER_TASKRUN
    /// work that waits for our next call does not wake those who poll.
    ///
    /// # Errors
    /// Out of descriptors.
    pub(super) fn listen_for_bell(&mut self) -> std::io::Result<RawFd> {
        if self.bell.is_none() {
            let flags = EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK;
            let bell = rustix::event::eventfd(0, flags)?;
            self.ring.submitter().register_eventfd(bell.as_raw_fd())?;
            self.bell = Some(bell);
        }
        self.ring.completion().enable_eventfd();
        Ok(self.bell.as_ref().map_or(-1, AsRawFd::as_raw_fd))
    }

    /// Ends what [`Ring::listen_for_bell`] began, for the bell costs the kernel something at each completion.
    pub(super) fn silence(&mut self) {
        let Some(bell) = &self.bell else { return };
        self.ring.completion().disable_eventfd();
        // Empty if it has not rung.
        let _ = rustix::io::read(bell, &mut [0; 8]);
    }

    /// Moves everything completed to the end of `into`.
    pub(super) fn reap(&mut self, into: &mut Vec<Completion>) {
        into.extend(self.ring.completion().map(|entry| Completion {
            token: super::token::Token::from_bits(entry.user_data()),
            result: entry.result(),
            flags: entry.flags(),
        }));
    }

    pub(super) fn submitter(&self) -> io_uring::Submitter<'_> {
        self.ring.submitter()
    }
}

/// A signal, the end of the wait, or a kernel that wants its completions reaped first: the next turn goes on.
fn is_passing(error: &std::io::Error) -> bool {
    matches!(
        error.raw_os_error(),
        Some(libc::EINTR | libc::ETIME | libc::EBUSY | libc::EAGAIN)
    )
}
