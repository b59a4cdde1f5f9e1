//! All commands by name, and each one's number.
//!
//! Numbers index per-command statistics and travel between cores; they are given in the order of registration, a
//! container before its subcommands, and are the same in the whole process but mean nothing outside it.

use std::convert::Infallible;
use std::sync::OnceLock;

use hashbrown::HashTable;

use super::args::Args;
use super::error::{CommandError, printed};
use super::flags::Flags;
use super::spec::Command;

/// The number of a command in the [`CommandTable`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CommandId(u16);

impl CommandId {
    #[cfg(test)]
    pub(crate) fn for_tests(number: u16) -> Self {
        CommandId(number)
    }

    /// For arrays with a place per command.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

struct Registered {
    command: &'static Command,
    /// `name`, or `parent|name`.
    full_name: Box<str>,
    /// What clients call it: its full name, another one, or nothing at all.
    called: Box<[u8]>,
    parent: Option<CommandId>,
}

/// Why a command gets no other name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RenameError {
    /// No command is called so.
    Unknown,
    /// Another one is.
    Taken,
}

/// Every command the process knows.
pub struct CommandTable {
    rows: Vec<Registered>,
    /// Rows by what clients call them, hashed by [`hash_name`].
    by_name: HashTable<CommandId>,
}

static TABLE: OnceLock<CommandTable> = OnceLock::new();

/// The process's table. Panics before [`install`].
#[inline]
pub fn table() -> &'static CommandTable {
    TABLE
        .get()
        .expect("the command table is installed before anything runs")
}

