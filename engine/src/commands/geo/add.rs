//! GEOADD: places become members of a sorted set.

use super::{LATITUDE, LONGITUDE, position};
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Run};
use crate::effect::event::Event;
use crate::effect::log_form::ShardLog;
use crate::resp::reply::ReplyWriter;
use crate::shard::context::ShardContext;
use crate::value::sorted_set::{Added, Addition, Condition, SortedSet};

pub(super) const GEOADD: Command = Command {
    name: "geoadd",
    arity: Arity::AtLeast(5),
    flags: Flags::WRITE.union(Flags::DENYOOM),
    acl: Acl::GEO,
    keys: &[KeySpec::at(1, KeyFlags::RW.union(KeyFlags::UPDATE))],
    tips: &[],
    docs: Docs::new(
        "geo",
        "3.2.0",
        "O(log N) for each place, N being the number of members",
        "Adds places to a sorted set, which is made if it is not there",
    )
    .arguments(&[
        Argument::key(),
        Argument::new(
            "condition",
            ArgumentKind::OneOf(&[Argument::word("nx", "NX"), Argument::word("xx", "XX")]),
        )
        .optional(),
        Argument::word("change", "CH").optional(),
        Argument::new(
            "longitude_latitude_member",
            ArgumentKind::Block(&[
                LONGITUDE,
                LATITUDE,
                Argument::new("member", ArgumentKind::String),
            ]),
        )
        .multiple(),
    ])
    .history(&[("6.2.0", "The `CH`, `NX` and `XX` options.")]),
    run: Run::OneShard(geoadd),
    subcommands: &[],
};

struct Places {
    condition: Condition,
    counts_moved: bool,
    /// The word where they begin, three words each.
    first: usize,
    scores: Vec<u64>,
}

impl Places {
    fn parse(args: &Args<'_>) -> Result<Self, CommandError> {
        let (mut is_new, mut is_existing, mut counts_moved, mut first) = (false, false, false, 2);
        loop {
            if args.is(first, "nx") {
                is_new = true;
            } else if args.is(first, "xx") {
                is_existing = true;
            } else if args.is(first, "ch") {
                counts_moved = true;
            } else {
                break;
            }
            first += 1;
        }
        let words = args.len() - first;
        let condition = match (is_new, is_existing) {
            _ if words == 0 || !words.is_multiple_of(3) => return Err(CommandError::SYNTAX),
            (true, true) => return Err(CommandError::SYNTAX),
            (true, false) => Condition::New,
            (false, true) => Condition::Existing,
            (false, false) => Condition::Any,
        };
        let score = |at| position(args, at).map(|position| position.score());
        let scores: Result<Vec<u64>, _> = (first..args.len()).step_by(3).map(score).collect();
        Ok(Places {
            condition,
            counts_moved,
            first,
            scores: scores?,
        })
    }

    fn each<'a>(&self, args: &Args<'a>) -> impl Iterator<Item = (u64, &'a [u8])> {
        let (args, first) = (*args, self.first);
        let scores = self.scores.iter().copied().enumerate();
        scores.map(move |(number, score)| (score, args.at(first + number * 3 + 2)))
    }
}

fn geoadd(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let places = Places::parse(args)?;
    if places.condition == Condition::Existing && context.edit::<SortedSet>(args.at(1))?.is_none() {
        reply.integer(0);
        return Ok(());
    }
    log_as_scores(context.log(), args, &places);
    let mut guard = context.edit_or_create::<SortedSet>(args.at(1))?;
    let (set, limits, random) = guard.parts();
    set.expect(places.scores.len(), limits, random);
    let addition = Addition {
        condition: places.condition,
        ..Addition::default()
    };
    let (mut new, mut moved) = (0, 0);
    for (score, member) in places.each(args) {
        match set.add(score as f64, member, addition, limits, random) {
            Ok(Added::New(_)) => new += 1,
            Ok(Added::Moved(_)) => moved += 1,
            _ => {}
        }
    }
    if new + moved > 0 {
        guard.commit(Event::sorted_set("zadd"));
    } else {
        guard.leave();
    }
    reply.integer(if places.counts_moved {
        new + moved
    } else {
        new
    });
    Ok(())
}

/// The log knows no places: they are told as ZADD.
fn log_as_scores(log: &mut ShardLog, args: &Args<'_>, places: &Places) {
    if !log.is_read {
        return;
    }
    let texts: Vec<String> = places.scores.iter().map(u64::to_string).collect();
    let mut words: Vec<&[u8]> = vec![b"ZADD"];
    words.extend((1..places.first).map(|at| args.at(at)));
    for (text, (_, member)) in texts.iter().zip(places.each(args)) {
        words.extend([text.as_bytes(), member]);
    }
    log.instead(&words);
}
