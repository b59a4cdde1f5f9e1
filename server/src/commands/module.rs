//! MODULE LIST and HELP. Modules of Redis can't be loaded, so there are never any.

use engine::command::args::Args;
use engine::command::error::CommandError;
use engine::command::flags::{Acl, Flags};
use engine::command::help::help;
use engine::command::spec::{Arity, Command, Docs, Run};
use engine::resp::reply::ReplyWriter;

use super::{Answered, Family, SessionContext};

/// This family.
pub const FAMILY: Family = Family {
    rows: &[&MODULE],
    handlers: &[("module|help", show_help), ("module|list", list)],
};

const fn row(name: &'static str, flags: Flags, docs: Docs) -> Command {
    Command {
        name,
        arity: Arity::Exactly(2),
        flags,
        acl: Acl::empty(),
        keys: &[],
        tips: &[],
        docs,
        run: Run::Session,
        subcommands: &[],
    }
}

const MODULE: Command = Command {
    arity: Arity::AtLeast(2),
    subcommands: &[&HELP, &LIST],
    ..row(
        "module",
        Flags::empty(),
        Docs::new(
            "server",
            "4.0.0",
            "Depends on subcommand.",
            "Tells about modules",
        ),
    )
};
const HELP: Command = row(
    "help",
    Flags::LOADING.union(Flags::STALE),
    Docs::new("server", "5.0.0", "O(1)", "Lists the subcommands"),
);
const LIST: Command = Command {
    tips: &["nondeterministic_output_order"],
    ..row(
        "list",
        Flags::ADMIN.union(Flags::NOSCRIPT),
        Docs::new("server", "4.0.0", "O(1)", "Lists loaded modules"),
    )
};

type Done = Result<Answered, CommandError>;

fn list(_: &mut SessionContext<'_>, _: &Args<'_>, reply: &mut ReplyWriter<'_>) -> Done {
    reply.array(0);
    Ok(Answered::Now)
}

fn show_help(_: &mut SessionContext<'_>, _: &Args<'_>, reply: &mut ReplyWriter<'_>) -> Done {
    let lines = [
        "LIST",
        "    Lists loaded modules: none, as none can be loaded.",
    ];
    help("MODULE", &lines, reply);
    Ok(Answered::Now)
}