/// Makes the table of the process from the engine's families and `session`, the rows that the server answers itself.
/// Later calls change nothing.
pub fn install(session: &[&'static Command]) -> &'static CommandTable {
    let installed = install_changed(session, |_| Ok::<(), Infallible>(()));
    let Ok(table) = installed;
    table
}

/// The same, after `change` has given commands other names. Its error leaves things as they were.
pub fn install_changed<E>(
    session: &[&'static Command],
    change: impl FnOnce(&mut CommandTable) -> Result<(), E>,
) -> Result<&'static CommandTable, E> {
    if let Some(table) = TABLE.get() {
        return Ok(table);
    }
    let rows = crate::commands::families().chain(session.iter().copied());
    let mut table = CommandTable::new(rows);
    change(&mut table)?;
    Ok(TABLE.get_or_init(|| table))
}

impl CommandTable {
    /// A table of `commands` and their subcommands. Panics on two of one name: a mistake of ours, found by any test.
    pub fn new(commands: impl Iterator<Item = &'static Command>) -> Self {
        let mut table = CommandTable {
            rows: Vec::new(),
            by_name: HashTable::new(),
        };
        for command in commands {
            let parent = table.add(command, command.name.into(), None);
            for subcommand in command.subcommands {
                table.add(
                    subcommand,
                    format!("{}|{}", command.name, subcommand.name).into(),
                    Some(parent),
                );
            }
        }
        table
    }

    fn add(
        &mut self,
        command: &'static Command,
        full_name: Box<str>,
        parent: Option<CommandId>,
    ) -> CommandId {
        let id = CommandId(self.rows.len() as u16);
        let hash = hash_name(full_name.bytes());
        assert!(
            self.find(hash, |row| row.full_name == full_name).is_none(),
            "two commands are named {full_name}"
        );
        self.rows.push(Registered {
            command,
            called: full_name.as_bytes().into(),
            full_name,
            parent,
        });
        self.enter(id, hash);
        id
    }

    fn enter(&mut self, id: CommandId, hash: u64) {
        let rows = &self.rows;
        let hash_of = |id: &CommandId| hash_name(rows[id.index()].called.iter().copied());
        self.by_name.insert_unique(hash, id, hash_of);
    }

    /// Clients call the command `name` by the name `new` from now on; if that is empty, they can't. It stays what it is for
    /// statistics, errors and ACL rules, as in Redis. Subcommands go with their container.
    ///
    /// # Errors
    /// When there is no such command, or one with the new name.
    pub fn rename(&mut self, name: &[u8], new: &[u8]) -> Result<(), RenameError> {
        let id = self.top(name).ok_or(RenameError::Unknown)?;
        let hash = hash_name(name.iter().copied());
        if let Ok(entry) = self.by_name.find_entry(hash, |other| *other == id) {
            entry.remove();
        }
        self.rows[id.index()].called = Box::default();
        if new.is_empty() {
            return Ok(());
        }
        if self.top(new).is_some() {
            return Err(RenameError::Taken);
        }
        self.rows[id.index()].called = new.into();
        self.enter(id, hash_name(new.iter().copied()));
        Ok(())
    }

    fn find(&self, hash: u64, same: impl Fn(&Registered) -> bool) -> Option<CommandId> {
        self.by_name
            .find(hash, |id| same(&self.rows[id.index()]))
            .copied()
    }

    /// The command or container of this name, in any case.
    #[inline]
    pub fn top(&self, name: &[u8]) -> Option<CommandId> {
        let hash = hash_name(name.iter().copied());
        self.find(hash, |row| {
            row.parent.is_none() && row.called.eq_ignore_ascii_case(name)
        })
    }

    /// The command, container or subcommand that is called so in full, in any case.
    pub fn by_full_name(&self, name: &[u8]) -> Option<CommandId> {
        let hash = hash_name(name.iter().copied());
        self.find(hash, |row| row.called.eq_ignore_ascii_case(name))
    }

    /// The command or subcommand that `words` begin with, whatever their number.
    pub fn find_command(&self, words: &Args<'_>) -> Option<CommandId> {
        let top = self.top(words.get(0)?)?;
        match words.get(1) {
            Some(word) if self.row(top).is_container() => self.sub(top, word),
            _ => Some(top),
        }
    }

    /// The subcommand `word` of `parent`.
    pub fn sub(&self, parent: CommandId, word: &[u8]) -> Option<CommandId> {
        let parent_name = self.full_name(parent);
        let hash = hash_name(
            parent_name
                .bytes()
                .chain([b'|'])
                .chain(word.iter().copied()),
        );
        self.find(hash, |row| {
            row.parent == Some(parent)
                && row.full_name.as_bytes()[parent_name.len() + 1..].eq_ignore_ascii_case(word)
        })
    }

    /// The command that `args` name, its number of words checked. Errors: Redis's for an unknown name, an unknown
    /// subcommand, and a wrong number of arguments.
    #[inline]
    pub fn resolve(&self, args: &Args<'_>) -> Result<CommandId, CommandError> {
        let top = self.top(args.at(0)).ok_or_else(|| unknown_command(args))?;
        let row = self.row(top);
        let id = match args.get(1) {
            Some(word) if row.is_container() => self
                .sub(top, word)
                .ok_or_else(|| unknown_subcommand(row, word))?,
            _ => top,
        };
        if self.row(id).arity.admits(args.len()) {
            Ok(id)
        } else {
            Err(self.wrong_number(id, args))
        }
    }

    #[cold]
    fn wrong_number(&self, id: CommandId, args: &Args<'_>) -> CommandError {
        match self.parent(id) {
            Some(parent) if is_unlisted(self.row(id)) => {
                unknown_subcommand(self.row(parent), args.at(1))
            }
            _ => CommandError::arity(self.full_name(id)),
        }
    }

    /// The same, when the client's last command was `last`: clients mostly repeat themselves, and then a look at the name
    /// is enough.
    #[inline]
    pub fn resolve_after(
        &self,
        last: Option<CommandId>,
        args: &Args<'_>,
    ) -> Result<CommandId, CommandError> {
        if let Some(id) = last {
            let row = &self.rows[id.index()];
            let is_plain = row.parent.is_none() && !row.command.is_container();
            if is_plain
                && row.command.arity.admits(args.len())
                && row.called.eq_ignore_ascii_case(args.at(0))
            {
                return Ok(id);
            }
        }
        self.resolve(args)
    }

    /// The row of a number.
    #[inline]
    pub fn row(&self, id: CommandId) -> &'static Command {
        self.rows[id.index()].command
    }

    /// `name`, or `parent|name`.
    pub fn full_name(&self, id: CommandId) -> &str {
        &self.rows[id.index()].full_name
    }

    /// The container of a subcommand.
    pub fn parent(&self, id: CommandId) -> Option<CommandId> {
        self.rows[id.index()].parent
    }

    /// How many rows, subcommands included.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// All numbers, subcommands included.
    pub fn ids(&self) -> impl Iterator<Item = CommandId> + use<> {
        (0..self.rows.len() as u16).map(CommandId)
    }

    /// The numbers of commands that are not subcommands and that clients can call.
    pub fn top_level(&self) -> impl Iterator<Item = CommandId> + '_ {
        let is_callable = |row: &Registered| row.parent.is_none() && !row.called.is_empty();
        self.ids()
            .filter(move |id| is_callable(&self.rows[id.index()]))
    }
}

