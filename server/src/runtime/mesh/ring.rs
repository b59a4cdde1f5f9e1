//! A ring from one core to another: one sends, one receives, neither waits.
//!
//! ```text
//!   slots    [ free ][ full ][ full ][ free ] ..      a power of two of them
//!   head     counts what was taken, written by the receiver
//!   tail     counts what was sent, written by the sender
//! ```
//!
//! Both count on without end and wrap with `usize`; a counter's slot is its remainder by the number of slots.
//!
//! Invariants:
//! - `0 <= tail - head <= slots`, in wrapping arithmetic.
//! - Slots from head up to tail hold a value and are the receiver's; all others are empty and the sender's. A slot
//!   changes hands by a Release store of the counter that the other side loads with Acquire.
//! - `Sender` and `Receiver` exist once for a ring and take `&mut self` where they move a counter.

use std::mem::MaybeUninit;

use super::atomics::{Arc, AtomicUsize, Ordering, Padded, UnsafeCell};

struct Ring<T> {
    head: Padded<AtomicUsize>,
    tail: Padded<AtomicUsize>,
    slots: Box<[UnsafeCell<MaybeUninit<T>>]>,
}

// SAFETY: a value in a slot is reached by one side at a time, see the invariants, so sharing the ring only moves values
// from thread to thread, which `T: Send` allows.
unsafe impl<T: Send> Send for Ring<T> {}
// SAFETY: as above; no `&T` is ever handed out.
unsafe impl<T: Send> Sync for Ring<T> {}

impl<T> Ring<T> {
    fn slot(&self, count: usize) -> &UnsafeCell<MaybeUninit<T>> {
        &self.slots[count & (self.slots.len() - 1)]
    }
}

impl<T> Drop for Ring<T> {
    fn drop(&mut self) {
        let (mut head, tail) = (
            self.head.load(Ordering::Acquire),
            self.tail.load(Ordering::Acquire),
        );
        while head != tail {
            // SAFETY: both sides are gone and slots from head up to tail hold a value.
            self.slot(head)
                .with_mut(|slot| unsafe { (*slot).assume_init_drop() });
            head = head.wrapping_add(1);
        }
    }
}

/// A ring with at least `capacity` slots.
pub(super) fn ring<T: Send>(capacity: usize) -> (Sender<T>, Receiver<T>) {
    let slots = capacity.max(1).next_power_of_two();
    let ring = Arc::new(Ring {
        head: Padded::new(AtomicUsize::new(0)),
        tail: Padded::new(AtomicUsize::new(0)),
        slots: (0..slots)
            .map(|_| UnsafeCell::new(MaybeUninit::uninit()))
            .collect(),
    });
    (
        Sender {
            ring: ring.clone(),
            tail: 0,
            head_seen: 0,
        },
        Receiver { ring, head: 0 },
    )
}

/// The end that fills slots.
pub(super) struct Sender<T> {
    ring: Arc<Ring<T>>,
    tail: usize,
    /// A head that was true once. Reading the true one costs a cache miss, and this is enough until the ring looks full.
    head_seen: usize,
}

impl<T: Send> Sender<T> {
    /// Whether a slot is free. It stays so until the next push.
    pub(super) fn has_room(&mut self) -> bool {
        let slots = self.ring.slots.len();
        if self.tail.wrapping_sub(self.head_seen) < slots {
            return true;
        }
        self.head_seen = self.ring.head.load(Ordering::Acquire);
        self.tail.wrapping_sub(self.head_seen) < slots
    }

    /// Sends a value, or gives it back if no slot is free.
    pub(super) fn push(&mut self, value: T) -> Result<(), T> {
        if !self.has_room() {
            return Err(value);
        }
        // SAFETY: a free slot at the tail is the sender's, and there is one sender.
        self.ring
            .slot(self.tail)
            .with_mut(|slot| unsafe { (*slot).write(value) });
        self.tail = self.tail.wrapping_add(1);
        self.ring.tail.store(self.tail, Ordering::Release);
        Ok(())
    }
}

/// The end that empties slots.
pub(super) struct Receiver<T> {
    ring: Arc<Ring<T>>,
    head: usize,
}

impl<T: Send> Receiver<T> {
    /// Whether nothing has arrived.
    pub(super) fn is_empty(&self) -> bool {
        self.ring.tail.load(Ordering::Acquire) == self.head
    }

