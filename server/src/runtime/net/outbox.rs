//! What a connection has to send: one buffer with the kernel, the others waiting behind it.
//!
//! Invariant: the bytes of the buffer in flight neither move nor change until its send completes.

use std::collections::VecDeque;

/// The sending half of a connection.
#[derive(Default)]
pub(super) struct Outbox {
    flight: Option<Flight>,
    waiting: VecDeque<Vec<u8>>,
    /// Bytes in `waiting`.
    waiting_bytes: usize,
}

struct Flight {
    buf: Vec<u8>,
    /// Bytes of `buf` the kernel has taken.
    taken: usize,
}

/// What a completed send means.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// The rest of the same buffer has to be submitted.
    Partly,
    /// The buffer is out.
    Done { buf: Vec<u8>, written: usize },
}

impl Outbox {
    /// Queues `buf`, which is not empty. True when nothing was in flight, so that [`Outbox::span`] is to be submitted now.
    pub(super) fn push(&mut self, buf: Vec<u8>) -> bool {
        debug_assert!(!buf.is_empty());
        if self.flight.is_some() {
            self.waiting_bytes += buf.len();
            self.waiting.push_back(buf);
            return false;
        }
        self.flight = Some(Flight { buf, taken: 0 });
        true
    }

    /// The bytes of the buffer in flight that the kernel has not taken.
    pub(super) fn span(&self) -> Option<&[u8]> {
        self.flight
            .as_ref()
            .map(|flight| &flight.buf[flight.taken..])
    }

    /// The kernel took `bytes` more of the buffer in flight. None when nothing was in flight.
    pub(super) fn advance(&mut self, bytes: usize) -> Option<Progress> {
        let flight = self.flight.as_mut()?;
        flight.taken = (flight.taken + bytes).min(flight.buf.len());
        if flight.taken < flight.buf.len() {
            return Some(Progress::Partly);
        }
        let Flight { mut buf, taken } = self.flight.take()?;
        buf.clear();
        Some(Progress::Done {
            buf,
            written: taken,
        })
    }

    /// Puts the next waiting buffer in flight; true when there was one.
    pub(super) fn launch(&mut self) -> bool {
        debug_assert!(self.flight.is_none());
        let Some(buf) = self.waiting.pop_front() else {
            return false;
        };
        self.waiting_bytes -= buf.len();
        self.flight = Some(Flight { buf, taken: 0 });
        true
    }

    /// Drops what the kernel does not hold.
    pub(super) fn forget_waiting(&mut self) {
        self.waiting = VecDeque::new();
        self.waiting_bytes = 0;
    }

    /// The kernel has given the buffer in flight back unfinished: drops it.
    pub(super) fn forget_flight(&mut self) {
        self.flight = None;
    }

    pub(super) fn is_any_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    pub(super) fn is_in_flight(&self) -> bool {
        self.flight.is_some()
    }

    /// Bytes not yet taken by the kernel.
    pub(super) fn unsent(&self) -> usize {
        self.waiting_bytes + self.span().map_or(0, <[u8]>::len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_byte_leaves_once_and_in_order(
            bufs in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 1..40), 1..10),
            steps in proptest::collection::vec(1usize..30, 1..200),
        ) {
            let expected: Vec<u8> = bufs.concat();
            let mut outbox = Outbox::default();
            let mut total = 0;
            for buf in bufs {
                total += buf.len();
                outbox.push(buf);
                prop_assert_eq!(outbox.unsent(), total);
            }
            let mut out = Vec::new();
            for step in steps {
                let Some(span) = outbox.span() else { break };
                let taken = step.min(span.len());
                out.extend_from_slice(&span[..taken]);
                if let Some(Progress::Done { buf, .. }) = outbox.advance(taken) {
                    prop_assert!(buf.is_empty());
                    outbox.launch();
                }
                prop_assert_eq!(outbox.unsent(), total - out.len());
            }
            prop_assert!(expected.starts_with(&out));
            prop_assert_eq!(outbox.is_in_flight(), out.len() < expected.len());
        }
    }

    #[test]
    fn what_the_kernel_holds_outlives_the_rest() {
        let mut outbox = Outbox::default();
        assert!(outbox.push(vec![1, 2, 3]));
        assert!(!outbox.push(vec![4]));
        outbox.forget_waiting();
        assert_eq!(outbox.unsent(), 3);
        outbox.forget_flight();
        assert_eq!(outbox.unsent(), 0);
        assert_eq!(outbox.advance(1), None);
    }
}
