//! HELLO: the protocol version, and logging in on the way.

use engine::command::args::Args;
use engine::command::error::CommandError;
use engine::command::flags::Flags;
use engine::command::spec::{Argument, ArgumentKind, Arity, Command, Docs};
use engine::resp::reply::{Protocol, ReplyWriter};

use super::auth::log_in;
use super::{ANYTIME, row};
use crate::commands::{Answered, SessionContext};
use crate::identity;

/// HELLO [protover [AUTH username password] [SETNAME name]]
pub(super) const HELLO: Command = row(
    "hello",
    Arity::AtLeast(1),
    ANYTIME.union(Flags::SENTINEL),
    Docs::new(
        "connection",
        "6.0.0",
        "O(1)",
        "Agrees on a protocol version with the server",
    )
    .arguments(&[Argument::new(
        "arguments",
        ArgumentKind::Block(&[
            Argument::new("protover", ArgumentKind::Integer),
            Argument::new(
                "auth",
                ArgumentKind::Block(&[
                    Argument::new("username", ArgumentKind::String),
                    Argument::new("password", ArgumentKind::String),
                ]),
            )
            .token("AUTH")
            .optional(),
            Argument::new("clientname", ArgumentKind::String)
                .token("SETNAME")
                .optional(),
        ]),
    )
    .optional()]),
);

pub(super) struct Wishes<'a> {
    protocol: Option<Protocol>,
    pub(super) login: Option<(&'a [u8], &'a [u8])>,
    name: Option<&'a [u8]>,
}

pub(super) fn hello(
    context: &mut SessionContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<Answered, CommandError> {
    let wishes = read(args)?;
    if let Some((user, password)) = wishes.login {
        log_in(context, args, user, password)?;
    }
    if !context.connection.authenticated {
        return Err(CommandError::new(
            "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> \
             <pass> option can be used to authenticate the client and select the RESP protocol version at the same time",
        ));
    }
    if let Some(name) = wishes.name {
        context.connection.name = name.to_vec();
    }
    if let Some(protocol) = wishes.protocol {
        context.connection.protocol = protocol;
    }
    let mut bytes = Vec::new();
    describe(
        context,
        &mut ReplyWriter::new(&mut bytes, context.connection.protocol),
    );
    reply.raw(&bytes);
    Ok(Answered::Now)
}

pub(super) fn read<'a>(args: &Args<'a>) -> Result<Wishes<'a>, CommandError> {
    let mut wishes = Wishes {
        protocol: None,
        login: None,
        name: None,
    };
    let Some(version) = args.get(1) else {
        return Ok(wishes);
    };
    let version: Option<i64> = std::str::from_utf8(version)
        .ok()
        .and_then(|text| text.parse().ok());
    wishes.protocol = match version {
        None => {
            return Err(CommandError::new(
                "ERR Protocol version is not an integer or out of range",
            ));
        }
        Some(2) => Some(Protocol::Resp2),
        Some(3) => Some(Protocol::Resp3),
        Some(_) => return Err(CommandError::new("NOPROTO unsupported protocol version")),
    };
    let mut at = 2;
    while at < args.len() {
        if args.is(at, "auth") && at + 2 < args.len() {
            wishes.login = Some((args.at(at + 1), args.at(at + 2)));
            at += 3;
        } else if args.is(at, "setname") && at + 1 < args.len() {
            wishes.name = Some(valid_name(args.at(at + 1))?);
            at += 2;
        } else {
            let option = String::from_utf8_lossy(args.at(at));
            return Err(CommandError::with(format!(
                "ERR Syntax error in HELLO option '{option}'"
            )));
        }
    }
    Ok(wishes)
}

/// A client's name holds no spaces, line breaks or special characters, as CLIENT LIST shows it in one line.
pub(crate) fn valid_name(name: &[u8]) -> Result<&[u8], CommandError> {
    if is_plain(name) {
        return Ok(name);
    }
    Err(CommandError::new(
        "ERR Client names cannot contain spaces, newlines or special characters.",
    ))
}

/// Whether `text` is made of printable ASCII without spaces.
pub(crate) fn is_plain(text: &[u8]) -> bool {
    text.iter().all(|byte| (b'!'..=b'~').contains(byte))
}

fn describe(context: &SessionContext<'_>, reply: &mut ReplyWriter<'_>) {
    reply.map(7);
    reply.bulk(b"server");
    reply.bulk(b"redis");
    reply.bulk(b"version");
    reply.bulk(identity::REDIS_VERSION.as_bytes());
    reply.bulk(b"proto");
    reply.integer(if reply.protocol() == Protocol::Resp3 {
        3
    } else {
        2
    });
    reply.bulk(b"id");
    reply.integer(context.connection.id as i64);
    reply.bulk(b"mode");
    reply.bulk(b"standalone");
    reply.bulk(b"role");
    reply.bulk(b"master");
    reply.bulk(b"modules");
    reply.array(0);
}
