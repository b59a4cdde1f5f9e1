//! CONFIG REWRITE: core 0 writes the file, so that two of them come one after the other.

use engine::command::args::Args;
use engine::command::error::CommandError;
use engine::command::spec::{Arity, Command, Docs};
use engine::order::ShardId;
use engine::resp::reply::ReplyWriter;

use super::{ADMIN, Done, row};
use crate::acl::user::User;
use crate::commands::connection::hello::is_plain;
use crate::commands::{Answered, SessionContext};
use crate::config::rewrite::{self, Extras, Fault};
use crate::config::words::quote;
use crate::core::ServerCore;

/// CONFIG REWRITE
pub(super) const REWRITE: Command = row(
    "rewrite",
    Arity::Exactly(2),
    ADMIN,
    Docs::new(
        "server",
        "2.8.0",
        "O(1)",
        "Writes the parameters in force to the configuration file",
    ),
);

pub(super) fn rewrite(
    context: &mut SessionContext<'_>,
    _: &Args<'_>,
    _: &mut ReplyWriter<'_>,
) -> Done {
    let core_zero = std::iter::once(ShardId(0));
    let write = |core: &mut ServerCore| core.rewrite_configuration(false);
    context.core.ask(
        core_zero,
        context.waiting,
        write,
        |core, waiting, mut written| {
            core.reply_to(waiting, |_, reply| match written.pop() {
                Some(Err(fault)) => Err(CommandError::with(fault.to_string())),
                _ => {
                    reply.ok();
                    Ok(())
                }
            });
        },
    );
    Ok(Answered::Later)
}

impl ServerCore {
    /// Writes the configuration file, parameters that have their default too if `everything` is wanted. To be called on core 0 only.
    ///
    /// # Errors
    /// [`Fault`]; the file is as it was.
    pub(crate) fn rewrite_configuration(&self, everything: bool) -> Result<(), Fault> {
        let users = self.users.users.iter();
        let extras = Extras {
            users: Some(users.map(|user| declaration(user)).collect()),
            everything,
        };
        let written = rewrite::rewrite(&self.settings, &self.process.source, &extras);
        match &written {
            Ok(()) => tracing::info!("CONFIG REWRITE executed with success."),
            Err(fault) => tracing::warn!("CONFIG REWRITE failed: {fault}"),
        }
        written
    }
}

/// A user as it stands in a configuration file behind the word `user`.
fn declaration(user: &User) -> Vec<u8> {
    let line = user.line();
    let words = line.split(|byte| *byte == b' ').skip(1);
    let is_plain = |word: &[u8]| is_plain(word) && !word.iter().any(|byte| b"\"'\\".contains(byte));
    let words = words.map(|word| match is_plain(word) {
        true => word.to_vec(),
        false => quote(word),
    });
    words.collect::<Vec<_>>().join(&b' ')
}
