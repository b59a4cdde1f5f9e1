//! `# CPU`: processor time of the process, and of its cores.

use super::{Report, Text};
use std::time::Duration;

/// Time a processor spent on something.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct CpuTime {
    /// In the kernel.
    pub(crate) system: Duration,
    /// In the program.
    pub(crate) user: Duration,
}

impl CpuTime {
    /// What the calling thread took so far.
    pub(crate) fn of_thread() -> Self {
        Self::of(libc::RUSAGE_THREAD)
    }

    fn of(who: libc::c_int) -> Self {
        // SAFETY: a structure of numbers, for which zeros are valid, and which the call fills; it keeps no pointer.
        let usage = unsafe {
            let mut usage: libc::rusage = std::mem::zeroed();
            libc::getrusage(who, &mut usage);
            usage
        };
        let duration = |time: libc::timeval| {
            Duration::from_secs(time.tv_sec.max(0) as u64)
                + Duration::from_micros(time.tv_usec.max(0) as u64)
        };
        CpuTime {
            system: duration(usage.ru_stime),
            user: duration(usage.ru_utime),
        }
    }

    /// Takes in another's time.
    pub(crate) fn add(&mut self, other: CpuTime) {
        self.system += other.system;
        self.user += other.user;
    }

    /// Both.
    pub(crate) fn total(self) -> Duration {
        self.system + self.user
    }
}

/// The threads of the cores stand where Redis has its main thread.
pub(super) fn write(report: &Report, text: &mut Text) {
    let times = [
        ("", CpuTime::of(libc::RUSAGE_SELF)),
        ("_children", CpuTime::of(libc::RUSAGE_CHILDREN)),
        ("_main_thread", report.sum.cpu),
    ];
    for (whose, time) in times {
        text.line(
            &format!("used_cpu_sys{whose}"),
            format_args!("{:.6}", time.system.as_secs_f64()),
        );
        text.line(
            &format!("used_cpu_user{whose}"),
            format_args!("{:.6}", time.user.as_secs_f64()),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_takes_time() {
        let before = CpuTime::of_thread();
        let mut sum = 0_u64;
        while CpuTime::of_thread().total() < before.total() + Duration::from_millis(20) {
            sum = (0..100_000).fold(sum, |sum, number| std::hint::black_box(sum ^ number));
        }
        assert!(CpuTime::of(libc::RUSAGE_SELF).total() >= Duration::from_millis(20));
    }
}
