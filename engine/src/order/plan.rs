//! Which shards a command meets, and how: from its row, its keys and the placement of slots.

use super::stamp::ShardId;
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::keys::{Begin, Find};
use crate::command::spec::{Command, Run};
use crate::key::placement::Placement;
use crate::key::slot::Slot;
use crate::shard::execute::key_positions;

/// How a command meets shards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Plan {
    /// As it is, on one shard.
    One(ShardId),
    /// Each shard its keys, in one hop.
    Split(Vec<Share>),
    /// As it is, on every shard, in one hop.
    Everywhere,
    /// Gather, decide and apply; index of each key among the words, and its shard.
    Steps(Vec<(usize, ShardId)>),
}

/// A shard's share of the keys of a split command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// The shard.
    pub shard: ShardId,
    /// Its keys, by their number among all keys (not among the words).
    pub keys: Vec<u32>,
}

/// Plans `command`. Keyless commands run on `here`. Errors: what is wrong with the arguments as a whole, found before any
/// shard is asked.
#[inline]
pub fn plan(
    command: &Command,
    args: &Args<'_>,
    placement: &Placement,
    here: ShardId,
) -> Result<Plan, CommandError> {
    match command.run {
        Run::OneShard(_) => Ok(Plan::One(
            first_key(command, args).map_or(here, |key| placement.of_key(key)),
        )),
        Run::PerKey {
            validate, width, ..
        } => {
            validate(args)?;
            Ok(split(args, first_key_word(command), width, placement))
        }
        Run::EveryShard { validate, .. } => {
            validate(args)?;
            Ok(Plan::Everywhere)
        }
        Run::ReadThenWrite(_) => Ok(steps(command, args, placement, here)),
        Run::Follow(following) => {
            let plan = steps(command, args, placement, here);
            let reach = (following.reach)(args);
            let leads_elsewhere = |from| {
                let mut shards = ShardId::first(placement.shards());
                shards.any(|shard| shard != from && reach.is_on(shard, placement))
            };
            match plan {
                Plan::One(shard) if leads_elsewhere(shard) => {
                    Ok(Plan::Steps(placed_keys(command, args, placement)))
                }
                plan => Ok(plan),
            }
        }
        Run::Blocking(waits) => {
            (waits.patience)(args)?;
            Ok(steps(command, args, placement, here))
        }
        Run::Walk(walk) => Ok(Plan::One(cursor_owner(args.get(walk.cursor), placement))),
        Run::Program => Ok(steps(command, args, placement, here)),
        Run::Session => Err(CommandError::new("ERR this command needs a connection")),
    }
}

/// The first key of a command, if it stands at a fixed place.
#[inline]
pub(super) fn first_key_at<'a>(command: &Command, args: &Args<'a>) -> Option<&'a [u8]> {
    match command.keys.first()?.begin {
        Begin::Index(at) => args.get(at),
        _ => None,
    }
}

/// The key of a command that has at most one.
#[inline]
fn first_key<'a>(command: &Command, args: &Args<'a>) -> Option<&'a [u8]> {
    let spec = command.keys.first()?;
    if let (Begin::Index(at), Find::Range { last: 0, .. }) = (spec.begin, spec.find) {
        return args.get(at);
    }
    key_positions(command.keys, args)
        .first()
        .map(|at| args.at(*at))
}

/// Where the keys of a split command begin: behind its name, or behind a subcommand's word.
pub(super) fn first_key_word(command: &Command) -> usize {
    match command.keys.first().map(|spec| spec.begin) {
        Some(Begin::Index(at)) => at,
        _ => 1,
    }
}

fn split(args: &Args<'_>, first: usize, width: usize, placement: &Placement) -> Plan {
    let mut shares: Vec<Share> = Vec::new();
    for (number, at) in (first..args.len()).step_by(width).enumerate() {
        let shard = placement.of_key(args.at(at));
        match shares.iter_mut().find(|share| share.shard == shard) {
            Some(share) => share.keys.push(number as u32),
            None => shares.push(Share {
                shard,
                keys: vec![number as u32],
            }),
        }
    }
    if let [only] = shares.as_slice() {
        Plan::One(only.shard)
    } else {
        Plan::Split(shares)
    }
}

fn steps(command: &Command, args: &Args<'_>, placement: &Placement, here: ShardId) -> Plan {
    let keys = placed_keys(command, args, placement);
    match keys.first() {
        None => Plan::One(here),
        Some((_, first)) if keys.iter().all(|(_, shard)| shard == first) => Plan::One(*first),
        Some(_) => Plan::Steps(keys),
    }
}

pub(super) fn placed_keys(
    command: &Command,
    args: &Args<'_>,
    placement: &Placement,
) -> Vec<(usize, ShardId)> {
    key_positions(command.keys, args)
        .into_iter()
        .map(|at| (at, placement.of_key(args.at(at))))
        .collect()
}

/// A cursor is the slot in its upper bits; one that can't be read is refused by the handler, on whatever shard.
fn cursor_owner(word: Option<&[u8]>, placement: &Placement) -> ShardId {
    let cursor = word
        .and_then(|word| std::str::from_utf8(word).ok()?.parse::<u64>().ok())
        .unwrap_or(0);
    let slot = u16::try_from(cursor >> 48).ok().and_then(Slot::new);
    slot.map_or(ShardId(0), |slot| placement.of_slot(slot))
}
