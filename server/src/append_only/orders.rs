//! What the writer is told to do.

use std::path::PathBuf;
use std::sync::mpsc::Sender;

use persistence::log::Batch;

/// One step of the writer.
#[derive(Debug)]
pub enum Order {
    /// Append commands.
    Append(Batch),
    /// Go on with the last increment that is listed.
    Open,
    /// A new increment begins where the log has this mark.
    At {
        /// The mark.
        mark: u64,
        /// How.
        increment: Increment,
    },
    /// A base is whole: it takes the place of what came before the increment, as soon as that has begun.
    Adopt {
        /// Where the increment begins, if there is one.
        mark: Option<u64>,
        /// Its name until now.
        temp: PathBuf,
        /// Whether it is a snapshot; else it is made of commands.
        is_snapshot: bool,
        /// Hears whether that went well.
        done: Sender<bool>,
    },
    /// Append no more.
    Close,
    /// Nothing, but say when everything before is written and durable.
    Sync {
        /// Hears of it.
        done: Sender<()>,
    },
    /// End, when everything before is written and durable.
    Finish {
        /// Hears of it.
        done: Sender<()>,
    },
}

/// How an increment begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Increment {
    /// Behind those that are there.
    Listed,
    /// Beside what is there, until its base is whole.
    Apart,
}
