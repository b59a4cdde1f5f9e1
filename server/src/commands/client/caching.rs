//! CLIENT CACHING, TRACKINGINFO and GETREDIR: around CLIENT TRACKING.

use engine::command::args::Args;
use engine::command::error::CommandError;
use engine::command::spec::{Argument, ArgumentKind, Arity, Command, Docs};
use engine::resp::reply::ReplyWriter;

use super::{Done, LOCAL, OWN, row};
use crate::commands::{Answered, SessionContext};
use crate::tracking::tracked::{Mode, Tracked};

/// CLIENT CACHING YES | NO
pub(super) const CACHING: Command = row(
    "caching",
    Arity::Exactly(3),
    LOCAL,
    Docs::new(
        "connection",
        "6.0.0",
        "O(1)",
        "Tells whether what the next command reads is to be tracked",
    )
    .arguments(&[Argument::new(
        "mode",
        ArgumentKind::OneOf(&[Argument::word("yes", "YES"), Argument::word("no", "NO")]),
    )]),
);

/// CLIENT TRACKINGINFO
pub(super) const TRACKINGINFO: Command = row(
    "trackinginfo",
    Arity::Exactly(2),
    LOCAL,
    Docs::new(
        "connection",
        "6.2.0",
        "O(1)",
        "Tells how this connection tracks what it reads",
    ),
);

/// CLIENT GETREDIR
pub(super) const GETREDIR: Command = row(
    "getredir",
    Arity::Exactly(2),
    OWN,
    Docs::new(
        "connection",
        "6.0.0",
        "O(1)",
        "Tells which connection gets the invalidation messages of this one",
    ),
);

pub(super) fn caching(
    context: &mut SessionContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Done {
    let mode = context.connection.tracked.as_mut().map(|own| &mut own.mode);
    let wrong = match (mode, args.is(2, "yes"), args.is(2, "no")) {
        (None, ..) => {
            "ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled"
        }
        (Some(Mode::OptIn { caches: once }), true, _)
        | (Some(Mode::OptOut { skips: once }), _, true) => {
            *once = true;
            reply.ok();
            return Ok(Answered::Now);
        }
        (_, true, _) => {
            "ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode."
        }
        (_, _, true) => {
            "ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode."
        }
        _ => return Err(CommandError::SYNTAX),
    };
    Err(CommandError::new(wrong))
}

pub(super) fn tracking_info(
    context: &mut SessionContext<'_>,
    _: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Done {
    let tracked = context.connection.tracked.as_deref();
    let flags = tracked.map_or_else(|| vec!["off"], flags);
    let prefixes: Vec<&[u8]> = tracked.into_iter().flat_map(Tracked::prefixes).collect();
    reply.map(3);
    reply.bulk(b"flags");
    reply.set(flags.len());
    flags.iter().for_each(|flag| reply.bulk(flag.as_bytes()));
    reply.bulk(b"redirect");
    reply.integer(redirection(tracked));
    reply.bulk(b"prefixes");
    reply.array(prefixes.len());
    prefixes.iter().for_each(|prefix| reply.bulk(prefix));
    Ok(Answered::Now)
}

fn flags(tracked: &Tracked) -> Vec<&'static str> {
    let mut flags = vec!["on"];
    match tracked.mode {
        Mode::Reads => {}
        Mode::Broadcast(_) => flags.push("bcast"),
        Mode::OptIn { .. } => flags.push("optin"),
        Mode::OptOut { .. } => flags.push("optout"),
    }
    match tracked.mode {
        Mode::OptIn { caches: true } => flags.push("caching-yes"),
        Mode::OptOut { skips: true } => flags.push("caching-no"),
        _ => {}
    }
    if tracked.no_loop {
        flags.push("noloop");
    }
    if tracked.is_broken() {
        flags.push("broken_redirect");
    }
    flags
}

/// The client that is told: -1 for nobody, 0 for the reader itself.
pub(super) fn redirection(tracked: Option<&Tracked>) -> i64 {
    tracked.map_or(-1, |own| {
        own.redirect.map_or(0, |redirect| redirect.id as i64)
    })
}

pub(super) fn get_redir(
    context: &mut SessionContext<'_>,
    _: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Done {
    reply.integer(redirection(context.connection.tracked.as_deref()));
    Ok(Answered::Now)
}
