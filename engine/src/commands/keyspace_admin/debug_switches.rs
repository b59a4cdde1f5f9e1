//! DEBUG SET-ACTIVE-EXPIRE and DEBUG STRINGMATCH-LEN: for tests that must rule out the clock, or try patterns without keys.

use super::DEBUG_FLAGS;
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::Acl;
use crate::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Join, Run, anything};
use crate::key::glob::{Case, matches};
use crate::resp::reply::ReplyWriter;
use crate::shard::context::ShardContext;

pub(super) const SET_ACTIVE_EXPIRE: Command = Command {
    name: "set-active-expire",
    arity: Arity::Exactly(3),
    flags: DEBUG_FLAGS,
    acl: Acl::empty(),
    keys: &[],
    tips: &[],
    docs: Docs::new(
        "server",
        "2.8.0",
        "O(1)",
        "Says whether expired keys go before anybody asks for them",
    )
    .arguments(&[Argument::new("flag", ArgumentKind::Integer)]),
    run: Run::EveryShard {
        validate: anything,
        part: set_active_expire,
        join: Join::First,
    },
    subcommands: &[],
};

pub(super) const STRINGMATCH_LEN: Command = Command {
    name: "stringmatch-len",
    arity: Arity::Exactly(4),
    flags: DEBUG_FLAGS,
    acl: Acl::empty(),
    keys: &[],
    tips: &[],
    docs: Docs::new(
        "server",
        "5.0.0",
        "O(N*M) with both lengths",
        "Says whether a pattern describes a text",
    )
    .arguments(&[
        Argument::new("pattern", ArgumentKind::Pattern),
        Argument::new("text", ArgumentKind::String),
    ]),
    run: Run::OneShard(match_string),
    subcommands: &[],
};

/// Like Redis, it takes the number that the word begins with; none is 0.
fn set_active_expire(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let digits = args.at(2).iter().take_while(|byte| byte.is_ascii_digit());
    context.shard().active_expire = digits.into_iter().any(|digit| *digit != b'0');
    reply.ok();
    Ok(())
}

fn match_string(
    _: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    reply.integer(matches(args.at(2), args.at(3), Case::Exact).into());
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::commands::driver::{LATER, run, shard};

    #[test]
    fn active_expiry_can_be_switched() {
        let mut shard = shard();
        run(&mut shard, "SET a 1 PX 1");
        assert_eq!(run(&mut shard, "DEBUG SET-ACTIVE-EXPIRE 0"), "+OK");
        assert_eq!(shard.expire_some(LATER, 10), 0);
        assert_eq!(run(&mut shard, "DEBUG SET-ACTIVE-EXPIRE 1"), "+OK");
        assert_eq!(shard.expire_some(LATER, 10), 1);
        run(&mut shard, "DEBUG SET-ACTIVE-EXPIRE nope");
        assert!(!shard.active_expire);
    }

    #[test]
    fn patterns_can_be_tried() {
        let mut shard = shard();
        assert_eq!(run(&mut shard, "DEBUG STRINGMATCH-LEN a* abc"), ":1");
        assert_eq!(run(&mut shard, "DEBUG STRINGMATCH-LEN b* abc"), ":0");
    }
}
