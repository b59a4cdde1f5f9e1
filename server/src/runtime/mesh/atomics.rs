//! What the mesh is built from: the standard library's primitives, or loom's, which can be walked in every order.

#[cfg(loom)]
pub(super) use loom::{
    cell::UnsafeCell,
    sync::Arc,
    sync::atomic::{AtomicU32, AtomicUsize, Ordering, fence},
};
#[cfg(not(loom))]
pub(super) use std::sync::{
    Arc,
    atomic::{AtomicU32, AtomicUsize, Ordering, fence},
};

use std::ops::Deref;

/// A place that two cores use in turns. Has loom's interface, so that loom can check that the turns never overlap.
#[cfg(not(loom))]
#[derive(Debug)]
pub(super) struct UnsafeCell<T>(std::cell::UnsafeCell<T>);

#[cfg(not(loom))]
impl<T> UnsafeCell<T> {
    pub(super) fn new(value: T) -> Self {
        Self(std::cell::UnsafeCell::new(value))
    }

    /// Hands out the place for writing; whoever follows the pointer answers for being alone.
    #[inline]
    pub(super) fn with_mut<R>(&self, access: impl FnOnce(*mut T) -> R) -> R {
        access(self.0.get())
    }
}

/// A value alone in its cache lines: two, because processors fetch lines in pairs.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(super) struct Padded<T>(T);

impl<T> Padded<T> {
    pub(super) fn new(value: T) -> Self {
        Self(value)
    }
}

impl<T> Deref for Padded<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

/// Waits a little for another core. After some rounds the core that is waited for is probably not running, and gets
/// the processor.
#[derive(Default)]
pub(super) struct Patience {
    rounds: u32,
}

impl Patience {
    /// About a microsecond of looking again.
    #[cfg(not(loom))]
    const ROUNDS: u32 = 64;

    #[cfg(not(loom))]
    pub(super) fn wait(&mut self) {
        if self.rounds < Self::ROUNDS {
            self.rounds += 1;
            std::hint::spin_loop();
        } else {
            std::thread::yield_now();
        }
    }

    #[cfg(loom)]
    pub(super) fn wait(&mut self) {
        self.rounds += 1;
        loom::thread::yield_now();
    }
}
