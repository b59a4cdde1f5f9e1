//! SCRIPT: which scripts the server knows by name, and the end of one that runs for too long.

use engine::command::args::Args;
use engine::command::error::CommandError;
use engine::command::flags::{Acl, Flags};
use engine::command::help::{help, help_row};
use engine::command::spec::{Argument, ArgumentKind, Arity, Command, Docs};
use engine::resp::reply::ReplyWriter;
use engine::shard::context::ShardContext;

use super::{FLUSH_MODE, check_flush_mode, container, row};
use crate::commands::{Answered, SessionContext};
use crate::scripting::busy::Killed;
use crate::scripting::desk::Origin;
use crate::scripting::script::Sha;

pub(super) const SCRIPT: Command = container(
    "script",
    Docs::new(
        "scripting",
        "2.6.0",
        "Depends on subcommand.",
        "Manages scripts",
    ),
    &[&DEBUG, &EXISTS, &FLUSH, &HELP, &KILL, &LOAD],
);

/// SCRIPT DEBUG <YES | SYNC | NO>
const DEBUG: Command = row(
    "debug",
    Arity::Exactly(3),
    Flags::NOSCRIPT,
    Docs::new(
        "scripting",
        "3.2.0",
        "O(1)",
        "Chooses how scripts are debugged",
    )
    .arguments(&[Argument::new(
        "mode",
        ArgumentKind::OneOf(&[
            Argument::word("yes", "YES"),
            Argument::word("sync", "SYNC"),
            Argument::word("no", "NO"),
        ]),
    )]),
);

/// SCRIPT EXISTS sha1 [sha1 ..]
const EXISTS: Command = Command {
    tips: &["request_policy:all_shards", "response_policy:agg_logical_and"],
    ..row(
        "exists",
        Arity::AtLeast(3),
        Flags::NOSCRIPT,
        Docs::new(
            "scripting",
            "2.6.0",
            "O(N) with N being the number of scripts to check (so checking a single script is an O(1) operation).",
            "Tells which scripts are known",
        )
        .arguments(&[Argument::new("sha1", ArgumentKind::String).multiple()]),
    )
};

/// SCRIPT FLUSH [ASYNC | SYNC]
const FLUSH: Command = Command {
    tips: &["request_policy:all_nodes", "response_policy:all_succeeded"],
    ..row(
        "flush",
        Arity::AtLeast(2),
        Flags::NOSCRIPT,
        Docs::new(
            "scripting",
            "2.6.0",
            "O(N) with N being the number of scripts in cache",
            "Forgets all scripts",
        )
        .arguments(FLUSH_MODE)
        .history(&[("6.2.0", "ASYNC and SYNC.")]),
    )
};

const HELP: Command = help_row("scripting", "5.0.0", Acl::SCRIPTING, show_help);

/// SCRIPT KILL
const KILL: Command = Command {
    tips: &["request_policy:all_shards", "response_policy:one_succeeded"],
    ..row(
        "kill",
        Arity::Exactly(2),
        Flags::NOSCRIPT.union(Flags::ALLOW_BUSY),
        Docs::new("scripting", "2.6.0", "O(1)", "Ends the script that runs"),
    )
};

/// SCRIPT LOAD script
const LOAD: Command = Command {
    tips: &["request_policy:all_nodes", "response_policy:all_succeeded"],
    ..row(
        "load",
        Arity::Exactly(3),
        Flags::NOSCRIPT.union(Flags::STALE),
        Docs::new(
            "scripting",
            "2.6.0",
            "O(N) with N being the length in bytes of the script body.",
            "Keeps a script for those who name it",
        )
        .arguments(&[Argument::new("script", ArgumentKind::String)]),
    )
};

type Done = Result<Answered, CommandError>;

pub(super) fn debug(
    _: &mut SessionContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Done {
    if !args.is(2, "no") {
        return Err(CommandError::new(
            "ERR the script debugger is not part of this server",
        ));
    }
    reply.ok();
    Ok(Answered::Now)
}

pub(super) fn exists(
    context: &mut SessionContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Done {
    let scripts = &context.core.process.scripts;
    reply.array(args.len() - 2);
    for name in args.skip(2).iter() {
        let is_known = Sha::parse(name).is_some_and(|sha| scripts.get(sha).is_some());
        reply.integer(is_known.into());
    }
    Ok(Answered::Now)
}

pub(super) fn flush(
    context: &mut SessionContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Done {
    check_flush_mode(args, "ERR SCRIPT FLUSH only support SYNC|ASYNC option")?;
    context.core.process.scripts.flush();
    reply.ok();
    Ok(Answered::Now)
}

pub(super) fn load(
    context: &mut SessionContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Done {
    let sha = context.core.scripting.borrow_mut().load(args.at(2))?;
    reply.bulk(sha.as_bytes());
    Ok(Answered::Now)
}

pub(super) fn kill(
    context: &mut SessionContext<'_>,
    _: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Done {
    end_busy(context, Origin::Script, reply)
}

/// Ends what keeps the process busy.
pub(super) fn end_busy(
    context: &mut SessionContext<'_>,
    origin: Origin,
    reply: &mut ReplyWriter<'_>,
) -> Done {
    const UNKILLABLE: &str = "UNKILLABLE Sorry the script already executed write commands against the dataset. You can either \
        wait the script termination or kill the server in a hard way using the SHUTDOWN NOSAVE command.";
    match context.core.process.busy.kill(origin) {
        Killed::Yes => {
            reply.ok();
            Ok(Answered::Now)
        }
        Killed::NotBusy => Err(CommandError::new(
            "NOTBUSY No scripts in execution right now.",
        )),
        Killed::Unkillable => Err(CommandError::new(UNKILLABLE)),
        Killed::Other => Err(CommandError::new(match origin {
            Origin::Script => Origin::Function.busy(),
            Origin::Function => Origin::Script.busy(),
        })),
    }
}

fn show_help(
    _: &mut ShardContext<'_>,
    _: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    const LINES: [&str; 10] = [
        "DEBUG (YES|SYNC|NO)",
        "    Debugs scripts from now on, or not.",
        "EXISTS <sha1> [<sha1> ...]",
        "    Tells which of these scripts are known.",
        "FLUSH [ASYNC|SYNC]",
        "    Forgets all scripts.",
        "KILL",
        "    Ends the script that runs, unless it has written.",
        "LOAD <script>",
        "    Keeps a script for those who name it.",
    ];
    help("SCRIPT", &LINES, reply);
    Ok(())
}
