//! ACL: the users, seen and changed while the server runs.

mod category;
mod delete;
mod dry_run;
mod file;
mod generate;
mod get;
mod help;
mod list;
mod log;
mod set;

use engine::command::error::CommandError;
use engine::command::flags::Flags;
use engine::command::spec::{Arity, Command, Docs};
use engine::resp::reply::ReplyWriter;

use super::row::row;
use super::{Answered, Family, SessionContext};
use crate::acl::published::Version;

/// This family.
pub const FAMILY: Family = Family {
    rows: &[&ACL],
    handlers: &[
        ("acl|cat", category::cat),
        ("acl|deluser", delete::delete),
        ("acl|dryrun", dry_run::dry_run),
        ("acl|genpass", generate::generate),
        ("acl|getuser", get::get),
        ("acl|help", help::help),
        ("acl|list", list::list),
        ("acl|load", file::load),
        ("acl|log", log::log),
        ("acl|save", file::save),
        ("acl|setuser", set::set),
        ("acl|users", list::users),
        ("acl|whoami", list::who_am_i),
    ],
};

const ACL: Command = Command {
    subcommands: &[
        &category::CAT,
        &delete::DELUSER,
        &dry_run::DRYRUN,
        &generate::GENPASS,
        &get::GETUSER,
        &help::HELP,
        &list::LIST,
        &file::LOAD,
        &log::LOG,
        &file::SAVE,
        &set::SETUSER,
        &list::USERS,
        &list::WHOAMI,
    ],
    ..row(
        "acl",
        Arity::AtLeast(2),
        Flags::empty(),
        Docs::new(
            "server",
            "6.0.0",
            "Depends on subcommand.",
            "Looks at the users and changes them",
        ),
    )
};

/// At any time, but not from scripts.
const ANYTIME: Flags = Flags::NOSCRIPT.union(Flags::LOADING).union(Flags::STALE);
/// For operators.
const ADMIN: Flags = ANYTIME.union(Flags::ADMIN);

type Done = Result<Answered, CommandError>;

/// Lets all cores adopt a new version of the users, then replies. A client that it puts out still gets the reply.
fn publish(
    context: &mut SessionContext<'_>,
    version: Version,
    answer: impl FnOnce(&mut ReplyWriter<'_>) + 'static,
) -> Answered {
    let (asker, conn) = (context.connection.id, context.connection.conn);
    context.ask_all(
        move |core| core.adopt_users(&version, asker),
        move |core, put_out, reply| {
            answer(reply);
            if put_out.contains(&true) {
                core.close_after_reply(conn);
            }
            Ok(())
        },
    )
}
