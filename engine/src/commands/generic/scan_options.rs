//! The words behind the cursor of SCAN and its relatives, and the cursor itself.

use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::number::integer;
use crate::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Handler, Run};
use crate::key::glob::{Case, matches};
use crate::resp::reply::ReplyWriter;

const INVALID_CURSOR: CommandError = CommandError::new("ERR invalid cursor");
const DEFAULT_COUNT: u64 = 10;

/// Where the walk goes on.
pub const CURSOR: Argument = Argument::new("cursor", ArgumentKind::Integer);
/// Which elements are wanted.
pub const MATCH: Argument = Argument::new("pattern", ArgumentKind::Pattern)
    .token("MATCH")
    .optional();
/// How many elements are looked at, about.
pub const COUNT: Argument = Argument::new("count", ArgumentKind::Integer)
    .token("COUNT")
    .optional();

const WALKED: &[KeySpec] = &[KeySpec::at(1, KeyFlags::RO.union(KeyFlags::ACCESS))];

/// The row of a walk over the collection at a key.
pub const fn walk(name: &'static str, acl: Acl, docs: Docs, handler: Handler) -> Command {
    Command {
        name,
        arity: Arity::AtLeast(3),
        flags: Flags::READONLY,
        acl,
        keys: WALKED,
        tips: &["nondeterministic_output"],
        docs,
        run: Run::OneShard(handler),
        subcommands: &[],
    }
}

/// Begins the reply of a step: where the next one goes on, and of how many elements this one is.
pub fn open_step(next: u64, elements: usize, reply: &mut ReplyWriter<'_>) {
    reply.array(2);
    reply.bulk(itoa::Buffer::new().format(next).as_bytes());
    reply.array(elements);
}

/// What a step of a walk is to return.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScanOptions<'a> {
    pattern: Option<&'a [u8]>,
    /// How many elements the step looks at, about; at least 1.
    pub count: u64,
    /// SCAN only: the type of the values, in any case.
    pub type_name: Option<&'a [u8]>,
}

impl Default for ScanOptions<'_> {
    fn default() -> Self {
        ScanOptions {
            pattern: None,
            count: DEFAULT_COUNT,
            type_name: None,
        }
    }
}

impl<'a> ScanOptions<'a> {
    /// Reads the words from index `first` on; `TYPE` only if it `may_name_type`. Errors: unknown or lone words, a count
    /// that is no number or below 1.
    pub fn parse(args: &Args<'a>, first: usize, may_name_type: bool) -> Result<Self, CommandError> {
        let mut options = ScanOptions::default();
        for at in (first..args.len()).step_by(2) {
            options.take(args, at, may_name_type)?;
        }
        Ok(options)
    }

    /// Takes in the option at `at` with its value.
    fn take(
        &mut self,
        args: &Args<'a>,
        at: usize,
        may_name_type: bool,
    ) -> Result<(), CommandError> {
        let value = args.get(at + 1).ok_or(CommandError::SYNTAX)?;
        if args.is(at, "count") {
            self.count = u64::try_from(integer(value)?)
                .ok()
                .filter(|n| *n > 0)
                .ok_or(CommandError::SYNTAX)?;
        } else if args.is(at, "match") {
            // `*` describes everything: then there is nothing to compare.
            self.pattern = Some(value).filter(|pattern| *pattern != b"*");
        } else if may_name_type && args.is(at, "type") {
            self.type_name = Some(value);
        } else {
            return Err(CommandError::SYNTAX);
        }
        Ok(())
    }

    /// Reads the words of a walk over fields, whose values may be left out; returns whether they are wanted, too.
    pub fn parse_for_fields(args: &Args<'a>, first: usize) -> Result<(Self, bool), CommandError> {
        let mut options = Self::default();
        let (mut at, mut with_values) = (first, true);
        while at < args.len() {
            if args.is(at, "novalues") {
                with_values = false;
                at += 1;
            } else {
                options.take(args, at, false)?;
                at += 2;
            }
        }
        Ok((options, with_values))
    }

    /// Whether MATCH lets `element` through.
    pub fn wants(&self, element: &[u8]) -> bool {
        self.pattern
            .is_none_or(|pattern| matches(pattern, element, Case::Exact))
    }

    /// Whether TYPE lets a value of this type through.
    pub fn wants_type(&self, type_name: &str) -> bool {
        self.type_name
            .is_none_or(|wanted| wanted.eq_ignore_ascii_case(type_name.as_bytes()))
    }
}

/// Reads a cursor as C's `strtoul` does, but for leading blanks: a sign is allowed, and no digits at all are 0.
pub fn cursor(word: &[u8]) -> Result<u64, CommandError> {
    let (negative, digits) = match word {
        [] => return Ok(0),
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    let is_number = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    let number = is_number
        .then(|| std::str::from_utf8(digits).ok()?.parse::<u64>().ok())
        .flatten();
    let number = number.ok_or(INVALID_CURSOR)?;
    Ok(if negative {
        number.wrapping_neg()
    } else {
        number
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::args::OwnedArgs;

    #[test]
    fn cursors_are_read_leniently() {
        for (text, number) in [
            ("0", 0),
            ("", 0),
            ("+17", 17),
            ("-1", u64::MAX),
            ("18446744073709551615", u64::MAX),
        ] {
            assert_eq!(cursor(text.as_bytes()), Ok(number), "{text}");
        }
        for text in [
            "x",
            " 0",
            "0 ",
            "1x",
            "+",
            "-",
            "18446744073709551616",
            "+-1",
        ] {
            assert_eq!(cursor(text.as_bytes()), Err(INVALID_CURSOR), "{text}");
        }
    }

    #[test]
    fn options_are_checked_in_their_order() {
        let parse = |words: &str, may_name_type| {
            let args: OwnedArgs = words.split(' ').map(str::as_bytes).collect();
            ScanOptions::parse(&args.as_args(), 2, may_name_type).map(|options| options.count)
        };
        assert_eq!(parse("scan 0", true), Ok(10));
        assert_eq!(parse("scan 0 COUNT 5 match a* type string", true), Ok(5));
        assert_eq!(
            parse("sscan k type string", false),
            Err(CommandError::SYNTAX)
        );
        for words in [
            "scan 0 count",
            "scan 0 count 0",
            "scan 0 count -1",
            "scan 0 nope 1",
            "scan 0 match a count",
        ] {
            assert_eq!(parse(words, true), Err(CommandError::SYNTAX), "{words}");
        }
        assert_eq!(
            parse("scan 0 count x nope 1", true),
            Err(CommandError::NOT_AN_INTEGER)
        );
    }
}
