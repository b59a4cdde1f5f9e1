//! SHUTDOWN.

use engine::command::args::Args;
use engine::command::error::CommandError;
use engine::command::flags::{Acl, Flags};
use engine::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Run};
use engine::resp::reply::ReplyWriter;

use super::{Answered, Family, SessionContext};
use crate::config::topic::general::SaveOnSignal;
use crate::core::shutdown::Wish;
use crate::launch::shutdown_signals;

/// This family.
pub const FAMILY: Family = Family {
    rows: &[&SHUTDOWN],
    handlers: &[("shutdown", shutdown)],
};

/// SHUTDOWN [NOSAVE | SAVE] [NOW] [FORCE] [ABORT]
const SHUTDOWN: Command = Command {
    name: "shutdown",
    arity: Arity::AtLeast(1),
    flags: Flags::ADMIN
        .union(Flags::NOSCRIPT)
        .union(Flags::LOADING)
        .union(Flags::STALE)
        .union(Flags::NO_MULTI)
        .union(Flags::SENTINEL)
        .union(Flags::ALLOW_BUSY),
    acl: Acl::empty(),
    keys: &[],
    tips: &[],
    docs: Docs::new(
        "server",
        "1.0.0",
        "O(N) when saving, where N is the total number of keys in all databases when saving data, otherwise O(1)",
        "Ends the server",
    )
    .arguments(&[
        Argument::new(
            "save-selector",
            ArgumentKind::OneOf(&[Argument::word("nosave", "NOSAVE"), Argument::word("save", "SAVE")]),
        )
        .optional(),
        Argument::word("now", "NOW").optional(),
        Argument::word("force", "FORCE").optional(),
        Argument::word("abort", "ABORT").optional(),
    ])
    .history(&[("7.0.0", "NOW, FORCE and ABORT.")]),
    run: Run::Session,
    subcommands: &[],
};

/// What SHUTDOWN asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Request {
    /// The end.
    End(Wish),
    /// That an end which was asked for does not come.
    Abort,
}

fn shutdown(
    context: &mut SessionContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<Answered, CommandError> {
    match read(args)? {
        Request::End(wish) => {
            context.core.shut_down(wish, context.waiting);
            Ok(Answered::Later)
        }
        Request::Abort => {
            let was_signalled = shutdown_signals::forget();
            if !(context.core.process.take_end_request() || was_signalled) {
                return Err(CommandError::new("ERR No shutdown in progress."));
            }
            tracing::info!("Shutdown manually aborted.");
            reply.ok();
            Ok(Answered::Now)
        }
    }
}

/// Reads the words. Deliberately no difference between NOW and nothing behind this: there are no replicas to wait for.
fn read(args: &Args<'_>) -> Result<Request, CommandError> {
    let (mut save, mut nosave, mut now, mut force, mut abort) = (false, false, false, false, false);
    for word in args.skip(1).iter() {
        match word.to_ascii_lowercase().as_slice() {
            b"save" => save = true,
            b"nosave" => nosave = true,
            b"now" => now = true,
            b"force" => force = true,
            b"abort" => abort = true,
            _ => return Err(CommandError::SYNTAX),
        }
    }
    let save_on = match (save, nosave) {
        (true, true) => return Err(CommandError::SYNTAX),
        (true, false) => SaveOnSignal::Save,
        (false, true) => SaveOnSignal::Nosave,
        (false, false) => SaveOnSignal::Default,
    };
    match abort {
        true if save || nosave || now || force => Err(CommandError::SYNTAX),
        true => Ok(Request::Abort),
        false => Ok(Request::End(Wish {
            save: save_on,
            now,
            force,
        })),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::command::args::OwnedArgs;

    fn wish(words: &str) -> Option<Request> {
        let args: OwnedArgs = words.split(' ').map(str::as_bytes).collect();
        read(&args.as_args()).ok()
    }

    #[test]
    fn words_that_exclude_each_other_are_refused() {
        for good in [
            "shutdown",
            "shutdown NOSAVE now",
            "shutdown save FORCE now",
            "shutdown now now",
        ] {
            let is_end = matches!(wish(good), Some(Request::End(_)));
            assert!(is_end, "{good}");
        }
        assert_eq!(wish("shutdown abort"), Some(Request::Abort));
        for bad in [
            "shutdown later",
            "shutdown save nosave",
            "shutdown abort now",
            "shutdown nosave abort",
        ] {
            assert_eq!(wish(bad), None, "{bad}");
        }
    }
}
