//! Which channels a selector allows: all, or those that match one of its globs (`&p`).

use engine::key::glob::{Case, matches};

use super::rule::{RuleError, has_blanks};

/// A channel as a command names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named<'a> {
    /// By its name.
    Channel(&'a [u8]),
    /// By a glob of its own, which has to be one of the selector's, letter by letter.
    Pattern(&'a [u8]),
}

/// See the top of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Channels {
    /// All.
    All,
    /// Those that match one of these globs.
    Of(Vec<Box<[u8]>>),
}

impl Channels {
    /// None.
    pub const NONE: Self = Channels::Of(Vec::new());

    /// Whether a channel, or all that match a pattern, are allowed.
    pub fn permit(&self, named: Named<'_>) -> bool {
        let Channels::Of(globs) = self else {
            return true;
        };
        globs.iter().any(|glob| match named {
            Named::Channel(name) => matches(glob, name, Case::Exact),
            Named::Pattern(pattern) => **glob == *pattern,
        })
    }

    /// Adds a glob.
    ///
    /// # Errors
    /// Nothing has changed then.
    pub(super) fn add(&mut self, glob: &[u8]) -> Result<(), RuleError> {
        let Channels::Of(globs) = self else {
            return Err(RuleError::AllChannelsAlready);
        };
        if has_blanks(glob) {
            return Err(RuleError::Syntax);
        }
        if !globs.iter().any(|known| **known == *glob) {
            globs.push(glob.into());
        }
        Ok(())
    }

    /// The globs; none for all channels.
    pub fn globs(&self) -> &[Box<[u8]>] {
        match self {
            Channels::All => &[],
            Channels::Of(globs) => globs,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_match_and_patterns_are_equal() {
        let mut channels = Channels::NONE;
        assert!(!channels.permit(Named::Channel(b"a")));
        channels.add(b"news:*").expect("fine");
        channels.add(b"news:*").expect("fine");
        assert_eq!(channels.globs().len(), 1);
        assert!(channels.permit(Named::Channel(b"news:1")));
        assert!(channels.permit(Named::Pattern(b"news:*")));
        assert!(!channels.permit(Named::Pattern(b"news:1")));
        assert!(Channels::All.permit(Named::Pattern(b"*")));
        assert_eq!(Channels::All.add(b"a"), Err(RuleError::AllChannelsAlready));
        assert_eq!(channels.add(b"a b"), Err(RuleError::Syntax));
    }
}
