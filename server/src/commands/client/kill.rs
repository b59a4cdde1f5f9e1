//! CLIENT KILL, on all cores.

use engine::command::args::Args;
use engine::command::error::CommandError;
use engine::command::spec::{Argument, ArgumentKind, Arity, Command, Docs};
use engine::resp::reply::ReplyWriter;

use super::filter::Filter;
use super::{ADMIN, Done, row};
use crate::commands::SessionContext;
use crate::core::ServerCore;

const TYPES: &[Argument] = &[
    Argument::word("normal", "NORMAL"),
    Argument::word("master", "MASTER"),
    Argument::word("slave", "SLAVE"),
    Argument::word("replica", "REPLICA"),
    Argument::word("pubsub", "PUBSUB"),
];

/// CLIENT KILL ip:port | filter value ..
pub(super) const KILL: Command = row(
    "kill",
    Arity::AtLeast(3),
    ADMIN,
    Docs::new(
        "connection",
        "2.4.0",
        "O(N) where N is the number of client connections",
        "Closes connections",
    )
    .arguments(&[Argument::new(
        "filter",
        ArgumentKind::OneOf(&[
            Argument::new("old-format", ArgumentKind::String),
            Argument::new(
                "new-format",
                ArgumentKind::OneOf(&[
                    Argument::new("client-id", ArgumentKind::Integer)
                        .token("ID")
                        .optional(),
                    Argument::new("client-type", ArgumentKind::OneOf(TYPES))
                        .token("TYPE")
                        .optional(),
                    Argument::new("username", ArgumentKind::String)
                        .token("USER")
                        .optional(),
                    Argument::new("addr", ArgumentKind::String)
                        .token("ADDR")
                        .optional(),
                    Argument::new("laddr", ArgumentKind::String)
                        .token("LADDR")
                        .optional(),
                    Argument::new(
                        "skipme",
                        ArgumentKind::OneOf(&[
                            Argument::word("yes", "YES"),
                            Argument::word("no", "NO"),
                        ]),
                    )
                    .token("SKIPME")
                    .optional(),
                    Argument::new("maxage", ArgumentKind::Integer)
                        .token("MAXAGE")
                        .optional(),
                ]),
            )
            .multiple(),
        ]),
    )])
    .history(&[
        ("2.8.12", "Filters, ID among them."),
        ("3.2.0", "TYPE knows `master`."),
        (
            "5.0.0",
            "TYPE says `replica` for what was `slave`, which still works.",
        ),
        ("6.2.0", "LADDR."),
    ]),
);

pub(super) fn kill(
    context: &mut SessionContext<'_>,
    args: &Args<'_>,
    _: &mut ReplyWriter<'_>,
) -> Done {
    let is_old_form = args.len() == 3;
    let filter = if is_old_form {
        let peer = Some(String::from_utf8_lossy(args.at(2)).into_owned());
        Filter {
            peer,
            ..Filter::default()
        }
    } else {
        Filter::read(&args.skip(2), &context.core.users.users)?
    };
    let (asker, conn) = (context.connection.id, context.connection.conn);
    Ok(context.ask_all(
        move |core| core.kill_clients(&filter, asker),
        move |core, killed: Vec<Killed>, reply| {
            let count: usize = killed.iter().map(|killed| killed.count).sum();
            match (is_old_form, count) {
                (true, 0) => return Err(CommandError::new("ERR No such client")),
                (true, _) => reply.ok(),
                (false, count) => reply.count(count),
            }
            if killed.iter().any(|killed| killed.asker) {
                core.close_after_reply(conn);
            }
            Ok(())
        },
    ))
}

/// What happened on one core.
struct Killed {
    count: usize,
    /// The client that asks is one of them; it still gets its answer.
    asker: bool,
}

impl ServerCore {
    fn kill_clients(&mut self, filter: &Filter, asker: u64) -> Killed {
        let now = self.now;
        let matching = self
            .connections
            .iter()
            .filter(|client| filter.matches(client, asker, now));
        let matching: Vec<_> = matching.map(|client| (client.conn, client.id)).collect();
        for (conn, _) in matching.iter().filter(|(_, id)| *id != asker) {
            self.kill(*conn);
        }
        Killed {
            count: matching.len(),
            asker: matching.iter().any(|(_, id)| *id == asker),
        }
    }
}
