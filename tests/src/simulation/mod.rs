//! The one order of all cores under attack: a few simulated cores around the engine's [`engine::order::core::Core`], a mesh
//! whose every step may be followed by a step of any other core, clients that pipeline over few keys, and a search for a
//! linear order that explains what they saw.
//!
//! A run is a function of its seed and its [`Fault`]. Everything the server does around the engine (ticks, flags, stamps,
//! flushes, pipelines) is done here the same way, in the smallest steps in which other cores can notice it.

mod blocking;
mod client;
mod command;
mod cores;
mod fault;
mod following;
mod history;
mod linear;
mod log;
mod mesh;
mod model;
mod standstill;
mod world;

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

pub use fault::Fault;

/// How a run broke its promises.
#[derive(Debug)]
pub enum Failure {
    /// No order of the operations explains what clients saw; the history.
    NotSerializable(String),
    /// Some operation was never answered, or mail never came to an end; what was left.
    Stuck(String),
    /// Everything was answered, but something stayed behind: locks, transactions or watches.
    Leak(String),
    /// A client waits for a key that is there.
    Asleep(String),
    /// The log does not lead to what the keys hold, or stands in an order that somebody contradicts.
    WrongLog(String),
    /// An assertion of the engine.
    Panic(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::NotSerializable(history) => {
                write!(f, "no linear order explains this history:\n{history}")
            }
            Failure::Stuck(what) => write!(f, "stuck: {what}"),
            Failure::Leak(what) => write!(f, "left behind: {what}"),
            Failure::Asleep(what) => write!(f, "asleep: {what}"),
            Failure::WrongLog(what) => write!(f, "the log is wrong: {what}"),
            Failure::Panic(what) => write!(f, "panic: {what}"),
        }
    }
}

/// What a run without a failure went through.
#[derive(Clone, Copy, Debug, Default)]
pub struct Figures {
    /// Operations of clients, an EXEC counted once.
    pub operations: usize,
    /// Steps of cores and clients.
    pub steps: usize,
    /// EXECs that found a watched key changed.
    pub aborted: usize,
    /// Commands that waited until they were served.
    pub served: usize,
    /// Commands that waited and were not served.
    pub left: usize,
    /// Operations that stood between others which overlapped them in time.
    pub states_searched: usize,
}

/// Runs one seed.
pub fn run(seed: u64, fault: Fault) -> Result<Figures, Failure> {
    catch_unwind(AssertUnwindSafe(|| {
        let mut world = world::World::new(seed, fault);
        let steps = world.run_to_the_end()?;
        let (served, left) = world.waits();
        let history = world.into_history()?;
        let states_searched = linear::search(&history)?;
        Ok(Figures {
            operations: history.len(),
            steps,
            aborted: history.aborted(),
            served,
            left,
            states_searched,
        })
    }))
    .unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
        Err(Failure::Panic(text.unwrap_or("of unknown kind").to_owned()))
    })
}
