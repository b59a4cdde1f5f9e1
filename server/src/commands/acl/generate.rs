//! ACL GENPASS: a password that nobody can guess.

use engine::command::args::Args;
use engine::command::error::CommandError;
use engine::command::number::integer;
use engine::command::spec::{Argument, ArgumentKind, Arity, Command, Docs};
use engine::resp::reply::ReplyWriter;

use super::{ANYTIME, Done, row};
use crate::commands::{Answered, SessionContext};
use crate::serve::random_bytes;

/// ACL GENPASS [bits]
pub(super) const GENPASS: Command = row(
    "genpass",
    Arity::AtLeast(2),
    ANYTIME,
    Docs::new(
        "server",
        "6.0.0",
        "O(1)",
        "Makes up a password of hexadecimal digits",
    )
    .arguments(&[Argument::new("bits", ArgumentKind::Integer).optional()]),
);

/// The most bits of a password.
const MOST: usize = 4096;
/// Bits if nobody says how many.
const USUAL: usize = 256;

pub(super) fn generate(
    _: &mut SessionContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Done {
    let bits = match args.len() {
        2 => USUAL,
        3 => wanted(integer(args.at(2))?)?,
        _ => return Err(CommandError::subcommand_syntax("ACL", args.at(1))),
    };
    let random: [u8; MOST / 8] = random_bytes().map_err(|why| {
        tracing::warn!("ACL GENPASS: {why}");
        CommandError::new("ERR There is no randomness to make a password of")
    })?;
    let mut digits: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    digits.truncate(bits.div_ceil(4));
    reply.bulk(digits.as_bytes());
    Ok(Answered::Now)
}

fn wanted(bits: i64) -> Result<usize, CommandError> {
    let bits = usize::try_from(bits).ok();
    bits.filter(|bits| (1..=MOST).contains(bits))
        .ok_or(CommandError::new(
            "ERR ACL GENPASS argument must be the number of bits for the output password, a positive number up to 4096",
        ))
}
