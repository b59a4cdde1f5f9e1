//! SAVE and BGSAVE. Both take their snapshot while the server serves; behind SAVE its client waits until it is written.

use engine::command::args::Args;
use engine::command::error::CommandError;
use engine::command::flags::{Acl, Flags};
use engine::command::spec::{Argument, Arity, Command, Docs, Run};
use engine::resp::reply::ReplyWriter;

use crate::commands::{Answered, SessionContext};
use crate::core::ServerCore;
use crate::core::ask::Waiting;
use crate::persistence::job::{Ended, Job, Outcome, Purpose};

const FLAGS: Flags = Flags::ADMIN
    .union(Flags::NOSCRIPT)
    .union(Flags::NO_ASYNC_LOADING);

/// SAVE
pub(super) const SAVE: Command = Command {
    name: "save",
    arity: Arity::Exactly(1),
    flags: FLAGS.union(Flags::NO_MULTI),
    acl: Acl::empty(),
    keys: &[],
    tips: &[],
    docs: Docs::new(
        "server",
        "1.0.0",
        "O(N) with N keys in all databases",
        "Writes a snapshot and answers when it is safe",
    ),
    run: Run::Session,
    subcommands: &[],
};

/// BGSAVE [SCHEDULE]
pub(super) const BGSAVE: Command = Command {
    name: "bgsave",
    arity: Arity::AtLeast(1),
    flags: FLAGS,
    docs: Docs::new(
        "server",
        "1.0.0",
        "O(1)",
        "Begins a snapshot that is written in the background",
    )
    .arguments(&[Argument::word("schedule", "SCHEDULE").optional()])
    .history(&[("3.2.2", "Takes `SCHEDULE`.")]),
    ..SAVE
};

const UNDER_WAY: CommandError = CommandError::new("ERR Background save already in progress");
const OTHER_UNDER_WAY: CommandError = CommandError::new(
    "ERR Another child process is active (AOF?): can't BGSAVE right now. Use BGSAVE SCHEDULE in order to schedule a BGSAVE \
     whenever possible.",
);

type Done = Result<Answered, CommandError>;

pub(super) fn save(
    context: &mut SessionContext<'_>,
    _: &Args<'_>,
    _: &mut ReplyWriter<'_>,
) -> Done {
    let (core, waiting) = (&mut *context.core, context.waiting);
    if purpose_under_way(core) == Some(Purpose::Background) {
        return Err(UNDER_WAY);
    }
    core.when_free(move |core| {
        let job = Job::dump(Purpose::Foreground, &core.settings);
        core.begin_save(
            job,
            |_| (),
            move |core, ended| reply_saved(core, waiting, &ended),
        );
    });
    Ok(Answered::Later)
}

fn reply_saved(core: &mut ServerCore, waiting: Waiting, ended: &Ended) {
    let outcome = ended.outcome;
    core.reply_to(waiting, |_, reply| match outcome {
        Outcome::Saved => {
            reply.ok();
            Ok(())
        }
        Outcome::Failed | Outcome::GivenUp => Err(CommandError::new("ERR")),
    });
}

fn purpose_under_way(core: &ServerCore) -> Option<Purpose> {
    let running = core.process.saves.running();
    running.map(|running| running.purpose)
}

pub(super) fn bgsave(
    context: &mut SessionContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Done {
    let is_patient = match args.len() {
        1 => false,
        2 if args.is(1, "schedule") => true,
        _ => return Err(CommandError::SYNTAX),
    };
    let waiting = context.waiting;
    let in_exec = matches!(waiting, Waiting::Piece(..));
    match purpose_under_way(context.core) {
        Some(Purpose::Background) => return Err(UNDER_WAY),
        Some(Purpose::Rewrite) if !is_patient && !in_exec => return Err(OTHER_UNDER_WAY),
        Some(Purpose::Rewrite) => {}
        _ if in_exec => {}
        _ => {
            context.core.when_free(move |core| begin(core, waiting));
            return Ok(Answered::Later);
        }
    }
    context.core.process.saves.schedule();
    reply.simple("Background saving scheduled");
    Ok(Answered::Now)
}

/// Answers when the snapshot is cut: what its client writes next is not in it.
fn begin(core: &mut ServerCore, waiting: Waiting) {
    core.save_in_background(move |core| {
        core.reply_to(waiting, |_, reply| {
            reply.simple("Background saving started");
            Ok(())
        });
    });
}
