//! HSETEX: fields get values and an expiry, all of them or none.

use super::delete;
use super::expire;
use super::lifetime::{Unit, log_text};
use super::set_field;
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Run};
use crate::commands::generic::expiration::EXPIRES_OR_KEEPS;
use crate::effect::event::Event;
use crate::resp::reply::ReplyWriter;
use crate::shard::context::ShardContext;
use crate::shard::guard::{Guard, Survival};
use crate::time::UnixMillis;
use crate::value::hash::{Hash, NewExpiry};
use crate::value::string::parse_int;

pub(super) const HSETEX: Command = Command {
    name: "hsetex",
    arity: Arity::AtLeast(6),
    flags: Flags::WRITE.union(Flags::DENYOOM).union(Flags::FAST),
    acl: Acl::HASH,
    keys: &[KeySpec::at(1, KeyFlags::RW.union(KeyFlags::UPDATE))],
    tips: &[],
    docs: Docs::new(
        "hash",
        "8.0.0",
        "O(N) for N fields",
        "Sets fields of a hash, and when they expire",
    )
    .arguments(&[
        Argument::key(),
        Argument::new(
            "condition",
            ArgumentKind::OneOf(&[Argument::word("fnx", "FNX"), Argument::word("fxx", "FXX")]),
        )
        .optional(),
        EXPIRES_OR_KEEPS,
        Argument::new(
            "fields",
            ArgumentKind::Block(&[
                Argument::new("numfields", ArgumentKind::Integer),
                Argument::new(
                    "data",
                    ArgumentKind::Block(&[
                        Argument::new("field", ArgumentKind::String),
                        Argument::new("value", ArgumentKind::String),
                    ]),
                )
                .multiple(),
            ]),
        )
        .token("FIELDS"),
    ]),
    run: Run::OneShard(hsetex),
    subcommands: &[],
};

const ONE_CONDITION: CommandError =
    CommandError::new("ERR Only one of FXX or FNX arguments can be specified");
const ONE_EXPIRY: CommandError =
    CommandError::new("ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified");
const NO_NUMBER: CommandError = CommandError::new("ERR invalid number of fields");
const NO_FIELDS: CommandError = CommandError::new("ERR missing FIELDS argument");

/// Which fields have to be there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Condition {
    None,
    All,
}

/// The words behind the key.
struct Options<'a> {
    condition: Option<Condition>,
    expiry: NewExpiry,
    /// Names and values in turn.
    pairs: Args<'a>,
}

impl<'a> Options<'a> {
    fn parse(args: &Args<'a>, now: UnixMillis) -> Result<Options<'a>, CommandError> {
        let (mut condition, mut expiry) = (None, None);
        let mut at = 2;
        while at < args.len() {
            let new_condition = match () {
                () if args.is(at, "fnx") => Some(Condition::None),
                () if args.is(at, "fxx") => Some(Condition::All),
                () => None,
            };
            let unit = Unit::of_option(args, at);
            if args.is(at, "fields") {
                return Ok(Options {
                    condition,
                    expiry: expiry.unwrap_or(NewExpiry::Clear),
                    pairs: pairs(args, at + 1)?,
                });
            } else if new_condition.is_some() {
                if condition.is_some() {
                    return Err(ONE_CONDITION);
                }
                condition = new_condition;
            } else if unit.is_some() || args.is(at, "keepttl") {
                if expiry.is_some() {
                    return Err(ONE_EXPIRY);
                }
                expiry = Some(match unit {
                    None => NewExpiry::Keep,
                    Some(unit) => {
                        at += 1;
                        let number = args.get(at).ok_or(CommandError::NOT_AN_INTEGER)?;
                        NewExpiry::At(unit.moment(number, now, "hsetex")?)
                    }
                });
            } else {
                let word = String::from_utf8_lossy(args.at(at));
                return Err(CommandError::with(format!("ERR unknown argument: {word}")));
            }
            at += 1;
        }
        Err(NO_FIELDS)
    }

    fn are_met(&self, hash: &Guard<'_, Hash>) -> bool {
        let now = hash.now();
        let mut names = self.pairs.iter().step_by(2);
        match self.condition {
            None => true,
            Some(Condition::None) => names.all(|name| hash.get(name, now).is_none()),
            Some(Condition::All) => names.all(|name| hash.get(name, now).is_some()),
        }
    }
}

/// The pairs behind their number, which is the word at `at`.
fn pairs<'a>(args: &Args<'a>, at: usize) -> Result<Args<'a>, CommandError> {
    let number = args.get(at).and_then(parse_int);
    let number = number.and_then(|number| usize::try_from(number).ok());
    let number = number.filter(|number| *number > 0).ok_or(NO_NUMBER)?;
    let pairs = args.skip(at + 1);
    if number.checked_mul(2) != Some(pairs.len()) {
        return Err(CommandError::arity("hsetex"));
    }
    Ok(pairs)
}

fn hsetex(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let options = Options::parse(args, context.now())?;
    let key = args.at(1);
    let mut hash = context.edit_or_create::<Hash>(key)?;
    if !options.are_met(&hash) {
        hash.leave();
        reply.integer(0);
        return Ok(());
    }
    reply.integer(1);
    match options.expiry {
        NewExpiry::At(at) if at <= hash.now() => {
            delete_fields(hash, key, options.pairs);
            return Ok(());
        }
        expiry => {
            for at in (0..options.pairs.len()).step_by(2) {
                let (name, value) = (options.pairs.at(at), options.pairs.at(at + 1));
                set_field(&mut hash, name, value, expiry);
            }
        }
    }
    log(&mut hash, key, &options);
    let survival = hash.commit(Event::hash("hset"));
    if survival == Survival::Kept && matches!(options.expiry, NewExpiry::At(_)) {
        context.also(key, expire::EVENT);
    }
    Ok(())
}

/// Fields that are set with an expiry that has passed are gone at once.
fn delete_fields(mut hash: Guard<'_, Hash>, key: &[u8], pairs: Args<'_>) {
    let now = hash.now();
    let names = pairs.iter().step_by(2);
    let deleted: Vec<&[u8]> = names.filter(|name| hash.remove(name, now)).collect();
    if deleted.is_empty() {
        return hash.leave();
    }
    hash.log()
        .instead(&[&[b"HDEL", key], deleted.as_slice()].concat());
    hash.commit(delete::EVENT);
}

fn log(hash: &mut Guard<'_, Hash>, key: &[u8], options: &Options<'_>) {
    if !hash.log().is_read {
        return;
    }
    let count = (options.pairs.len() / 2).to_string();
    let moment;
    let mut words: Vec<&[u8]> = vec![b"HSETEX", key];
    match options.expiry {
        NewExpiry::Clear => {}
        NewExpiry::Keep => words.push(b"KEEPTTL"),
        NewExpiry::At(at) => {
            moment = log_text(at);
            words.extend([b"PXAT".as_slice(), moment.as_bytes()]);
        }
    }
    words.extend([b"FIELDS".as_slice(), count.as_bytes()]);
    words.extend(options.pairs.iter());
    hash.log().instead(&words);
}
