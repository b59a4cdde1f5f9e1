//! What all cores know of the scripts that have run for longer than others can be kept waiting without a word.
//!
//! Each core has a place where it shows the one it runs; any core may ask for its end there.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::time::Instant;

use engine::command::args::OwnedArgs;

use super::desk::Origin;

/// What a core shows.
mod shown {
    pub(super) const NOTHING: u8 = 0;
    pub(super) const SCRIPT: u8 = 1;
    pub(super) const FUNCTION: u8 = 2;
    /// It has written: it can't be ended.
    pub(super) const WRITTEN: u8 = 4;
    /// Somebody asked for its end.
    pub(super) const TO_END: u8 = 8;
}

/// What came of the wish to end a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Killed {
    /// It will end.
    Yes,
    /// None runs.
    NotBusy,
    /// It has written.
    Unkillable,
    /// What runs is of the other origin.
    Other,
}

/// The one that FUNCTION STATS tells of.
#[derive(Clone)]
pub struct RunningFunction {
    /// The function's name.
    pub name: Vec<u8>,
    /// The words of the command.
    pub words: OwnedArgs,
    /// When it began.
    pub began: Instant,
}

/// See the top of the file.
pub struct Busy {
    running: Mutex<Option<RunningFunction>>,
    count: AtomicUsize,
    cores: Box<[AtomicU8]>,
}

impl Busy {
    /// For so many cores.
    pub fn new(cores: u16) -> Busy {
        Busy {
            running: Mutex::new(None),
            count: AtomicUsize::new(0),
            cores: (0..cores).map(|_| AtomicU8::new(shown::NOTHING)).collect(),
        }
    }

    /// What keeps the process busy.
    pub fn origin(&self) -> Option<Origin> {
        if self.count.load(Ordering::Relaxed) == 0 {
            return None;
        }
        let mut shown = self.cores.iter().map(|core| core.load(Ordering::Acquire));
        shown
            .find(|state| *state != shown::NOTHING)
            .map(|state| match state & shown::FUNCTION {
                0 => Origin::Script,
                _ => Origin::Function,
            })
    }

    /// A script of `core` has begun to keep others waiting, or still does.
    pub fn show(&self, core: u16, origin: Origin, has_written: bool) {
        let state = match origin {
            Origin::Script => shown::SCRIPT,
            Origin::Function => shown::FUNCTION,
        };
        let written = if has_written { shown::WRITTEN } else { 0 };
        let former = self.cores[usize::from(core)].fetch_or(state | written, Ordering::AcqRel);
        if former == shown::NOTHING {
            self.count.fetch_add(1, Ordering::AcqRel);
        }
    }

    /// What runs, if that is a function.
    pub fn running(&self) -> Option<RunningFunction> {
        let running = self
            .running
            .lock()
            .unwrap_or_else(|broken| broken.into_inner());
        running.clone()
    }

    /// Tells which function keeps others waiting.
    pub fn set_running(&self, running: Option<RunningFunction>) {
        *self
            .running
            .lock()
            .unwrap_or_else(|broken| broken.into_inner()) = running;
    }

    /// It has ended.
    pub fn clear(&self, core: u16) {
        let former = self.cores[usize::from(core)].swap(shown::NOTHING, Ordering::AcqRel);
        if former != shown::NOTHING {
            self.set_running(None);
            self.count.fetch_sub(1, Ordering::AcqRel);
        }
    }

    /// Whether somebody wants the one of `core` to end.
    pub fn is_to_end(&self, core: u16) -> bool {
        self.cores[usize::from(core)].load(Ordering::Acquire) & shown::TO_END != 0
    }

    /// Asks for the end of what runs of this origin.
    pub fn kill(&self, origin: Origin) -> Killed {
        let wanted = match origin {
            Origin::Script => shown::SCRIPT,
            Origin::Function => shown::FUNCTION,
        };
        let mut came = Killed::NotBusy;
        for core in &self.cores {
            let state = core.load(Ordering::Acquire);
            if state == shown::NOTHING {
                continue;
            }
            came = match state {
                state if state & wanted == 0 => Killed::Other,
                state if state & shown::WRITTEN != 0 => Killed::Unkillable,
                state => {
                    let asked = state | shown::TO_END;
                    // One that has ended or written meanwhile is left alone.
                    let _ =
                        core.compare_exchange(state, asked, Ordering::AcqRel, Ordering::Acquire);
                    return Killed::Yes;
                }
            };
        }
        came
    }
}
