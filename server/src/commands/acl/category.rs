//! ACL CAT: the categories, and the commands of one.

use engine::command::args::Args;
use engine::command::error::{CommandError, printed};
use engine::command::flags::Acl;
use engine::command::spec::{Argument, ArgumentKind, Arity, Command, Docs};
use engine::command::table::{CommandId, table};
use engine::resp::reply::ReplyWriter;

use super::{ANYTIME, Done, row};
use crate::acl::command_rules::category_named;
use crate::commands::command::is_listed;
use crate::commands::{Answered, SessionContext};

/// ACL CAT [category]
pub(super) const CAT: Command = row(
    "cat",
    Arity::AtLeast(2),
    ANYTIME,
    Docs::new(
        "server",
        "6.0.0",
        "O(1) since the categories and commands are a fixed set.",
        "Lists the categories, or the commands of one",
    )
    .arguments(&[Argument::new("categoryname", ArgumentKind::String).optional()]),
);

pub(super) fn cat(
    _: &mut SessionContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Done {
    let names: Vec<&str> = match args.len() {
        2 => Acl::all().names().collect(),
        3 => commands_of(args.at(2))?,
        _ => return Err(CommandError::subcommand_syntax("ACL", args.at(1))),
    };
    reply.array(names.len());
    names.iter().for_each(|name| reply.bulk(name.as_bytes()));
    Ok(Answered::Now)
}

fn commands_of(name: &[u8]) -> Result<Vec<&'static str>, CommandError> {
    let category = category_named(name)
        .ok_or_else(|| CommandError::with(format!("ERR Unknown category '{}'", printed(name))))?;
    let is_in = |id: &CommandId| is_listed(*id) && table().row(*id).acl().intersects(category);
    let ids = table().ids().filter(is_in);
    Ok(ids.map(|id| table().full_name(id)).collect())
}
