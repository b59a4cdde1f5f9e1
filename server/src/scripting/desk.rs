//! What a machine and the natives it calls have in common while a script runs: the request under way, its reply, what the script may do.

use std::time::{Duration, Instant};

use corosensei::Yielder;
use engine::command::args::OwnedArgs;
use engine::command::table::CommandId;
use engine::order::program::Ground;
use engine::resp::reply::Protocol;
use engine::shard::DbIndex;
use engine::shard::context::Caller;

use super::busy::RunningFunction;
use super::libraries::json;
use super::library::Function;
use super::machine::Kept;
use super::script::ScriptFlags;

/// Why a script let go of its core.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pause {
    /// The command in the desk's `words` has to run elsewhere; its reply comes back in `reply`.
    Command(CommandId),
    /// It has run for long.
    Long,
}

/// With what a script goes on.
#[derive(Clone, Copy)]
pub enum GoOn {
    /// On this ground.
    On(*mut Ground<'static>),
    /// It has to end, as it is undone or killed: whatever it does next raises this.
    End(&'static str),
}

/// What makes a script of the words of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// EVAL and its relatives.
    Script,
    /// FCALL and its relative.
    Function,
}

impl Origin {
    /// What clients hear while one keeps the process busy.
    pub fn busy(self) -> &'static str {
        match self {
            Origin::Script => {
                "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE."
            }
            Origin::Function => {
                "BUSY Redis is busy running a script. You can only call FUNCTION KILL or SHUTDOWN NOSAVE."
            }
        }
    }
}

/// A function that a library has registered, and its number on the machine.
pub struct Registered {
    /// What it says of itself.
    pub function: Function,
    pub(super) callback: Kept,
}

/// See the top of the file.
pub struct Desk {
    /// The shard as the script reaches it; null while none runs.
    pub ground: *mut Ground<'static>,
    /// What switches back to the core; null while no script runs.
    pub yielder: *const Yielder<GoOn, Pause>,
    /// The words of the command under way.
    pub words: OwnedArgs,
    /// Its reply; afterwards the script's own.
    pub reply: Vec<u8>,
    /// Text that is being made for Lua.
    pub text: Vec<u8>,
    /// The database that is selected.
    pub db: DbIndex,
    /// What replies of commands look like.
    pub protocol: Protocol,
    /// What the client's look like.
    pub client_protocol: Protocol,
    /// Its client, as shards know it.
    pub caller: Caller,
    /// What the script has declared.
    pub flags: ScriptFlags,
    /// How JSON is read and written.
    pub json: json::Settings,
    /// What it is.
    pub origin: Origin,
    /// The function that it is, as others may be told.
    pub command: Option<RunningFunction>,
    /// Whether it may only read.
    pub is_read_only: bool,
    /// Whether memory was short when it began.
    pub is_out_of_memory: bool,
    /// Whether it has called a command that writes.
    pub has_written: bool,
    /// What the library that is being loaded has registered so far.
    pub registered: Option<Vec<Registered>>,
    /// Why it has to end.
    pub ends: Option<&'static str>,
    /// When it began.
    pub began: Instant,
    /// For how long it may keep its core to itself; None for as long as it likes.
    pub patience: Option<Duration>,
    /// When its turn began.
    pub turn_began: Instant,
    /// Commands it called since somebody asked.
    pub calls: Vec<CommandId>,
}
