//! CONFIG RESETSTAT, on all cores.

use engine::command::args::Args;
use engine::command::spec::{Arity, Command, Docs};
use engine::resp::reply::ReplyWriter;

use super::{ADMIN, Done, row};
use crate::commands::SessionContext;

/// CONFIG RESETSTAT
pub(super) const RESETSTAT: Command = row(
    "resetstat",
    Arity::Exactly(2),
    ADMIN,
    Docs::new(
        "server",
        "2.0.0",
        "O(1)",
        "Sets what INFO counts back to zero",
    ),
);

pub(super) fn reset_stat(
    context: &mut SessionContext<'_>,
    _: &Args<'_>,
    _: &mut ReplyWriter<'_>,
) -> Done {
    Ok(context.ask_all(
        |core| core.reset_statistics(),
        |_, _, reply| {
            reply.ok();
            Ok(())
        },
    ))
}
