//! The options of EXPIRE and its relatives: when a new expiry is taken.

use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::time::UnixMillis;

const NX_WITH_OTHERS: CommandError =
    CommandError::new("ERR NX and XX, GT or LT options at the same time are not compatible");
const GT_WITH_LT: CommandError =
    CommandError::new("ERR GT and LT options at the same time are not compatible");

/// What the present expiry must be for the new one to be taken. XX goes together with GT or LT; options may be repeated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ExpireCondition {
    nx: bool,
    xx: bool,
    gt: bool,
    lt: bool,
}

impl ExpireCondition {
    /// Reads the words from index `first` on.
    pub(super) fn parse(args: &Args<'_>, first: usize) -> Result<Self, CommandError> {
        let mut condition = ExpireCondition::default();
        for (at, word) in args.iter().enumerate().skip(first) {
            match () {
                () if args.is(at, "nx") => condition.nx = true,
                () if args.is(at, "xx") => condition.xx = true,
                () if args.is(at, "gt") => condition.gt = true,
                () if args.is(at, "lt") => condition.lt = true,
                () => {
                    let word = String::from_utf8_lossy(word);
                    return Err(CommandError::with(format!("ERR Unsupported option {word}")));
                }
            }
        }
        match condition {
            ExpireCondition {
                nx: true,
                xx,
                gt,
                lt,
            } if xx || gt || lt => Err(NX_WITH_OTHERS),
            ExpireCondition {
                gt: true, lt: true, ..
            } => Err(GT_WITH_LT),
            _ => Ok(condition),
        }
    }

    /// Whether `new` may take the place of `present`. A key without an expiry counts as one that never expires.
    pub(super) fn allows(self, present: Option<UnixMillis>, new: UnixMillis) -> bool {
        match present {
            None => !self.xx && !self.gt,
            Some(present) => {
                !(self.nx || (self.gt && new <= present) || (self.lt && new >= present))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::args::OwnedArgs;

    fn parse(words: &str) -> Result<ExpireCondition, CommandError> {
        let args: OwnedArgs = words.split(' ').map(str::as_bytes).collect();
        ExpireCondition::parse(&args.as_args(), 1)
    }

    #[test]
    fn conditions_compare_with_the_present_expiry() {
        let [early, late] = [UnixMillis(10), UnixMillis(20)];
        for (words, none, earlier, same, later) in [
            ("expire", true, true, true, true),
            ("expire NX", true, false, false, false),
            ("expire xx XX", false, true, true, true),
            ("expire gt", false, false, false, true),
            ("expire lt", true, true, false, false),
            ("expire xx lt", false, true, false, false),
            ("expire gt xx", false, false, false, true),
        ] {
            let condition = parse(words).unwrap();
            assert_eq!(condition.allows(None, early), none, "{words}");
            assert_eq!(condition.allows(Some(late), early), earlier, "{words}");
            assert_eq!(condition.allows(Some(late), late), same, "{words}");
            assert_eq!(condition.allows(Some(early), late), later, "{words}");
        }
    }

    #[test]
    fn what_does_not_fit_together_is_refused() {
        for words in ["expire nx xx", "expire gt nx", "expire nx lt gt"] {
            assert_eq!(parse(words), Err(NX_WITH_OTHERS));
        }
        assert_eq!(parse("expire gt lt xx"), Err(GT_WITH_LT));
        assert_eq!(
            parse("expire nx Foo").unwrap_err().line(),
            "ERR Unsupported option Foo"
        );
    }
}
