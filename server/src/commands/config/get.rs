//! CONFIG GET.

use engine::command::args::Args;
use engine::command::spec::{Argument, ArgumentKind, Arity, Command, Docs};
use engine::resp::reply::ReplyWriter;

use super::{ADMIN, Done, row};
use crate::commands::{Answered, SessionContext};
use crate::config::query;

/// CONFIG GET parameter ..
pub(super) const GET: Command = row(
    "get",
    Arity::AtLeast(3),
    ADMIN,
    Docs::new(
        "server",
        "2.0.0",
        "O(N) when N is the number of configuration parameters provided",
        "Tells the values of parameters",
    )
    .arguments(&[Argument::new(
        "parameter",
        ArgumentKind::Block(&[Argument::new("parameter", ArgumentKind::String)]),
    )
    .multiple()])
    .history(&[("7.0.0", "Several patterns in one call.")]),
);

pub(super) fn get(
    context: &mut SessionContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Done {
    let patterns: Vec<&[u8]> = args.skip(2).iter().collect();
    let found = query::get(&context.core.settings, &patterns);
    reply.map(found.len());
    for (name, value) in found {
        reply.bulk(&name);
        reply.bulk(&value);
    }
    Ok(Answered::Now)
}
