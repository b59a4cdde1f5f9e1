//! LOLWUT: a stream with a few darters in it, another one each time, and the version.

use engine::command::args::Args;
use engine::command::error::CommandError;
use engine::command::flags::{Acl, Flags};
use engine::command::number::integer;
use engine::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Run};
use engine::random::Random;
use engine::resp::reply::ReplyWriter;

use crate::commands::{Answered, SessionContext};
use crate::identity;

/// LOLWUT [VERSION version]
pub(super) const LOLWUT: Command = Command {
    name: "lolwut",
    arity: Arity::AtLeast(1),
    flags: Flags::READONLY.union(Flags::FAST),
    acl: Acl::empty(),
    keys: &[],
    tips: &[],
    docs: Docs::new(
        "server",
        "5.0.0",
        "O(1)",
        "Draws something and tells the version",
    )
    .arguments(&[Argument::new("version", ArgumentKind::Integer)
        .token("VERSION")
        .optional()]),
    run: Run::Session,
    subcommands: &[],
};

const WIDTH: usize = 64;
const HEIGHT: usize = 7;
/// One stretch of water in so many is a ripple.
const CALM: u64 = 9;
const FISH: [&str; 4] = ["><((('>", "<')))><", "><>", "<><"];

pub(super) fn lolwut(
    context: &mut SessionContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<Answered, CommandError> {
    if args.is(1, "version")
        && let Some(version) = args.get(2)
    {
        integer(version)?;
    }
    let mut random = Random::new(context.core.engine.shard().random().next_u64());
    let mut text = draw(&mut random);
    text.push_str(&format!(
        "\nDarter {}. Redis ver. {}\n",
        env!("CARGO_PKG_VERSION"),
        identity::REDIS_VERSION
    ));
    reply.verbatim("txt", text.as_bytes());
    Ok(Answered::Now)
}

fn draw(random: &mut Random) -> String {
    let mut picture = String::new();
    for _ in 0..HEIGHT {
        let mut line: Vec<u8> = (0..WIDTH)
            .map(|_| if random.below(CALM) == 0 { b'~' } else { b' ' })
            .collect();
        let fish = FISH[random.below(FISH.len() as u64) as usize].as_bytes();
        let at = random.below((WIDTH - fish.len()) as u64) as usize;
        line[at..at + fish.len()].copy_from_slice(fish);
        picture.push_str(String::from_utf8_lossy(&line).trim_end());
        picture.push('\n');
    }
    picture
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_has_its_fish_and_fits() {
        let picture = draw(&mut Random::new(1));
        assert_eq!(picture.lines().count(), HEIGHT);
        for line in picture.lines() {
            assert!(
                line.len() <= WIDTH && FISH.iter().any(|fish| line.contains(fish)),
                "{line}"
            );
        }
        assert_ne!(picture, draw(&mut Random::new(2)));
    }
}