/// FNV-1a over the name in lower case: names are short and the table is fixed, so nothing better is needed.
#[inline]
fn hash_name(name: impl Iterator<Item = u8>) -> u64 {
    let hash = name.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte.to_ascii_lowercase())).wrapping_mul(0x0000_0100_0000_01b3)
    });
    // hashbrown takes its tag from the top bits, which FNV mixes worst.
    hash ^ hash.rotate_left(32)
}

fn unknown_command(args: &Args<'_>) -> CommandError {
    let mut line = format!(
        "ERR unknown command '{}', with args beginning with: ",
        clipped(args.at(0), 128)
    );
    for arg in args.skip(1).iter() {
        if line.len() >= 128 + 60 {
            break;
        }
        line.push_str(&format!("'{}' ", clipped(arg, 128)));
    }
    CommandError::with(line)
}

/// What a client sees of a container whose subcommands are unlisted is one command that reads its words itself.
fn is_unlisted(row: &Command) -> bool {
    row.flags.contains(Flags::UNLISTED)
}

fn unknown_subcommand(parent: &Command, word: &[u8]) -> CommandError {
    let name = parent.name.to_ascii_uppercase();
    let word = clipped(word, 128);
    let what = match parent.subcommands.first() {
        Some(first) if is_unlisted(first) => "unknown subcommand or wrong number of arguments for",
        _ => "unknown subcommand",
    };
    CommandError::with(format!("ERR {what} '{word}'. Try {name} HELP."))
}

fn clipped(bytes: &[u8], most: usize) -> String {
    printed(&bytes[..bytes.len().min(most)]).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_found_by_the_name_it_was_given() {
        let mut table = CommandTable::new(crate::commands::families());
        let get = table.top(b"get").expect("GET is there");
        let all = table.top_level().count();
        assert_eq!(table.rename(b"GET", b"Fetch"), Ok(()));
        assert_eq!((table.top(b"get"), table.top(b"fetch")), (None, Some(get)));
        assert_eq!(table.full_name(get), "get");
        assert_eq!(table.rename(b"get", b"x"), Err(RenameError::Unknown));
        assert_eq!(table.rename(b"del", b"SET"), Err(RenameError::Taken));
        assert_eq!(table.rename(b"fetch", b""), Ok(()));
        assert_eq!(table.top(b""), None);
        assert_eq!(
            table.top_level().count(),
            all - 2,
            "DEL and GET can't be called"
        );
        let object = table.top(b"object").expect("OBJECT is there");
        assert_eq!(table.rename(b"object", b"thing"), Ok(()));
        assert!(table.top(b"thing") == Some(object) && table.sub(object, b"freq").is_some());
    }
}
