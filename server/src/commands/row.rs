//! The row of a command that the connection's core answers: no keys, no tips, and no categories but those of its flags.

use engine::command::flags::{Acl, Flags};
use engine::command::spec::{Arity, Command, Docs, Run};

/// The row; families with a category of their own or with subcommands add them.
pub(super) const fn row(name: &'static str, arity: Arity, flags: Flags, docs: Docs) -> Command {
    Command {
        name,
        arity,
        flags,
        acl: Acl::empty(),
        keys: &[],
        tips: &[],
        docs,
        run: Run::Session,
        subcommands: &[],
    }
}
