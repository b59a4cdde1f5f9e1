//! Finds out before the start whether this machine lets us run, and says in one line what to change if it does not.

use super::core::CoreError;
use super::net::{Net, NetConfig};
use rustix::process::{Resource, Rlimit};
use rustix::thread::CapabilitySet;
use std::time::Duration;

/// Locked memory of one core: our ring and its buffer ring, the executor's three rings and the file memory these register.
/// Measured: 0.37 MiB on Linux 6.18 with the default [`NetConfig`].
const LOCKED_PER_CORE: u64 = 448 * 1024;

/// The executor does not start with less, however few cores there are.
const LOCKED_LEAST: u64 = 512 * 1024;

/// Why the server cannot start.
#[derive(Debug)]
pub enum StartError {
    /// The kernel does not know io_uring.
    NoIoUring,
    /// The kernel knows io_uring, but not all we use of it.
    KernelTooOld,
    /// `kernel.io_uring_disabled` is set to this.
    Disabled(u32),
    /// Something else forbids io_uring, most often a seccomp filter.
    Forbidden,
    /// `RLIMIT_MEMLOCK` is too low: what it is and what we need, in bytes.
    Memlock {
        /// The limit after our attempt to raise it; None when the kernel ran into a limit we cannot see.
        limit: Option<u64>,
        /// What all cores need together.
        needed: u64,
    },
    /// No thread could be started.
    Thread(std::io::Error),
    /// A core failed before it ran.
    Core(CoreError),
    /// Anything else the kernel said.
    Other(std::io::Error),
}

impl std::fmt::Display for StartError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            StartError::NoIoUring => f.write_str(
                "io_uring is missing here (ENOSYS): run on Linux 6.1 or newer, not in a sandbox that emulates its kernel",
            ),
            StartError::KernelTooOld => f.write_str(
                "this kernel's io_uring is too old (EINVAL): run on Linux 6.1 or newer",
            ),
            StartError::Disabled(level) => write!(
                f,
                "io_uring is switched off: kernel.io_uring_disabled is {level}; run `sysctl kernel.io_uring_disabled=0`",
            ),
            StartError::Forbidden => f.write_str(
                "io_uring is forbidden here (EPERM), most often by a seccomp profile: allow io_uring_setup, io_uring_enter \
                 and io_uring_register (Docker: --security-opt seccomp=unconfined, or a profile that lists them)",
            ),
            StartError::Memlock { limit, needed } => {
                match limit {
                    Some(limit) => write!(f, "the limit of locked memory is {} KiB", limit / 1024)?,
                    None => f.write_str("the limit of locked memory is used up (ENOMEM)")?,
                }
                write!(
                    f,
                    ", {} KiB are needed: raise it (`ulimit -l`, LimitMEMLOCK= of systemd, --ulimit memlock= of Docker) or \
                     use fewer shards",
                    needed / 1024
                )
            }
            StartError::Thread(error) => write!(f, "no thread could be started: {error}"),
            StartError::Core(error) => error.fmt(f),
            StartError::Other(error) => write!(f, "io_uring does not work here: {error}"),
        }
    }
}

impl std::error::Error for StartError {}

/// Tries what `cores` cores will need. Raises the soft limit of locked memory as far as allowed.
///
/// # Errors
/// The first thing that stands in the way.
pub fn check(cores: usize) -> Result<(), StartError> {
    let needed = locked_by(cores);
    raise_memlock(needed)?;
    // Small, for the kernel goes on charging us for a ring some time after it is gone.
    let trial = NetConfig {
        entries: 8,
        buffers_first: 1,
        buffers_most: 1,
        ..NetConfig::default()
    };
    match patiently(|| Net::new(&trial)) {
        Ok(_) => Ok(()),
        Err(error) => Err(explain(error, cores)),
    }
}

