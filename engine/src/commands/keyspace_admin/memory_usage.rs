//! MEMORY USAGE: what a key costs.

use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::number::integer;
use crate::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Run};
use crate::resp::reply::ReplyWriter;
use crate::shard::context::ShardContext;

pub(super) const USAGE: Command = Command {
    name: "usage",
    arity: Arity::AtLeast(3),
    flags: Flags::READONLY,
    acl: Acl::empty(),
    keys: &[KeySpec::at(2, KeyFlags::RO)],
    tips: &[],
    docs: Docs::new(
        "server",
        "4.0.0",
        "O(N) with N samples",
        "Estimates the bytes that a key takes, all included",
    )
    .arguments(&[
        Argument::key(),
        Argument::new("count", ArgumentKind::Integer)
            .token("SAMPLES")
            .optional(),
    ]),
    run: Run::OneShard(usage),
    subcommands: &[],
};

fn usage(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    check_options(args)?;
    match context.peek(args.at(2)) {
        Some(entry) => reply.count(entry.allocated()),
        None => reply.null(),
    }
    Ok(())
}

/// Samples are checked and then left alone: what an entry takes is known, not estimated.
fn check_options(args: &Args<'_>) -> Result<(), CommandError> {
    for at in (3..args.len()).step_by(2) {
        match args.get(at + 1) {
            Some(samples) if args.is(at, "samples") && integer(samples)? >= 0 => {}
            _ => return Err(CommandError::SYNTAX),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::commands::driver::{run, shard};

    #[test]
    fn longer_values_take_more() {
        let mut shard = shard();
        run(&mut shard, "SET a 1");
        run(&mut shard, &format!("SET b {}", "x".repeat(5000)));
        let usage = |reply: String| reply[1..].trim_end().parse::<usize>().unwrap();
        let small = usage(run(&mut shard, "MEMORY USAGE a SAMPLES 5"));
        assert!((16..100).contains(&small), "{small}");
        assert!(usage(run(&mut shard, "MEMORY USAGE b")) > 5000);
        assert_eq!(run(&mut shard, "MEMORY USAGE missing SAMPLES 0"), "$-1");
    }

    #[test]
    fn options_are_checked() {
        let mut shard = shard();
        for (command, error) in [
            ("MEMORY USAGE a SAMPLES -1", "-ERR syntax error"),
            ("MEMORY USAGE a SAMPLES", "-ERR syntax error"),
            ("MEMORY USAGE a NOPE 1", "-ERR syntax error"),
            (
                "MEMORY USAGE a SAMPLES x",
                "-ERR value is not an integer or out of range",
            ),
            (
                "MEMORY USAGE",
                "-ERR wrong number of arguments for 'memory|usage' command",
            ),
        ] {
            assert_eq!(run(&mut shard, command), error, "{command}");
        }
    }
}
