//! COMMAND: what the server tells about its own commands. All of it comes from the rows of the command table.

mod describe;
mod docs;
pub(crate) mod get_keys;
mod list;

use engine::command::args::Args;
use engine::command::error::CommandError;
use engine::command::flags::{Acl, Flags};
use engine::command::help::help;
use engine::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Run};
use engine::command::table::{CommandId, table};
use engine::resp::reply::ReplyWriter;

use super::{Answered, Family, SessionContext};

/// This family.
pub const FAMILY: Family = Family {
    rows: &[&COMMAND],
    handlers: &[
        ("command", all),
        ("command|count", count),
        ("command|docs", docs::docs),
        ("command|getkeys", get_keys::get_keys),
        ("command|getkeysandflags", get_keys::get_keys_and_flags),
        ("command|help", show_help),
        ("command|info", info),
        ("command|list", list::list),
    ],
};

const ANYTIME: Flags = Flags::LOADING.union(Flags::STALE).union(Flags::SENTINEL);
const UNORDERED: &[&str] = &["nondeterministic_output_order"];
const NAMES: &[Argument] = &[Argument::new("command-name", ArgumentKind::String)
    .optional()
    .multiple()];
const FULL_COMMAND: &[Argument] = &[
    Argument::new("command", ArgumentKind::String),
    Argument::new("arg", ArgumentKind::String)
        .optional()
        .multiple(),
];

const fn row(
    name: &'static str,
    arity: Arity,
    tips: &'static [&'static str],
    docs: Docs,
) -> Command {
    let acl = Acl::CONNECTION;
    Command {
        name,
        arity,
        flags: ANYTIME,
        acl,
        keys: &[],
        tips,
        docs,
        run: Run::Session,
        subcommands: &[],
    }
}

const COMMAND: Command = Command {
    subcommands: &[
        &COUNT,
        &DOCS,
        &GETKEYS,
        &GETKEYSANDFLAGS,
        &HELP,
        &INFO,
        &LIST,
    ],
    ..row(
        "command",
        Arity::AtLeast(1),
        UNORDERED,
        Docs::new(
            "server",
            "2.8.13",
            "O(N) with N commands",
            "Describes all commands",
        ),
    )
};
const COUNT: Command = row(
    "count",
    Arity::Exactly(2),
    &[],
    Docs::new("server", "2.8.13", "O(1)", "Counts the commands"),
);
const DOCS: Command = row(
    "docs",
    Arity::AtLeast(2),
    UNORDERED,
    Docs::new(
        "server",
        "7.0.0",
        "O(N) with N commands to look up",
        "Explains commands for people",
    )
    .arguments(NAMES),
);
const GETKEYS: Command = row(
    "getkeys",
    Arity::AtLeast(3),
    &[],
    Docs::new(
        "server",
        "2.8.13",
        "O(N) with N arguments",
        "Finds the keys among the words of a command",
    )
    .arguments(FULL_COMMAND),
);
const GETKEYSANDFLAGS: Command = row(
    "getkeysandflags",
    Arity::AtLeast(3),
    &[],
    Docs::new(
        "server",
        "7.0.0",
        "O(N) with N arguments",
        "Finds the keys of a command and what it does to each",
    )
    .arguments(FULL_COMMAND),
);
const HELP: Command = row(
    "help",
    Arity::Exactly(2),
    &[],
    Docs::new("server", "5.0.0", "O(1)", "Lists the subcommands"),
);
const INFO: Command = row(
    "info",
    Arity::AtLeast(2),
    UNORDERED,
    Docs::new(
        "server",
        "2.8.13",
        "O(N) with N commands to look up",
        "Describes some commands, or all",
    )
    .arguments(NAMES)
    .history(&[("7.0.0", "Without names it describes all commands.")]),
);
const LIST: Command = row(
    "list",
    Arity::AtLeast(2),
    UNORDERED,
    Docs::new(
        "server",
        "7.0.0",
        "O(N) with N commands",
        "Lists the names of commands",
    )
    .arguments(&[Argument::new(
        "filterby",
        ArgumentKind::OneOf(&[
            Argument::new("module-name", ArgumentKind::String).token("MODULE"),
            Argument::new("category", ArgumentKind::String).token("ACLCAT"),
            Argument::new("pattern", ArgumentKind::Pattern).token("PATTERN"),
        ]),
    )
    .token("FILTERBY")
    .optional()]),
);