/// Repeats `attempt` for about a second while it fails with `ENOMEM`: locked memory of rings that are gone, like those of the
/// server whose place we take, is free only after a while.
pub(super) fn patiently<T>(mut attempt: impl FnMut() -> std::io::Result<T>) -> std::io::Result<T> {
    for _ in 0..50 {
        match attempt() {
            Err(error) if error.raw_os_error() == Some(libc::ENOMEM) => {
                std::thread::sleep(Duration::from_millis(20));
            }
            outcome => return outcome,
        }
    }
    attempt()
}

fn locked_by(cores: usize) -> u64 {
    LOCKED_LEAST.max(cores as u64 * LOCKED_PER_CORE)
}

/// What an error of io_uring's set-up, for `cores` cores, means to people.
pub(super) fn explain(error: std::io::Error, cores: usize) -> StartError {
    let needed = locked_by(cores);
    match error.raw_os_error() {
        Some(libc::ENOSYS) => StartError::NoIoUring,
        Some(libc::EINVAL) => StartError::KernelTooOld,
        Some(libc::ENOMEM) => StartError::Memlock {
            limit: None,
            needed,
        },
        Some(libc::EPERM | libc::EACCES) => match disabled_level() {
            Some(level @ 1..) => StartError::Disabled(level),
            _ => StartError::Forbidden,
        },
        _ => StartError::Other(error),
    }
}

fn disabled_level() -> Option<u32> {
    std::fs::read_to_string("/proc/sys/kernel/io_uring_disabled")
        .ok()?
        .trim()
        .parse()
        .ok()
}

fn raise_memlock(needed: u64) -> Result<(), StartError> {
    let limit = rustix::process::getrlimit(Resource::Memlock);
    // The privileged are charged nothing, but the executor looks at the limit all the same.
    let needed = if may_lock_without_limit() {
        LOCKED_LEAST
    } else {
        needed
    };
    if covers(limit.current, needed) {
        return Ok(());
    }
    let current = if covers(limit.maximum, needed) {
        Some(needed)
    } else {
        limit.maximum
    };
    let raised = [
        Rlimit {
            current: Some(needed),
            maximum: limit.maximum.map(|most| most.max(needed)),
        },
        Rlimit {
            current,
            maximum: limit.maximum,
        },
    ];
    for attempt in raised {
        if rustix::process::setrlimit(Resource::Memlock, attempt).is_ok() {
            break;
        }
    }
    let limit = rustix::process::getrlimit(Resource::Memlock).current;
    if covers(limit, needed) {
        Ok(())
    } else {
        Err(StartError::Memlock { limit, needed })
    }
}

fn covers(limit: Option<u64>, needed: u64) -> bool {
    limit.is_none_or(|limit| limit >= needed)
}

fn may_lock_without_limit() -> bool {
    rustix::thread::capabilities(None)
        .is_ok_and(|sets| sets.effective.contains(CapabilitySet::IPC_LOCK))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_can_run_a_core() {
        check(1).unwrap();
    }

    #[test]
    fn only_a_shortage_of_memory_is_waited_out() {
        let mut attempts = 0;
        let found = patiently(|| {
            attempts += 1;
            let errno = [libc::ENOMEM, libc::EPERM][usize::from(attempts > 2)];
            Err::<(), _>(std::io::Error::from_raw_os_error(errno))
        });
        assert_eq!(found.unwrap_err().raw_os_error(), Some(libc::EPERM));
        assert_eq!(attempts, 3);
    }

    #[test]
    fn refusals_are_told_apart_in_one_line_each() {
        let cause = |errno| explain(std::io::Error::from_raw_os_error(errno), 4).to_string();
        let all = [
            libc::ENOSYS,
            libc::EPERM,
            libc::EINVAL,
            libc::ENOMEM,
            libc::EIO,
        ]
        .map(cause);
        for (index, line) in all.iter().enumerate() {
            assert!(!line.contains('\n'), "{line}");
            assert!(!all[..index].contains(line), "{line}");
        }
        assert!(all[3].contains("1792 KiB"), "{}", all[3]);
    }
}
