//! The commands that a connection's own core answers: about the connection, the server, and transactions. Each is a row
//! beside its handler, as in the engine.

pub mod about;
pub mod acl;
pub mod client;
pub mod command;
pub mod config;
pub mod connection;
pub mod debug;
pub mod info;
pub mod latency;
pub mod memory;
pub mod module;
pub mod monitor;
pub mod persistence;
pub mod pubsub;
mod row;
pub mod scripting;
pub mod shutdown;
pub mod slow_log;
pub mod transaction;

use std::sync::OnceLock;

use engine::command::args::Args;
use engine::command::error::CommandError;
use engine::command::spec::Command;
use engine::command::table::{
    CommandId, CommandTable, RenameError, install, install_changed, table,
};
use engine::resp::reply::ReplyWriter;

use crate::config::directive::{Directive, Fatal};
use crate::connection::Connection;
use crate::core::ServerCore;
use crate::core::ask::Waiting;

/// When a session command is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answered {
    /// The reply is written.
    Now,
    /// The reply is written and sent even where replies are off.
    Aloud,
    /// Several cores are asked; the connection waits until they have answered.
    Later,
    /// Shards answer on the connection's place; later commands may follow.
    InTurn,
    /// There is no reply.
    Nothing,
}

/// What a session handler works with.
pub struct SessionContext<'a> {
    /// The connection's core. The connection is not among `core.connections` while it is served.
    pub core: &'a mut ServerCore,
    /// The connection.
    pub connection: &'a mut Connection,
    /// Who waits for the reply, for handlers that answer later.
    pub waiting: Waiting,
}

impl SessionContext<'_> {
    /// Lets every core do `task` and replies with what `join` makes of it. Return its value from the handler.
    pub fn ask_all<T: Send + 'static>(
        &mut self,
        task: impl Fn(&mut ServerCore) -> T + Clone + Send + 'static,
        join: impl FnOnce(&mut ServerCore, Vec<T>, &mut ReplyWriter<'_>) -> Result<(), CommandError>
        + 'static,
    ) -> Answered {
        self.core.ask_all(self.waiting, task, join);
        Answered::Later
    }
}

/// Answers a session command.
pub type SessionHandler =
    fn(&mut SessionContext<'_>, &Args<'_>, &mut ReplyWriter<'_>) -> Result<Answered, CommandError>;

/// Rows to register, and handlers by full name (`ping`, `client|list`).
pub struct Family {
    /// Commands and containers.
    pub rows: &'static [&'static Command],
    /// Handlers of `rows` and of the session subcommands in them.
    pub handlers: &'static [(&'static str, SessionHandler)],
}

/// Commands that shards run and the engine does not know.
const SNAPSHOT_FORMAT: Family = Family {
    rows: ::persistence::commands::ROWS,
    handlers: &[],
};

const FAMILIES: &[Family] = &[
    about::FAMILY,
    acl::FAMILY,
    client::FAMILY,
    command::FAMILY,
    config::FAMILY,
    connection::FAMILY,
    debug::FAMILY,
    info::FAMILY,
    latency::FAMILY,
    memory::FAMILY,
    SNAPSHOT_FORMAT,
    module::FAMILY,
    monitor::FAMILY,
    persistence::FAMILY,
    pubsub::FAMILY,
    scripting::FAMILY,
    shutdown::FAMILY,
    slow_log::FAMILY,
    transaction::FAMILY,
];

/// Rows of a container, those of the server and those of the engine. `N` is the number of both.
const fn joined<const N: usize>(
    own: &[&'static Command],
    engine: &[&'static Command],
) -> [&'static Command; N] {
    assert!(
        own.len() + engine.len() == N && !own.is_empty(),
        "no row is missing or made up"
    );
    let mut rows = [own[0]; N];
    let mut at = 0;
    while at < N {
        rows[at] = if at < own.len() {
            own[at]
        } else {
            engine[at - own.len()]
        };
        at += 1;
    }
    rows
}

static HANDLERS: OnceLock<Vec<Option<SessionHandler>>> = OnceLock::new();

fn rows() -> Vec<&'static Command> {
    let rows = FAMILIES.iter().flat_map(|family| family.rows);
    rows.copied().collect()
}

/// Registers all commands of engine and server. Later calls change nothing.
pub fn register() {
    find_handlers(install(&rows()));
}

/// The same, with the names that lines of `rename-command` give them.
///
/// # Errors
/// The first line that is wrong.
pub fn register_renamed(lines: &[Directive]) -> Result<(), Fatal> {
    let table = install_changed(&rows(), |table| {
        lines.iter().try_for_each(|line| rename(table, line))
    });
    table.map(find_handlers)
}

fn rename(table: &mut CommandTable, line: &Directive) -> Result<(), Fatal> {
    let [name, new] = line.words.as_slice() else {
        return Err(line.refused("Bad directive or wrong number of arguments"));
    };
    table.rename(name, new).map_err(|why| {
        line.refused(match why {
            RenameError::Unknown => "No such command in rename-command",
            RenameError::Taken => "Target command name already exists",
        })
    })
}

fn find_handlers(table: &CommandTable) {
    HANDLERS.get_or_init(|| {
        let mut handlers = vec![None; table.len()];
        for (name, run) in FAMILIES.iter().flat_map(|family| family.handlers) {
            let id = table.ids().find(|id| table.full_name(*id) == *name);
            handlers[id
                .unwrap_or_else(|| panic!("no row is named {name}"))
                .index()] = Some(*run);
        }
        handlers
    });
}

/// The handler of a session command.
pub fn handler(id: CommandId) -> SessionHandler {
    let handlers = HANDLERS
        .get()
        .expect("commands are registered before anything runs");
    handlers[id.index()].unwrap_or(without_handler)
}

fn without_handler(
    _: &mut SessionContext<'_>,
    args: &Args<'_>,
    _: &mut ReplyWriter<'_>,
) -> Result<Answered, CommandError> {
    let id = table().top(args.at(0));
    let row = id.map(|id| table().row(id).name).unwrap_or_default();
    Err(CommandError::arity(row))
}
