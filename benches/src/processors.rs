//! Which processors a process may use.

use std::io;
use std::process::{Child, Command};

use rustix::thread::{CpuSet, sched_setaffinity};

/// A set of processors, by number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Processors(Vec<usize>);

impl Processors {
    /// Only `processor`.
    pub fn one(processor: usize) -> Self {
        Processors(vec![processor])
    }

    /// The first `count` of them.
    pub fn first(count: usize) -> Self {
        Processors((0..count).collect())
    }

    /// Starts `command` on these processors.
    ///
    /// # Errors
    /// The program cannot be started, or one of the processors does not exist.
    pub fn spawn(&self, command: &mut Command) -> io::Result<Child> {
        // A child inherits the mask of the thread that starts it: that thread needs no other life.
        std::thread::scope(|scope| {
            let starter = scope.spawn(|| {
                self.stay()?;
                command.spawn()
            });
            starter
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }

    /// Keeps the calling thread on these processors.
    ///
    /// # Errors
    /// None of the processors exists, or this process may use none of them.
    pub fn stay(&self) -> io::Result<()> {
        let mut set = CpuSet::new();
        self.0.iter().for_each(|processor| set.set(*processor));
        Ok(sched_setaffinity(None, &set)?)
    }
}
