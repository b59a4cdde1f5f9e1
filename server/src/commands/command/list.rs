//! COMMAND LIST: names of commands and subcommands, all or some.

use engine::command::args::Args;
use engine::command::error::CommandError;
use engine::command::table::{CommandId, table};
use engine::key::glob::{Case, matches};
use engine::resp::reply::ReplyWriter;

use super::{Done, is_listed};
use crate::commands::{Answered, SessionContext};

enum Filter<'a> {
    Everything,
    /// There are no modules, so none is of any.
    Module,
    Category(&'a [u8]),
    Pattern(&'a [u8]),
}

impl Filter<'_> {
    fn admits(&self, id: CommandId) -> bool {
        match self {
            Filter::Everything => true,
            Filter::Module => false,
            Filter::Category(category) => table()
                .row(id)
                .acl()
                .names()
                .any(|name| name.as_bytes().eq_ignore_ascii_case(category)),
            Filter::Pattern(pattern) => {
                matches(pattern, table().full_name(id).as_bytes(), Case::Ignore)
            }
        }
    }
}

/// COMMAND LIST [FILTERBY MODULE name | ACLCAT category | PATTERN pattern]
pub(super) fn list(
    _: &mut SessionContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Done {
    let filter = filter(args)?;
    let names: Vec<CommandId> = table()
        .ids()
        .filter(|id| is_listed(*id) && filter.admits(*id))
        .collect();
    reply.array(names.len());
    names
        .into_iter()
        .for_each(|id| reply.bulk(table().full_name(id).as_bytes()));
    Ok(Answered::Now)
}

fn filter<'a>(args: &Args<'a>) -> Result<Filter<'a>, CommandError> {
    match args.len() {
        2 => Ok(Filter::Everything),
        5 if args.is(2, "filterby") && args.is(3, "module") => Ok(Filter::Module),
        5 if args.is(2, "filterby") && args.is(3, "aclcat") => Ok(Filter::Category(args.at(4))),
        5 if args.is(2, "filterby") && args.is(3, "pattern") => Ok(Filter::Pattern(args.at(4))),
        _ => Err(CommandError::SYNTAX),
    }
}
