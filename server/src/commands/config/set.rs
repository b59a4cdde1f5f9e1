//! CONFIG SET: core 0 makes the new configuration, then all cores take it over, then the client hears of it.

use engine::command::args::Args;
use engine::command::error::CommandError;
use engine::command::spec::{Argument, ArgumentKind, Arity, Command, Docs};
use engine::order::ShardId;
use engine::resp::reply::ReplyWriter;

use super::{ADMIN, Done, row};
use crate::commands::{Answered, SessionContext};
use crate::config::change::{Access, Fault};
use crate::core::ServerCore;
use crate::core::ask::Waiting;
use crate::core::reconfigure::Change;

/// CONFIG SET parameter value ..
pub(super) const SET: Command = Command {
    tips: &["request_policy:all_nodes", "response_policy:all_succeeded"],
    ..row(
        "set",
        Arity::AtLeast(4),
        ADMIN,
        Docs::new(
            "server",
            "2.0.0",
            "O(N) when N is the number of configuration parameters provided",
            "Changes parameters",
        )
        .arguments(&[Argument::new(
            "data",
            ArgumentKind::Block(&[
                Argument::new("parameter", ArgumentKind::String),
                Argument::new("value", ArgumentKind::String),
            ]),
        )
        .multiple()])
        .history(&[("7.0.0", "Several parameters in one call.")]),
    )
};

pub(super) fn set(
    context: &mut SessionContext<'_>,
    args: &Args<'_>,
    _: &mut ReplyWriter<'_>,
) -> Done {
    let security = &context.core.settings.security;
    let access = Access {
        protected: security
            .enable_protected_configs
            .admits(context.connection.peer.is_local()),
        loading: context.core.process.loading.is_under_way(),
    };
    let arguments: Vec<Vec<u8>> = args.skip(2).iter().map(<[u8]>::to_vec).collect();
    let core_zero = std::iter::once(ShardId(0));
    context.core.ask(
        core_zero,
        context.waiting,
        move |core| core.reconfigure(&arguments, access),
        spread,
    );
    Ok(Answered::Later)
}

fn spread(core: &mut ServerCore, waiting: Waiting, mut made: Vec<Result<Change, Fault>>) {
    match made.pop() {
        Some(Ok(change)) => core.ask_all(
            waiting,
            move |core| core.adopt(&change),
            |_, _, reply| {
                reply.ok();
                Ok(())
            },
        ),
        Some(Err(fault)) => {
            core.reply_to(waiting, |_, _| Err(CommandError::with(fault.to_string())))
        }
        None => {}
    }
}
