//! What cores send each other.
//!
//! Requests and asks travel in the order of their stamps; answers need no order and are handed over as they come.

use std::any::Any;

use engine::order::ShardId;
use engine::order::block::Block;
use persistence::log::Shipment;

use super::ServerCore;

/// Work for another core that is no command on data.
pub type Task = Box<dyn FnOnce(&mut ServerCore) -> TaskResult + Send>;

/// What came of it.
pub type TaskResult = Box<dyn Any + Send>;

/// A message with a place in the order.
pub enum Request {
    /// Operations on the receiver's shard.
    Block(Block),
    /// The keeper of the log wants to hear how far the receiver is.
    TellLog,
    /// A task; `ask` names it at the sender.
    Ask {
        /// The number of the question at the sender.
        ask: u64,
        /// What to do.
        task: Task,
    },
}

/// A message that comes back.
pub enum Answer {
    /// A block with its answers.
    Block(Block),
    /// What the sender's shard has recorded, for the keeper of the log.
    Log(Box<Shipment>),
    /// The result of a task.
    Ask {
        /// The number of the question here.
        ask: u64,
        /// Who answers.
        from: ShardId,
        /// What came of it.
        result: TaskResult,
    },
}

/// Either kind, as the mesh carries it.
pub enum Mail {
    /// In order.
    Request(Request),
    /// At once.
    Answer(Answer),
}
