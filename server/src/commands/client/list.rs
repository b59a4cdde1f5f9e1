//! CLIENT LIST and CLIENT INFO.

use std::collections::BTreeMap;

use engine::command::args::Args;
use engine::command::error::CommandError;
use engine::command::number::integer;
use engine::command::spec::{Argument, ArgumentKind, Arity, Command, Docs};
use engine::resp::reply::ReplyWriter;

use super::describe::describe;
use super::filter::ClientType;
use super::{ADMIN, Done, OWN, row};
use crate::commands::{Answered, SessionContext};
use crate::core::ServerCore;

/// CLIENT INFO
pub(super) const INFO: Command = Command {
    tips: &["nondeterministic_output"],
    ..row(
        "info",
        Arity::Exactly(2),
        OWN,
        Docs::new("connection", "6.2.0", "O(1)", "Describes this connection"),
    )
};

/// CLIENT LIST [TYPE type] [ID id ..]
pub(super) const LIST: Command = Command {
    tips: &["nondeterministic_output"],
    ..row(
        "list",
        Arity::AtLeast(2),
        ADMIN,
        Docs::new(
            "connection",
            "2.4.0",
            "O(N) where N is the number of client connections",
            "Describes connections, a line each",
        )
        .arguments(&[
            Argument::new(
                "client-type",
                ArgumentKind::OneOf(&[
                    Argument::word("normal", "NORMAL"),
                    Argument::word("master", "MASTER"),
                    Argument::word("replica", "REPLICA"),
                    Argument::word("pubsub", "PUBSUB"),
                ]),
            )
            .token("TYPE")
            .optional(),
            Argument::new("client-id", ArgumentKind::Integer)
                .token("ID")
                .optional()
                .multiple(),
        ])
        .history(&[
            ("2.8.12", "Field `id`."),
            ("5.0.0", "TYPE."),
            ("6.0.0", "Field `user`."),
            (
                "6.2.0",
                "ID, and the fields `argv-mem`, `tot-mem`, `laddr` and `redir`.",
            ),
            ("7.0.0", "Fields `resp`, `multi-mem`, `rbs` and `rbp`."),
            ("7.0.3", "Field `ssub`."),
        ]),
    )
};

/// Which clients are listed, and in which order.
#[derive(Clone)]
enum Wanted {
    /// By number.
    All,
    /// Those of a type, by number.
    Type(ClientType),
    /// These, as often and in the order in which they are named.
    Ids(Vec<i64>),
}

pub(super) fn info(
    context: &mut SessionContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Done {
    context.connection.argument_bytes = length_of(args);
    let mut line = describe(context.connection, context.core.now, true);
    line.push(b'\n');
    reply.verbatim("txt", &line);
    Ok(Answered::Now)
}

pub(super) fn list(
    context: &mut SessionContext<'_>,
    args: &Args<'_>,
    _: &mut ReplyWriter<'_>,
) -> Done {
    let wanted = read(args)?;
    context.connection.argument_bytes = length_of(args);
    let asker = context.connection.id;
    let for_cores = wanted.clone();
    Ok(context.ask_all(
        move |core| core.describe_clients(&for_cores, asker),
        move |_, lines: Vec<Vec<(u64, Vec<u8>)>>, reply| {
            let lines: BTreeMap<u64, Vec<u8>> = lines.into_iter().flatten().collect();
            let ordered: Vec<&Vec<u8>> = match &wanted {
                Wanted::Ids(ids) => ids
                    .iter()
                    .filter_map(|id| lines.get(&u64::try_from(*id).ok()?))
                    .collect(),
                _ => lines.values().collect(),
            };
            let text: Vec<u8> = ordered
                .into_iter()
                .flat_map(|line| line.iter().copied().chain([b'\n']))
                .collect();
            reply.verbatim("txt", &text);
            Ok(())
        },
    ))
}

fn read(args: &Args<'_>) -> Result<Wanted, CommandError> {
    match args.len() {
        2 => Ok(Wanted::All),
        4 if args.is(2, "type") => ClientType::read(args.at(3)).map(Wanted::Type),
        4.. if args.is(2, "id") => {
            let ids: Result<Vec<i64>, _> = args.skip(3).iter().map(integer).collect();
            ids.map(Wanted::Ids)
                .map_err(|_| CommandError::new("ERR Invalid client ID"))
        }
        _ => Err(CommandError::SYNTAX),
    }
}

fn length_of(args: &Args<'_>) -> usize {
    args.iter().map(<[u8]>::len).sum()
}

impl ServerCore {
    fn describe_clients(&mut self, wanted: &Wanted, asker: u64) -> Vec<(u64, Vec<u8>)> {
        let is_wanted = |client: &&crate::connection::Connection| match wanted {
            Wanted::All => true,
            Wanted::Type(kind) => ClientType::of(client) == *kind,
            Wanted::Ids(ids) => ids.contains(&(client.id as i64)),
        };
        let clients = self.connections.iter().filter(is_wanted);
        clients
            .map(|client| (client.id, describe(client, self.now, client.id == asker)))
            .collect()
    }
}
