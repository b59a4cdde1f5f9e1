//! CLIENT SETNAME, GETNAME and SETINFO: what a client calls itself.

use engine::command::args::Args;
use engine::command::error::CommandError;
use engine::command::spec::{Argument, ArgumentKind, Arity, Command, Docs};
use engine::resp::reply::ReplyWriter;

use super::{Done, OWN, row};
use crate::commands::connection::hello::{is_plain, valid_name};
use crate::commands::{Answered, SessionContext};

/// CLIENT SETNAME connection-name
pub(super) const SETNAME: Command = row(
    "setname",
    Arity::Exactly(3),
    OWN,
    Docs::new(
        "connection",
        "2.6.9",
        "O(1)",
        "Gives this connection a name",
    )
    .arguments(&[Argument::new("connection-name", ArgumentKind::String)]),
);

/// CLIENT GETNAME
pub(super) const GETNAME: Command = row(
    "getname",
    Arity::Exactly(2),
    OWN,
    Docs::new(
        "connection",
        "2.6.9",
        "O(1)",
        "Tells the name of this connection",
    ),
);

/// CLIENT SETINFO LIB-NAME libname | LIB-VER libver
pub(super) const SETINFO: Command = row(
    "setinfo",
    Arity::Exactly(4),
    OWN,
    Docs::new(
        "connection",
        "7.2.0",
        "O(1)",
        "Tells which library the client uses",
    )
    .arguments(&[Argument::new(
        "attr",
        ArgumentKind::OneOf(&[
            Argument::new("libname", ArgumentKind::String).token("LIB-NAME"),
            Argument::new("libver", ArgumentKind::String).token("LIB-VER"),
        ]),
    )]),
);

pub(super) fn set_name(
    context: &mut SessionContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Done {
    context.connection.name = valid_name(args.at(2))?.to_vec();
    reply.ok();
    Ok(Answered::Now)
}

pub(super) fn get_name(
    context: &mut SessionContext<'_>,
    _: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Done {
    match context.connection.name.as_slice() {
        [] => reply.null(),
        name => reply.bulk(name),
    }
    Ok(Answered::Now)
}

pub(super) fn set_info(
    context: &mut SessionContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Done {
    let option = String::from_utf8_lossy(args.at(2));
    let field = if args.is(2, "lib-name") {
        &mut context.connection.lib_name
    } else if args.is(2, "lib-ver") {
        &mut context.connection.lib_version
    } else {
        return Err(CommandError::with(format!(
            "ERR Unrecognized option '{option}'"
        )));
    };
    if !is_plain(args.at(3)) {
        let line = format!("ERR {option} cannot contain spaces, newlines or special characters.");
        return Err(CommandError::with(line));
    }
    *field = args.at(3).to_vec();
    reply.ok();
    Ok(Answered::Now)
}
