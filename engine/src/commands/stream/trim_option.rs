//! `MAXLEN|MINID [=|~] threshold [LIMIT count]`, as XADD and XTRIM have it, and XADD's words around it.

use super::id_argument::{INVALID, id};
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::number::integer;
use crate::command::spec::{Argument, ArgumentKind};
use crate::effect::log_form::ShardLog;
use crate::limits::Limits;
use crate::value::collection::Collection;
use crate::value::stream::id::{Sequence, StreamId};
use crate::value::stream::trim::{Keep, Precision};
use crate::value::stream::{NewId, Stream};

pub(super) const TRIM: Argument = Argument::new(
    "trim",
    ArgumentKind::Block(&[
        Argument::new(
            "strategy",
            ArgumentKind::OneOf(&[
                Argument::word("maxlen", "MAXLEN"),
                Argument::word("minid", "MINID"),
            ]),
        ),
        Argument::new(
            "operator",
            ArgumentKind::OneOf(&[
                Argument::word("equal", "="),
                Argument::word("approximately", "~"),
            ]),
        )
        .optional(),
        Argument::new("threshold", ArgumentKind::String),
        Argument::new("count", ArgumentKind::Integer)
            .token("LIMIT")
            .optional(),
    ]),
);

const TWO_STRATEGIES: CommandError = CommandError::new(
    "ERR syntax error, MAXLEN and MINID options at the same time are not compatible",
);
const NEGATIVE_LENGTH: CommandError = CommandError::new("ERR The MAXLEN argument must be >= 0.");
const NEGATIVE_LIMIT: CommandError = CommandError::new("ERR The LIMIT argument must be >= 0.");
const LIMIT_ALONE: CommandError = CommandError::new(
    "ERR syntax error, LIMIT cannot be used without specifying a trimming strategy",
);
const LIMIT_OF_EXACT: CommandError =
    CommandError::new("ERR syntax error, LIMIT cannot be used without the special ~ option");
const NO_STRATEGY: CommandError =
    CommandError::new("ERR syntax error, XTRIM called without a trimming strategy");

/// Which command is read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Add,
    Trim,
}

/// A wanted trim.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trim {
    keep: Keep,
    is_approximate: bool,
    limit: Option<i64>,
    /// Where the strategy's word and its threshold stand.
    strategy_at: usize,
    threshold_at: usize,
    limit_at: Option<usize>,
}

/// What stands between the key and the fields.
#[derive(Clone, Copy, Debug)]
pub(super) struct Options {
    pub trim: Option<Trim>,
    /// NOMKSTREAM
    pub needs_stream: bool,
    /// The id, and where it stands. None without one.
    pub id: Option<(NewId, usize)>,
}

impl Options {
    /// Reads the words behind the key.
    pub(super) fn parse(args: &Args<'_>, purpose: Purpose) -> Result<Options, CommandError> {
        let mut options = Options {
            trim: None,
            needs_stream: false,
            id: None,
        };
        let (mut limit, mut at) = (None, 2);
        while at < args.len() {
            let has_more = at + 1 < args.len();
            if purpose == Purpose::Add && args.at(at) == b"*" {
                options.id = Some((NewId::Auto, at));
                break;
            } else if has_more && (args.is(at, "MAXLEN") || args.is(at, "MINID")) {
                if options.trim.is_some() {
                    return Err(TWO_STRATEGIES);
                }
                let trim = Trim::parse(args, at)?;
                at = trim.threshold_at;
                options.trim = Some(trim);
            } else if has_more && args.is(at, "LIMIT") {
                let number = integer(args.at(at + 1))?;
                if number < 0 {
                    return Err(NEGATIVE_LIMIT);
                }
                limit = Some((number, at));
                at += 1;
            } else if purpose == Purpose::Add && args.is(at, "NOMKSTREAM") {
                options.needs_stream = true;
            } else if purpose == Purpose::Add {
                options.id = Some((new_id(args.at(at))?, at));
                break;
            } else {
                return Err(CommandError::SYNTAX);
            }
            at += 1;
        }
        options.set_limit(limit)?;
        if purpose == Purpose::Trim && options.trim.is_none() {
            return Err(NO_STRATEGY);
        }
        Ok(options)
    }

