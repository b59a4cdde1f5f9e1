//! ACL LOAD and ACL SAVE: the users in a file.

use engine::command::args::Args;
use engine::command::error::CommandError;
use engine::command::spec::{Arity, Command, Docs};
use engine::resp::reply::ReplyWriter;

use super::{ADMIN, Done, publish, row};
use crate::acl::file;
use crate::commands::{Answered, SessionContext};
use crate::config::Settings;
use crate::config::value::Text;

/// ACL LOAD
pub(super) const LOAD: Command = row(
    "load",
    Arity::Exactly(2),
    ADMIN,
    Docs::new(
        "server",
        "6.0.0",
        "O(N). Where N is the number of configured users.",
        "Takes over the users of the file",
    ),
);

/// ACL SAVE
pub(super) const SAVE: Command = row(
    "save",
    Arity::Exactly(2),
    ADMIN,
    Docs::new(
        "server",
        "6.0.0",
        "O(N). Where N is the number of configured users.",
        "Writes the users to the file",
    ),
);

/// All users but `default` become others: their clients have to log in again.
pub(super) fn load(
    context: &mut SessionContext<'_>,
    _: &Args<'_>,
    _: &mut ReplyWriter<'_>,
) -> Done {
    let settings = &context.core.settings;
    let path = path_of(settings)?.as_path();
    let users = file::load(path, settings.new_channels())
        .map_err(|why| CommandError::with(format!("ERR {why}")))?;
    let version = context.core.published().change(|old| old.replace(&users));
    Ok(publish(context, version, |reply| reply.ok()))
}

pub(super) fn save(
    context: &mut SessionContext<'_>,
    _: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Done {
    let path = path_of(&context.core.settings)?.as_path();
    // Two of them may come at once: each writes what is newest, one after the other.
    let saved = context
        .core
        .published()
        .look(|users| file::save(path, users));
    if let Err(error) = saved {
        tracing::warn!("Saving the users to {} failed: {error}", path.display());
        return Err(CommandError::new(
            "ERR There was an error trying to save the ACLs. Please check the server logs for more information",
        ));
    }
    reply.ok();
    Ok(Answered::Now)
}

fn path_of(settings: &Settings) -> Result<&Text, CommandError> {
    let path = &settings.security.aclfile;
    if path.is_empty() {
        return Err(CommandError::new(
            "ERR This Redis instance is not configured to use an ACL file. You may want to specify users via the ACL SETUSER \
             command and then issue a CONFIG REWRITE (assuming you have a Redis configuration file set) in order to store \
             users in the Redis configuration.",
        ));
    }
    Ok(path)
}
