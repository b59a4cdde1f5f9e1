//! SELECT.

use engine::command::args::Args;
use engine::command::error::CommandError;
use engine::command::flags::Flags;
use engine::command::spec::{Argument, ArgumentKind, Arity, Command, Docs};
use engine::resp::reply::ReplyWriter;
use engine::shard::DbIndex;

use super::row;
use crate::commands::{Answered, SessionContext};

/// SELECT index
pub(super) const SELECT: Command = row(
    "select",
    Arity::Exactly(2),
    Flags::LOADING.union(Flags::STALE).union(Flags::FAST),
    Docs::new(
        "connection",
        "1.0.0",
        "O(1)",
        "Chooses the database of the commands that follow",
    )
    .arguments(&[Argument::new("index", ArgumentKind::Integer)]),
);

pub(super) fn select(
    context: &mut SessionContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<Answered, CommandError> {
    context.connection.db = database_number(args.at(1), context.core.settings.general.databases)?;
    reply.ok();
    Ok(Answered::Now)
}

/// The database that `word` names, of `databases`.
pub(crate) fn database_number(word: &[u8], databases: u32) -> Result<DbIndex, CommandError> {
    let number: Option<i64> = std::str::from_utf8(word)
        .ok()
        .and_then(|text| text.parse().ok());
    let number = number.ok_or(CommandError::NOT_AN_INTEGER)?;
    let index = u32::try_from(number)
        .ok()
        .filter(|index| *index < databases);
    index.map(DbIndex).ok_or(CommandError::DB_OUT_OF_RANGE)
}
