//! CLIENT PAUSE and UNPAUSE, for all cores.

use engine::command::args::Args;
use engine::command::error::CommandError;
use engine::command::number::integer;
use engine::command::spec::{Argument, ArgumentKind, Arity, Command, Docs};
use engine::resp::reply::ReplyWriter;
use engine::time::UnixMillis;

use super::{ADMIN, Done, row};
use crate::commands::{Answered, SessionContext};
use crate::core::pause::Paused;

/// CLIENT PAUSE timeout [WRITE | ALL]
pub(super) const PAUSE: Command = row(
    "pause",
    Arity::AtLeast(3),
    ADMIN,
    Docs::new(
        "connection",
        "3.0.0",
        "O(1)",
        "Lets commands wait for a while",
    )
    .arguments(&[
        Argument::new("timeout", ArgumentKind::Integer),
        Argument::new(
            "mode",
            ArgumentKind::OneOf(&[
                Argument::word("write", "WRITE"),
                Argument::word("all", "ALL"),
            ]),
        )
        .optional(),
    ])
    .history(&[("6.2.0", "With WRITE, commands that only read go on.")]),
);

/// CLIENT UNPAUSE
pub(super) const UNPAUSE: Command = row(
    "unpause",
    Arity::Exactly(2),
    ADMIN,
    Docs::new(
        "connection",
        "6.2.0",
        "O(N) Where N is the number of paused clients",
        "Ends a pause before its time",
    ),
);

pub(super) fn pause(
    context: &mut SessionContext<'_>,
    args: &Args<'_>,
    _: &mut ReplyWriter<'_>,
) -> Done {
    let what = match args.len() {
        3 => Paused::All,
        4 if args.is(3, "write") => Paused::Writes,
        4 if args.is(3, "all") => Paused::All,
        4 => {
            return Err(CommandError::new(
                "ERR CLIENT PAUSE mode must be WRITE or ALL",
            ));
        }
        _ => return Err(CommandError::subcommand_syntax("CLIENT", args.at(1))),
    };
    let until = moment(args.at(2), context.core.now)?;
    let cores = context.core.process.all_cores();
    context.core.ask(
        cores,
        context.waiting,
        move |core| core.begin_pause(until, what),
        |core, waiting, _| {
            // A core may have sent a write to another one just before it heard of the pause. It has arrived before this
            // second question does, and the reply says that nothing is written any more.
            core.ask_all(
                waiting,
                |_| (),
                |_, _, reply| {
                    reply.ok();
                    Ok(())
                },
            );
        },
    );
    Ok(Answered::Later)
}

/// The moment that many milliseconds after `now`; 0 is no moment at all.
fn moment(word: &[u8], now: UnixMillis) -> Result<UnixMillis, CommandError> {
    let wrong = CommandError::new("ERR timeout is not an integer or out of range");
    match integer(word).map_err(|_| wrong)? {
        ..0 => Err(CommandError::new("ERR timeout is negative")),
        0 => Ok(UnixMillis(0)),
        millis => Ok(UnixMillis(now.0.saturating_add(millis))),
    }
}

pub(super) fn unpause(
    context: &mut SessionContext<'_>,
    _: &Args<'_>,
    _: &mut ReplyWriter<'_>,
) -> Done {
    Ok(context.ask_all(
        |core| core.end_pause(),
        |_, _, reply| {
            reply.ok();
            Ok(())
        },
    ))
}
