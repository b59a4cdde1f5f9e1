//! CLIENT: what connections tell about themselves and what is done to them.

mod about;
mod caching;
pub(crate) mod describe;
mod filter;
mod help;
mod kill;
mod list;
mod mode;
mod name;
mod pause;
mod tracking;

use engine::command::error::CommandError;
use engine::command::flags::{Acl, Flags};
use engine::command::spec::{Arity, Command, Docs, Run};

use super::{Answered, Family};

/// This family.
pub const FAMILY: Family = Family {
    rows: &[&CLIENT],
    handlers: &[
        ("client|caching", caching::caching),
        ("client|getname", name::get_name),
        ("client|getredir", caching::get_redir),
        ("client|help", help::help),
        ("client|id", about::id),
        ("client|info", list::info),
        ("client|kill", kill::kill),
        ("client|list", list::list),
        ("client|no-evict", mode::no_evict),
        ("client|no-touch", mode::no_touch),
        ("client|pause", pause::pause),
        ("client|reply", mode::reply),
        ("client|setinfo", name::set_info),
        ("client|setname", name::set_name),
        ("client|tracking", tracking::tracking),
        ("client|trackinginfo", caching::tracking_info),
        ("client|unblock", about::unblock),
        ("client|unpause", pause::unpause),
    ],
};

const CLIENT: Command = Command {
    name: "client",
    arity: Arity::AtLeast(2),
    flags: Flags::SENTINEL,
    acl: Acl::empty(),
    keys: &[],
    tips: &[],
    docs: Docs::new(
        "connection",
        "2.4.0",
        "Depends on subcommand.",
        "Looks at connections and manages them",
    ),
    run: Run::Session,
    subcommands: &[
        &caching::CACHING,
        &name::GETNAME,
        &caching::GETREDIR,
        &help::HELP,
        &about::ID,
        &list::INFO,
        &kill::KILL,
        &list::LIST,
        &mode::NO_EVICT,
        &mode::NO_TOUCH,
        &pause::PAUSE,
        &mode::REPLY,
        &name::SETINFO,
        &name::SETNAME,
        &tracking::TRACKING,
        &caching::TRACKINGINFO,
        &about::UNBLOCK,
        &pause::UNPAUSE,
    ],
};

/// For everybody.
const LOCAL: Flags = Flags::NOSCRIPT.union(Flags::LOADING).union(Flags::STALE);
/// The same, with Sentinel too.
const OWN: Flags = LOCAL.union(Flags::SENTINEL);
/// For operators.
const ADMIN: Flags = OWN.union(Flags::ADMIN);

const fn row(name: &'static str, arity: Arity, flags: Flags, docs: Docs) -> Command {
    Command {
        acl: Acl::CONNECTION,
        ..crate::commands::row::row(name, arity, flags, docs)
    }
}

type Done = Result<Answered, CommandError>;