    /// Takes what had arrived when this was called, oldest first.
    pub(super) fn drain(&mut self, mut take: impl FnMut(T)) {
        let tail = self.ring.tail.load(Ordering::Acquire);
        while self.head != tail {
            // SAFETY: the slot at the head holds a value and is the receiver's, and there is one receiver. The head moves
            // on before anybody sees the value, so it is not read twice.
            let value = self
                .ring
                .slot(self.head)
                .with_mut(|slot| unsafe { (*slot).assume_init_read() });
            self.head = self.head.wrapping_add(1);
            self.ring.head.store(self.head, Ordering::Release);
            take(value);
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use std::collections::VecDeque;
    use std::sync::Mutex;

    use proptest::collection::vec;
    use proptest::prelude::*;

    fn drained<T: Send>(receiver: &mut Receiver<T>) -> Vec<T> {
        let mut values = Vec::new();
        receiver.drain(|value| values.push(value));
        values
    }

    #[test]
    fn a_full_ring_gives_the_value_back() {
        let (mut sender, mut receiver) = ring(2);
        assert_eq!(
            (sender.push(1), sender.push(2), sender.push(3)),
            (Ok(()), Ok(()), Err(3))
        );
        assert!(!sender.has_room());
        assert_eq!(drained(&mut receiver), [1, 2]);
        assert!(sender.has_room() && receiver.is_empty());
    }

    #[test]
    fn what_nobody_took_is_dropped_with_the_ring() {
        let value = Arc::new(());
        let (mut sender, mut receiver) = ring(4);
        for _ in 0..3 {
            sender.push(value.clone()).unwrap();
        }
        receiver.drain(drop);
        sender.push(value.clone()).unwrap();
        assert_eq!(Arc::strong_count(&value), 2);
        drop((sender, receiver));
        assert_eq!(Arc::strong_count(&value), 1);
    }

    #[test]
    fn the_counters_may_wrap() {
        let (mut sender, mut receiver) = ring(2);
        let start = usize::MAX - 1;
        (sender.tail, sender.head_seen, receiver.head) = (start, start, start);
        sender.ring.head.store(start, Ordering::Relaxed);
        sender.ring.tail.store(start, Ordering::Relaxed);
        for round in 0..5 {
            assert_eq!(
                (sender.push(round), sender.push(round), sender.push(round)),
                (Ok(()), Ok(()), Err(round))
            );
            assert_eq!(drained(&mut receiver), [round, round]);
        }
    }

    #[test]
    fn a_panic_while_taking_loses_nothing_else() {
        let (mut sender, mut receiver) = ring(4);
        for value in 0..3 {
            sender.push(Box::new(value)).unwrap();
        }
        let receiver = Mutex::new(&mut receiver);
        let broken =
            std::panic::catch_unwind(|| receiver.lock().unwrap().drain(|_| panic!("on purpose")));
        assert!(broken.is_err());
        let receiver = receiver
            .into_inner()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        assert_eq!(drained(receiver), [Box::new(1), Box::new(2)]);
    }

    proptest! {
        #[test]
        fn a_ring_is_a_queue(steps in vec(any::<bool>(), 0..300), capacity in 0usize..9) {
            let (mut sender, mut receiver) = ring(capacity);
            let (mut model, slots) = (VecDeque::new(), capacity.max(1).next_power_of_two());
            for (value, push) in steps.into_iter().enumerate() {
                if push {
                    let fits = model.len() < slots;
                    prop_assert_eq!(sender.has_room(), fits);
                    prop_assert_eq!(sender.push(value).is_ok(), fits);
                    model.extend(fits.then_some(value));
                } else {
                    prop_assert_eq!(receiver.is_empty(), model.is_empty());
                    prop_assert_eq!(drained(&mut receiver), model.drain(..).collect::<Vec<_>>());
                }
            }
        }
    }

    #[test]
    fn two_threads_pass_values_in_order() {
        const VALUES: usize = 200_000;
        let (mut sender, mut receiver) = ring(8);
        std::thread::scope(|scope| {
            scope.spawn(move || {
                for mut value in (0..VALUES).map(Box::new) {
                    while let Err(back) = sender.push(value) {
                        value = back;
                        std::thread::yield_now();
                    }
                }
            });
            let mut expected = 0;
            while expected < VALUES {
                receiver.drain(|value| {
                    assert_eq!(*value, expected);
                    expected += 1;
                });
                std::thread::yield_now();
            }
        });
    }
}
