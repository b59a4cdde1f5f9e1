//! The clock that commands are timed with: the processor's counter where it runs evenly on all cores, else the kernel's
//! monotonic clock. Its unit is known only afterwards, by comparison with the kernel's clock ([`Rate`]).

use std::sync::OnceLock;
use std::time::Instant;

use engine::shard::meter::Clock;

/// The best clock of this machine.
pub fn clock() -> Clock {
    static CHOICE: OnceLock<Clock> = OnceLock::new();
    *CHOICE.get_or_init(|| {
        if is_counter_even() {
            counter
        } else {
            monotonic
        }
    })
}

/// What the clock is called in INFO.
pub fn name(rate: &Rate) -> String {
    if is_counter_even() {
        format!("X86 TSC @ {:.0} ticks/us", 1000.0 / rate.nanos_per_unit())
    } else {
        "POSIX clock_gettime".to_owned()
    }
}

fn monotonic() -> u64 {
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed().as_nanos() as u64
}

#[cfg(target_arch = "x86_64")]
fn counter() -> u64 {
    // SAFETY: every x86-64 processor has this instruction; the kernel of no known system forbids it to programs.
    unsafe { std::arch::x86_64::_rdtsc() }
}

#[cfg(not(target_arch = "x86_64"))]
fn counter() -> u64 {
    monotonic()
}

/// Whether the kernel itself takes its time from the counter: it does so only where it is even on all cores.
fn is_counter_even() -> bool {
    static EVEN: OnceLock<bool> = OnceLock::new();
    const SOURCE: &str = "/sys/devices/system/clocksource/clocksource0/current_clocksource";
    *EVEN.get_or_init(|| {
        let kernel = std::fs::read_to_string(SOURCE).unwrap_or_default();
        cfg!(target_arch = "x86_64") && kernel.trim() == "tsc"
    })
}

/// How long the clock's unit is: both clocks were read at the start, and are read again when it matters.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    began: Instant,
    clock_began: u64,
}

impl Rate {
    /// Starts to compare.
    pub fn begin() -> Self {
        Rate {
            began: Instant::now(),
            clock_began: clock()(),
        }
    }

    /// Nanoseconds of one unit.
    pub fn nanos_per_unit(&self) -> f64 {
        let units = clock()().wrapping_sub(self.clock_began).max(1);
        self.began.elapsed().as_nanos() as f64 / units as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn the_unit_is_found() {
        let rate = Rate::begin();
        std::thread::sleep(Duration::from_millis(20));
        let before = clock()();
        std::thread::sleep(Duration::from_millis(50));
        let nanos = (clock()() - before) as f64 * rate.nanos_per_unit();
        assert!((45e6..500e6).contains(&nanos), "{nanos}");
        assert!(!name(&rate).is_empty());
    }
}
