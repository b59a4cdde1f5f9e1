//! CLIENT TRACKING: how a connection begins and ends to hear of changes to what it has read.

use std::collections::BTreeSet;

use engine::command::args::Args;
use engine::command::error::{CommandError, printed};
use engine::command::number::integer;
use engine::command::spec::{Argument, ArgumentKind, Arity, Command, Docs};
use engine::resp::reply::ReplyWriter;

use super::{Done, LOCAL, row};
use crate::commands::{Answered, SessionContext};
use crate::connection::Connection;
use crate::core::ServerCore;
use crate::core::ask::Waiting;
use crate::runtime::net::ConnId;
use crate::tracking::tracked::{Mode, Redirect, Tracked};

/// CLIENT TRACKING ON | OFF [REDIRECT id] [PREFIX prefix ..] [BCAST] [OPTIN] [OPTOUT] [NOLOOP]
pub(super) const TRACKING: Command = row(
    "tracking",
    Arity::AtLeast(3),
    LOCAL,
    Docs::new(
        "connection",
        "6.0.0",
        "O(1). Some options may introduce additional complexity.",
        "Tells this connection, or stops telling it, when keys that it has read change",
    )
    .arguments(&[
        Argument::new(
            "status",
            ArgumentKind::OneOf(&[Argument::word("on", "ON"), Argument::word("off", "OFF")]),
        ),
        Argument::new("client-id", ArgumentKind::Integer)
            .token("REDIRECT")
            .optional(),
        Argument::new("prefix", ArgumentKind::String)
            .token("PREFIX")
            .optional()
            .multiple()
            .multiple_token(),
        Argument::word("bcast", "BCAST").optional(),
        Argument::word("optin", "OPTIN").optional(),
        Argument::word("optout", "OPTOUT").optional(),
        Argument::word("noloop", "NOLOOP").optional(),
    ]),
);

type Prefixes = Vec<Box<[u8]>>;

/// What the words ask for.
#[derive(Debug, Default)]
struct Wish {
    redirect: Option<u64>,
    prefixes: Prefixes,
    broadcast: bool,
    opt_in: bool,
    opt_out: bool,
    no_loop: bool,
}

impl Wish {
    /// Reads the words behind ON or OFF. A client to redirect to stands once.
    fn read(args: &Args<'_>) -> Result<Self, CommandError> {
        let mut wish = Wish::default();
        let mut at = 3;
        while at < args.len() {
            let value = args.get(at + 1);
            match (args.at(at).to_ascii_lowercase().as_slice(), value) {
                (b"redirect", Some(_)) if wish.redirect.is_some_and(|id| id != 0) => {
                    return Err(CommandError::new(
                        "ERR A client can only redirect to a single other client",
                    ));
                }
                (b"redirect", Some(id)) => wish.redirect = Some(integer(id)? as u64),
                (b"prefix", Some(prefix)) => wish.prefixes.push(prefix.into()),
                (b"bcast", _) => wish.broadcast = true,
                (b"optin", _) => wish.opt_in = true,
                (b"optout", _) => wish.opt_out = true,
                (b"noloop", _) => wish.no_loop = true,
                _ => return Err(CommandError::SYNTAX),
            }
            let takes_value = args.is(at, "redirect") || args.is(at, "prefix");
            at += 1 + usize::from(takes_value);
        }
        Ok(wish)
    }

    /// How `connection` tracks from now on, and the prefixes that are new to it.
    fn grant(
        self,
        connection: &Connection,
        redirect: Option<Redirect>,
    ) -> Result<(Tracked, Prefixes), CommandError> {
        let before = connection.tracked.as_ref().map(|tracked| &tracked.mode);
        self.check(before)?;
        let (mode, new) = match before {
            Some(Mode::Broadcast(there)) => self.listen(there)?,
            _ if self.broadcast => self.listen(&BTreeSet::new())?,
            Some(mode @ Mode::OptIn { .. }) if self.opt_in => (mode.clone(), Vec::new()),
            Some(mode @ Mode::OptOut { .. }) if self.opt_out => (mode.clone(), Vec::new()),
            _ if self.opt_in => (Mode::OptIn { caches: false }, Vec::new()),
            _ if self.opt_out => (Mode::OptOut { skips: false }, Vec::new()),
            _ => (Mode::Reads, Vec::new()),
        };
        let tracked = Tracked {
            mode,
            no_loop: self.no_loop,
            redirect,
        };
        Ok((tracked, new))
    }

    /// Whether the options go together, and with what is in force.
    fn check(&self, before: Option<&Mode>) -> Result<(), CommandError> {
        let was_broadcast = |mode: &Mode| matches!(mode, Mode::Broadcast(_));
        let switches = match before {
            Some(Mode::OptIn { .. }) => self.opt_out,
            Some(Mode::OptOut { .. }) => self.opt_in,
            _ => false,
        };
        let wrong = match () {
            () if !self.broadcast && !self.prefixes.is_empty() => {
                "ERR PREFIX option requires BCAST mode to be enabled"
            }
            () if before.is_some_and(|mode| was_broadcast(mode) != self.broadcast) => {
                "ERR You can't switch BCAST mode on/off before disabling tracking for this client, and then re-enabling it \
                 with a different mode."
            }
            () if self.broadcast && (self.opt_in || self.opt_out) => {
                "ERR OPTIN and OPTOUT are not compatible with BCAST"
            }
            () if self.opt_in && self.opt_out => {
                "ERR You can't specify both OPTIN mode and OPTOUT mode"
            }
            () if switches => {
                "ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then re-enabling it \
                 with a different mode."
            }
            () => return Ok(()),
        };
        Err(CommandError::new(wrong))
    }

