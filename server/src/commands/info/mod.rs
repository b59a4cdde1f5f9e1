//! INFO.

use engine::command::args::Args;
use engine::command::error::CommandError;
use engine::command::flags::{Acl, Flags};
use engine::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Run};
use engine::resp::reply::ReplyWriter;

use super::{Answered, Family, SessionContext};
use crate::info::Report;
use crate::info::portion::Portion;
use crate::info::section::Wanted;

/// This family.
pub const FAMILY: Family = Family {
    rows: &[&INFO],
    handlers: &[("info", info)],
};

/// Tips of what adds all shards up.
pub(super) const OF_ALL_SHARDS: &[&str] = &[
    "nondeterministic_output",
    "request_policy:all_shards",
    "response_policy:special",
];

const INFO: Command = Command {
    name: "info",
    arity: Arity::AtLeast(1),
    flags: Flags::LOADING.union(Flags::STALE).union(Flags::SENTINEL),
    acl: Acl::DANGEROUS,
    keys: &[],
    tips: OF_ALL_SHARDS,
    docs: Docs::new(
        "server",
        "1.0.0",
        "O(1)",
        "Shows the server's state and what it counted",
    )
    .arguments(&[Argument::new("section", ArgumentKind::String)
        .optional()
        .multiple()])
    .history(&[("7.0.0", "Takes several sections.")]),
    run: Run::Session,
    subcommands: &[],
};

/// INFO [section ..]
fn info(
    context: &mut SessionContext<'_>,
    args: &Args<'_>,
    _: &mut ReplyWriter<'_>,
) -> Result<Answered, CommandError> {
    let wanted = Wanted::read(args);
    let with_commands = wanted.holds_commands();
    Ok(context.ask_all(
        move |core| Portion::of(core, with_commands),
        move |core, portions, reply| {
            reply.verbatim("txt", Report::new(core, portions).text(&wanted).as_bytes());
            Ok(())
        },
    ))
}
