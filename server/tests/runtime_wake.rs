//! Cores that wake each other: no message is slept through, whoever is how fast.

use server::runtime::background;
use server::runtime::core::{CoreId, CoreSpec, CoreTask, Next, run_cores};
use server::runtime::net::{NetEvent, NetOps};
use server::runtime::park::Waker;
use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// A ring of cores that pass a growing number on: core i waits for its box to change.
struct Relay {
    boxes: Arc<Vec<AtomicU64>>,
    core: usize,
    next: Waker,
    seen: u64,
    last: u64,
    background: bool,
}

impl Relay {
    fn inbox(&self) -> u64 {
        self.boxes[self.core].load(Ordering::Acquire)
    }
}

impl CoreTask for Relay {
    fn on_start(&mut self, _ops: &mut NetOps) {
        if self.background {
            background::spawn_background(background::sleep(Duration::from_secs(3600)));
        }
    }

    fn on_event(&mut self, _ops: &mut NetOps, _event: NetEvent<'_>) {}

    fn tick(&mut self, _ops: &mut NetOps, _now: Instant) -> Next {
        let number = self.inbox();
        if number != self.seen {
            self.seen = number;
            let next = (self.core + 1) % self.boxes.len();
            self.boxes[next].store(number + 1, Ordering::Release);
            self.next.wake();
        }
        if self.seen >= self.last {
            Next::Stop
        } else {
            Next::Park(None)
        }
    }

    fn has_mail(&self) -> bool {
        self.inbox() != self.seen
    }
}

fn relay(cores: u16, spin: u32, last: u64, background: bool) {
    let mut spec = CoreSpec::new(cores).unwrap();
    spec.spin = spin;
    let boxes: Arc<Vec<AtomicU64>> = Arc::new((0..cores).map(|_| AtomicU64::new(0)).collect());
    let wakers = spec.wakers().to_vec();
    let first = (boxes.clone(), wakers[0].clone());
    let make = move |core: CoreId| {
        let core = usize::from(core.0);
        let next = wakers[(core + 1) % wakers.len()].clone();
        Relay {
            boxes: boxes.clone(),
            core,
            next,
            seen: 0,
            last,
            background,
        }
    };
    let handles = run_cores(spec, make).unwrap();
    first.0[0].store(1, Ordering::Release);
    first.1.wake();
    handles.join().unwrap();
}

#[test]
fn no_message_is_slept_through() {
    relay(2, 0, 20_000, false);
    relay(2, 2, 10_000, false);
    relay(4, 1, 10_000, false);
}

#[test]
fn no_message_is_slept_through_beside_background_work() {
    relay(2, 1, 5_000, true);
}

/// Parks to a deadline, with or without something in the background.
struct Clock {
    start: Instant,
    ticks: u32,
    background: bool,
    steps: Rc<Cell<u32>>,
}

impl CoreTask for Clock {
    fn on_start(&mut self, _ops: &mut NetOps) {
        if self.background {
            let steps = self.steps.clone();
            background::spawn_background(async move {
                for _ in 0..5 {
                    background::sleep(Duration::from_millis(4)).await;
                    let answer = background::blocking(|| 42).await;
                    steps.set(steps.get() + u32::from(answer == 42));
                }
            });
        }
    }

    fn on_event(&mut self, _ops: &mut NetOps, _event: NetEvent<'_>) {}

    fn tick(&mut self, _ops: &mut NetOps, now: Instant) -> Next {
        self.ticks += 1;
        let end = self.start + Duration::from_millis(200);
        if now < end {
            return Next::Park(Some(end));
        }
        assert!(now < end + Duration::from_millis(150), "woken late");
        assert!(self.ticks < 60, "{} ticks in one sleep", self.ticks);
        assert_eq!(self.steps.get(), if self.background { 5 } else { 0 });
        Next::Stop
    }

    fn has_mail(&self) -> bool {
        false
    }
}

fn clock(background: bool) {
    let make = move |_| Clock {
        start: Instant::now(),
        ticks: 0,
        background,
        steps: Rc::new(Cell::new(0)),
    };
    run_cores(CoreSpec::new(1).unwrap(), make)
        .unwrap()
        .join()
        .unwrap();
}

#[test]
fn a_deadline_ends_the_sleep() {
    clock(false);
}

#[test]
fn a_deadline_ends_the_sleep_beside_background_work() {
    clock(true);
}

/// Leaves while a helper thread still works for it.
struct Hasty;

impl CoreTask for Hasty {
    fn on_start(&mut self, _ops: &mut NetOps) {
        background::spawn_background(async {
            background::blocking(|| std::thread::sleep(Duration::from_millis(100))).await;
        });
    }

    fn on_event(&mut self, _ops: &mut NetOps, _event: NetEvent<'_>) {}

    fn tick(&mut self, _ops: &mut NetOps, _now: Instant) -> Next {
        Next::Stop
    }

    fn has_mail(&self) -> bool {
        false
    }
}

#[test]
fn a_core_ends_after_its_blocking_calls() {
    let start = Instant::now();
    run_cores(CoreSpec::new(1).unwrap(), |_| Hasty)
        .unwrap()
        .join()
        .unwrap();
    // The call starts with the executor's next round; it is either not begun or waited for.
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[test]
fn a_core_that_cannot_be_made_is_a_start_error() {
    let refused = run_cores(CoreSpec::new(2).unwrap(), |core: CoreId| -> Hasty {
        assert!(core.0 != 1, "no such shard");
        Hasty
    });
    let text = refused.expect_err("core 1 cannot start").to_string();
    assert!(
        text.contains("core 1") && text.contains("no such shard"),
        "{text}"
    );
}