    /// All prefixes, those `there` and those wished for, and the new ones among them. No prefix may begin with another, but
    /// that of all keys, which whoever names none asks for, goes with any.
    fn listen(&self, there: &BTreeSet<Box<[u8]>>) -> Result<(Mode, Prefixes), CommandError> {
        for (index, prefix) in self.prefixes.iter().enumerate() {
            if let Some(other) = there.iter().find(|other| overlap(prefix, other)) {
                return Err(overlapping(prefix, "an existing prefix", other));
            }
            let behind = &self.prefixes[index + 1..];
            if let Some(other) = behind.iter().find(|other| overlap(prefix, other)) {
                return Err(overlapping(prefix, "another provided prefix", other));
            }
        }
        let mut wanted = self.prefixes.clone();
        if wanted.is_empty() {
            wanted.push(Box::default());
        }
        wanted.retain(|prefix| !there.contains(prefix));
        let all = there.iter().chain(&wanted).cloned().collect();
        Ok((Mode::Broadcast(all), wanted))
    }
}

fn overlap(one: &[u8], other: &[u8]) -> bool {
    one.starts_with(other) || other.starts_with(one)
}

fn overlapping(prefix: &[u8], whose: &str, other: &[u8]) -> CommandError {
    CommandError::with(format!(
        "ERR Prefix '{}' overlaps with {whose} '{}'. Prefixes for a single client must not overlap.",
        printed(prefix),
        printed(other)
    ))
}

pub(super) fn tracking(
    context: &mut SessionContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Done {
    let wish = Wish::read(args)?;
    let Some(id) = wish.redirect.filter(|id| *id != 0) else {
        return switch(context, args, wish, None, reply);
    };
    if id == context.connection.id {
        let redirect = Redirect::to(context.connection);
        return switch(context, args, wish, Some(redirect), reply);
    }
    let is_on = args.is(2, "on");
    let is_off = args.is(2, "off");
    let conn = context.connection.conn;
    let cores = context.core.process.all_cores();
    context.core.ask(
        cores,
        context.waiting,
        move |core| core.find_client(id),
        move |core, waiting, found| {
            let found = found.into_iter().flatten().next();
            let result = match found {
                None => Err(CommandError::new(
                    "ERR The client ID you want redirect to does not exist",
                )),
                Some(_) if !is_on && !is_off => Err(CommandError::SYNTAX),
                Some(redirect) => core.switch_later(conn, is_on, wish, redirect),
            };
            core.spread(waiting, result);
        },
    );
    Ok(Answered::Later)
}

/// Turns tracking on or off; everything it takes is known.
fn switch(
    context: &mut SessionContext<'_>,
    args: &Args<'_>,
    wish: Wish,
    redirect: Option<Redirect>,
    reply: &mut ReplyWriter<'_>,
) -> Done {
    let new = match (args.is(2, "on"), args.is(2, "off")) {
        (true, _) => context
            .core
            .begin_tracking(context.connection, wish, redirect)?,
        (_, true) => {
            context.core.end_tracking(context.connection);
            Vec::new()
        }
        _ => return Err(CommandError::SYNTAX),
    };
    if new.is_empty() {
        reply.ok();
        return Ok(Answered::Now);
    }
    context.core.spread(context.waiting, Ok(new));
    Ok(Answered::Later)
}

impl ServerCore {
    fn begin_tracking(
        &mut self,
        connection: &mut Connection,
        wish: Wish,
        redirect: Option<Redirect>,
    ) -> Result<Prefixes, CommandError> {
        let (tracked, new) = wish.grant(connection, redirect)?;
        self.track(connection, tracked, &new);
        Ok(new)
    }

    /// The same for a connection that waited until the client it redirects to was found.
    fn switch_later(
        &mut self,
        conn: ConnId,
        is_on: bool,
        wish: Wish,
        redirect: Redirect,
    ) -> Result<Prefixes, CommandError> {
        let Some(mut connection) = self.connections.take(conn) else {
            return Ok(Vec::new());
        };
        let result = match is_on {
            true => self.begin_tracking(&mut connection, wish, Some(redirect)),
            false => {
                self.end_tracking(&mut connection);
                Ok(Vec::new())
            }
        };
        self.connections.put(connection);
        result
    }

    /// Lets all shards know of new prefixes, then answers.
    fn spread(&mut self, waiting: Waiting, new: Result<Prefixes, CommandError>) {
        match new {
            Ok(new) if new.is_empty() => self.reply_to(waiting, |_, reply| {
                reply.ok();
                Ok(())
            }),
            Ok(new) => self.ask_all(
                waiting,
                move |core| {
                    let table = &mut core.engine.shard().tracking;
                    new.iter().for_each(|prefix| table.listen(prefix));
                },
                |_, _: Vec<()>, reply| {
                    reply.ok();
                    Ok(())
                },
            ),
            Err(error) => self.reply_to(waiting, |_, _| Err(error)),
        }
    }
}