type Done = Result<Answered, CommandError>;

fn all(_: &mut SessionContext<'_>, _: &Args<'_>, reply: &mut ReplyWriter<'_>) -> Done {
    reply.array(table().top_level().count());
    table()
        .top_level()
        .for_each(|id| describe::describe(id, reply));
    Ok(Answered::Now)
}

fn count(_: &mut SessionContext<'_>, _: &Args<'_>, reply: &mut ReplyWriter<'_>) -> Done {
    reply.count(table().top_level().count());
    Ok(Answered::Now)
}

fn info(context: &mut SessionContext<'_>, args: &Args<'_>, reply: &mut ReplyWriter<'_>) -> Done {
    let names = args.skip(2);
    if names.is_empty() {
        return all(context, args, reply);
    }
    reply.array(names.len());
    for name in names.iter() {
        match listed(name) {
            Some(id) => describe::describe(id, reply),
            None => reply.null(),
        }
    }
    Ok(Answered::Now)
}

fn show_help(_: &mut SessionContext<'_>, _: &Args<'_>, reply: &mut ReplyWriter<'_>) -> Done {
    help(
        "COMMAND",
        &[
            "(no subcommand)",
            "    Describes all commands.",
            "COUNT",
            "    Says how many commands there are.",
            "LIST [FILTERBY MODULE <name>|ACLCAT <category>|PATTERN <glob>]",
            "    Lists the names of commands and subcommands.",
            "INFO [<command-name> ...]",
            "    Describes these commands, or all.",
            "DOCS [<command-name> ...]",
            "    Explains these commands, or all.",
            "GETKEYS <full-command>",
            "    Finds the keys among the words of a command.",
            "GETKEYSANDFLAGS <full-command>",
            "    Finds the keys and what the command does to each.",
        ],
        reply,
    );
    Ok(Answered::Now)
}

/// The command of a full name, unless it is one that is kept out of lists.
fn listed(name: &[u8]) -> Option<CommandId> {
    table().by_full_name(name).filter(|id| is_listed(*id))
}

/// Whether clients are told of a command.
pub(crate) fn is_listed(id: CommandId) -> bool {
    !table().row(id).flags.contains(Flags::UNLISTED)
}

/// Whether a container is one command to clients, which reads its subcommands itself.
pub(crate) fn reads_subcommands(id: CommandId) -> bool {
    table().row(id).is_container() && subcommands(id).is_empty()
}

/// The subcommands of a container that are shown.
pub(crate) fn subcommands(id: CommandId) -> Vec<CommandId> {
    let subcommands = table().row(id).subcommands.iter();
    subcommands
        .filter_map(|row| table().sub(id, row.name.as_bytes()))
        .filter(|sub| is_listed(*sub))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_looked_up_whole_and_in_any_case() {
        crate::commands::register();
        for name in ["get", "GET", "command|count", "Command|INFO"] {
            assert!(listed(name.as_bytes()).is_some(), "{name}");
        }
        for name in [
            "get|key",
            "nope",
            "command|nope",
            "command|info|x",
            "debug|sleep",
            "",
        ] {
            assert!(listed(name.as_bytes()).is_none(), "{name}");
        }
        let command = table().top(b"command").unwrap();
        assert_eq!(subcommands(command).len(), 7);
        assert!(
            table().top(b"command|count").is_none(),
            "a full name is no word of a client's"
        );
    }
}
