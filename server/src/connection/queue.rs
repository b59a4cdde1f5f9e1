//! What MULTI queues, and EXEC's reply while parts of it are missing.

use engine::command::args::{Args, OwnedArgs};
use engine::command::error::CommandError;
use engine::command::table::CommandId;

/// One queued command.
pub struct QueuedCommand {
    /// Which.
    pub command: CommandId,
    /// Its words.
    pub args: OwnedArgs,
    /// EXEC found that its user may not run it any more: its reply.
    pub refusal: Option<CommandError>,
}

/// The commands between MULTI and EXEC.
#[derive(Default)]
pub struct Queue {
    /// In order.
    pub commands: Vec<QueuedCommand>,
    /// A command was refused while queueing: EXEC must refuse all.
    pub failed: bool,
    bytes: usize,
}

impl Queue {
    /// Adds a command.
    pub fn push(&mut self, command: CommandId, args: &Args<'_>) {
        let args = OwnedArgs::copy(args);
        self.bytes += args.allocated() + size_of::<QueuedCommand>();
        self.commands.push(QueuedCommand {
            command,
            args,
            refusal: None,
        });
    }

    /// Bytes of memory it holds.
    pub fn memory(&self) -> usize {
        self.bytes
    }
}

/// EXEC's reply, piece by piece.
///
/// Invariant: pieces are in the order of the queue; a missing one is being answered by this core or several.
pub struct Assembly {
    /// The place of EXEC in the pipeline.
    pub place: u32,
    /// The reply of each command, None while it is missing.
    pub pieces: Vec<Option<Vec<u8>>>,
    /// All queued commands.
    pub queue: Vec<QueuedCommand>,
    /// How many of them were shown to those who monitor.
    pub shown: usize,
    /// The words of EXEC.
    pub exec: OwnedArgs,
}

impl Assembly {
    /// The first piece that is missing.
    pub fn next_missing(&self) -> Option<usize> {
        self.pieces.iter().position(Option::is_none)
    }
}