    fn set_limit(&mut self, limit: Option<(i64, usize)>) -> Result<(), CommandError> {
        let Some((limit, at)) = limit else {
            return Ok(());
        };
        let trim = self.trim.as_mut().ok_or(LIMIT_ALONE)?;
        if !trim.is_approximate {
            return Err(LIMIT_OF_EXACT);
        }
        trim.limit = Some(limit);
        trim.limit_at = Some(at);
        Ok(())
    }
}

impl Trim {
    fn parse(args: &Args<'_>, strategy_at: usize) -> Result<Trim, CommandError> {
        let mut threshold_at = strategy_at + 1;
        let mut is_approximate = false;
        let has_two_more = strategy_at + 2 < args.len();
        if has_two_more && matches!(args.at(threshold_at), b"~" | b"=") {
            is_approximate = args.at(threshold_at) == b"~";
            threshold_at += 1;
        }
        let threshold = args.at(threshold_at);
        let keep = if args.is(strategy_at, "MAXLEN") {
            let length = integer(threshold)?;
            Keep::Last(u64::try_from(length).map_err(|_| NEGATIVE_LENGTH)?)
        } else {
            Keep::From(id(threshold)?)
        };
        Ok(Trim {
            keep,
            is_approximate,
            limit: None,
            strategy_at,
            threshold_at,
            limit_at: None,
        })
    }

    /// Trims. Returns how many entries went.
    pub(super) fn run(&self, stream: &mut Stream, limits: &Limits) -> u64 {
        let precision = match (self.is_approximate, self.limit) {
            (false, _) => Precision::Exact,
            (true, Some(0)) => Precision::WholeNodes(None),
            (true, Some(limit)) => Precision::WholeNodes(Some(limit as u64)),
            (true, None) => Precision::WholeNodes(Some(usual_limit(limits))),
        };
        stream.trim(self.keep, precision)
    }

    /// Whether doing the same again on a copy may remove something else.
    pub(super) fn is_inexact(&self) -> bool {
        self.is_approximate
    }
}

/// How many entries an approximate trim removes at most.
fn usual_limit(limits: &Limits) -> u64 {
    match limits.stream_node_max_entries.saturating_mul(100) {
        ..=0 => 10_000,
        limit => limit.min(1_000_000) as u64,
    }
}

fn new_id(word: &[u8]) -> Result<NewId, CommandError> {
    let (ms, sequence) = StreamId::parse_parts(word).ok_or(INVALID)?;
    Ok(match sequence {
        Sequence::Auto => NewId::AutoSequence(ms),
        Sequence::Missing => NewId::Given(StreamId::new(ms, 0)),
        Sequence::Given(seq) => NewId::Given(StreamId { ms, seq }),
    })
}

/// Logs XADD or XTRIM with the id that was made and with the exact threshold that the stream has come to, whatever `~` and
/// LIMIT have led to here.
pub(super) fn log_exact(
    log: &mut ShardLog,
    args: &Args<'_>,
    options: &Options,
    stream: &Stream,
    made: Option<StreamId>,
) {
    if !log.is_read {
        return;
    }
    let mut length = itoa::Buffer::new();
    let (id, oldest) = (made.map(StreamId::text), stream.oldest_node().text());
    let inexact = options.trim.filter(Trim::is_inexact);
    let mut words: Vec<&[u8]> = Vec::with_capacity(args.len() + 1);
    let mut threshold: &[u8] = &[];
    if let Some(trim) = inexact {
        threshold = match trim.keep {
            Keep::Last(_) => length.format(stream.len()).as_bytes(),
            Keep::From(_) => oldest.bytes(),
        };
    }
    for (at, word) in args.iter().enumerate() {
        match (inexact, options.id, &id) {
            (Some(trim), _, _) if at == trim.strategy_at + 1 => words.push(b"="),
            (Some(trim), _, _) if at == trim.threshold_at => words.push(threshold),
            // Whatever the limit was, the exact threshold tells what came of it.
            (Some(trim), _, _)
                if trim
                    .limit_at
                    .is_some_and(|limit| (limit..=limit + 1).contains(&at)) => {}
            (_, Some((_, id_at)), Some(id)) if at == id_at => words.push(id.bytes()),
            _ => words.push(word),
        }
    }
    log.instead(&words);
}
