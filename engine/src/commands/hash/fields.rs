//! The words `FIELDS numfields field ..` at the end of the commands about expiries of fields.

use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::spec::{Argument, ArgumentKind};
use crate::value::string::parse_int;

/// How they are documented.
pub(super) const FIELDS: Argument = Argument::new(
    "fields",
    ArgumentKind::Block(&[
        Argument::new("numfields", ArgumentKind::Integer),
        Argument::new("field", ArgumentKind::String).multiple(),
    ]),
)
.token("FIELDS");

const MISSING: CommandError =
    CommandError::new("ERR Mandatory argument FIELDS is missing or not at the right position");
const WRONG_NUMBER: CommandError =
    CommandError::new("ERR The `numfields` parameter must match the number of arguments");
/// What a number of fields that is none is answered with.
pub(super) const NOT_POSITIVE: CommandError =
    CommandError::new("ERR Number of fields must be a positive integer");

/// Reads the word FIELDS at `at` and what is behind it; returns the names. Errors: it is not there, the number is none
/// (`not_positive`), or there are more names or fewer.
pub(super) fn names<'a>(
    args: &Args<'a>,
    at: usize,
    not_positive: CommandError,
) -> Result<Args<'a>, CommandError> {
    if !args.is(at, "fields") {
        return Err(MISSING);
    }
    let number = args.get(at + 1).and_then(parse_int);
    let number = number.filter(|number| *number > 0).ok_or(not_positive)?;
    let names = args.skip(at + 2);
    if usize::try_from(number) != Ok(names.len()) {
        return Err(WRONG_NUMBER);
    }
    Ok(names)
}
