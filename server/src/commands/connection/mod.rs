//! Commands about the connection itself.

pub mod auth;
pub mod hello;
pub mod ping;
pub mod reset;
pub mod select;

use super::Family;
use engine::command::flags::{Acl, Flags};
use engine::command::spec::{Arity, Command, Docs};

/// This family.
pub const FAMILY: Family = Family {
    rows: &[
        &ping::PING,
        &ping::ECHO,
        &auth::AUTH,
        &hello::HELLO,
        &select::SELECT,
        &reset::RESET,
        &reset::QUIT,
    ],
    handlers: &[
        ("ping", ping::ping),
        ("echo", ping::echo),
        ("auth", auth::auth),
        ("hello", hello::hello),
        ("select", select::select),
        ("reset", reset::reset),
        ("quit", reset::quit),
    ],
};

/// Commands that a connection may send whatever state it or the server is in.
const ANYTIME: Flags = Flags::NOSCRIPT
    .union(Flags::LOADING)
    .union(Flags::STALE)
    .union(Flags::FAST)
    .union(Flags::NO_AUTH)
    .union(Flags::ALLOW_BUSY);

/// A row of this family without keys.
pub(crate) const fn row(name: &'static str, arity: Arity, flags: Flags, docs: Docs) -> Command {
    Command {
        acl: Acl::CONNECTION,
        ..crate::commands::row::row(name, arity, flags, docs)
    }
}
