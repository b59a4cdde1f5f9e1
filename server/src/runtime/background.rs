//! Work beside the driver of a core: tasks of its executor, timers, and calls that block.
//!
//! Invariant: while `alive` is 0 the executor has nothing but the driver, so the driver need not yield to it and may sleep
//! in its own ring. Every step of a background task pokes the driver, for the step may have made work for a tick.

use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::{Context, Waker};
use std::time::Duration;

thread_local! {
    static ALIVE: Cell<usize> = const { Cell::new(0) };
    static BLOCKING: Cell<usize> = const { Cell::new(0) };
    static DRIVER: RefCell<Option<Waker>> = const { RefCell::new(None) };
}

/// Runs `future` on this core beside its ticks. It must not keep the core busy between two awaits for longer than a tick may
/// take. At the end of the core it is dropped wherever it stands.
///
/// # Panics
/// Outside of a core's thread.
pub fn spawn_background(future: impl Future<Output = ()> + 'static) {
    let alive = Alive::new();
    let task = async move {
        let _alive = alive;
        let mut future = pin!(future);
        poll_fn(|context| {
            let progress = future.as_mut().poll(context);
            poke();
            progress
        })
        .await;
    };
    glommio::spawn_local(task).detach();
}

/// Waits, letting the core work on; at least `span`, usually less than a millisecond longer.
pub async fn sleep(span: Duration) {
    glommio::timer::Timer::new(span).await;
}

/// Runs `call`, which may block, on a helper thread of this core. The core does not end before the call does, also when
/// nobody waits for it any more.
///
/// # Panics
/// When `call` panics.
pub async fn blocking<R: Send + 'static>(call: impl FnOnce() -> R + Send + 'static) -> R {
    let running = Running::new();
    let task = async move {
        let _running = running;
        glommio::executor().spawn_blocking(call).await
    };
    let result = glommio::spawn_local(task).detach().await;
    result.expect("a detached task is never cancelled")
}

/// Waits for the calls on helper threads. An executor that ended before them would leave their answers nowhere to go, which
/// glommio takes for a reason to panic.
pub(super) async fn await_blocking_calls() {
    while BLOCKING.get() > 0 {
        sleep(Duration::from_millis(1)).await;
    }
}

/// Background tasks of this core that have not ended.
pub(super) fn alive() -> usize {
    ALIVE.get()
}

/// The next step of any background task wakes the task of `context`.
pub(super) fn wake_driver_on_progress(context: &Context<'_>) {
    DRIVER.with_borrow_mut(|driver| match driver {
        Some(waker) => waker.clone_from(context.waker()),
        None => *driver = Some(context.waker().clone()),
    });
}

/// Whether a background task has made a step since [`wake_driver_on_progress`].
pub(super) fn has_poked() -> bool {
    DRIVER.with_borrow(Option::is_none)
}

fn poke() {
    let driver = DRIVER.with_borrow_mut(Option::take);
    if let Some(driver) = driver {
        driver.wake();
    }
}

struct Alive;

impl Alive {
    fn new() -> Self {
        ALIVE.set(ALIVE.get() + 1);
        Alive
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        ALIVE.set(ALIVE.get() - 1);
        poke();
    }
}

struct Running;

impl Running {
    fn new() -> Self {
        BLOCKING.set(BLOCKING.get() + 1);
        Running
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        BLOCKING.set(BLOCKING.get() - 1);
    }
}
