//! The words that users are made of (`on`, `>password`, `~key:*`, `+@read`, `(..)`): why one is refused, and how words
//! that belong to one selector become one.

use std::fmt;

/// Why a rule was not applied. `Display` is Redis's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleError {
    /// It is none.
    Syntax,
    /// No command or category has this name.
    Unknown,
    /// `+parent|sub|arg`.
    FirstArgumentOfSubcommand,
    /// A key pattern where all keys are allowed.
    AllKeysAlready,
    /// A channel pattern where all channels are allowed.
    AllChannelsAlready,
    /// A password to be removed is none.
    NoSuchPassword,
    /// Not 64 digits.
    PasswordHash,
}

impl fmt::Display for RuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            RuleError::Syntax => "Syntax error",
            RuleError::Unknown => "Unknown command or category name in ACL",
            RuleError::FirstArgumentOfSubcommand => {
                "Allowing first-arg of a subcommand is not supported"
            }
            RuleError::AllKeysAlready => {
                "Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does not have any effect. Try \
                 'resetkeys' to start with an empty list of patterns"
            }
            RuleError::AllChannelsAlready => {
                "Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid and does not have any effect. \
                 Try 'resetchannels' to start with an empty list of channels"
            }
            RuleError::NoSuchPassword => {
                "The password you are trying to remove from the user does not exist"
            }
            RuleError::PasswordHash => {
                "The password hash must be exactly 64 characters and contain only lowercase hexadecimal characters"
            }
        })
    }
}

/// A selector that begins with the word at this index does not end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unmatched(pub usize);

/// The rules that `words` spell: a selector may be spread over several words, which become one with blanks in between.
///
/// # Errors
/// [`Unmatched`].
pub fn rules(words: &[&[u8]]) -> Result<Vec<Vec<u8>>, Unmatched> {
    let mut rules: Vec<Vec<u8>> = Vec::with_capacity(words.len());
    let mut open: Option<(usize, Vec<u8>)> = None;
    for (index, word) in words.iter().enumerate() {
        let (begin, rule) = match open.take() {
            None if word.first() != Some(&b'(') => {
                rules.push(word.to_vec());
                continue;
            }
            None => (index, word.to_vec()),
            Some((begin, mut rule)) => {
                // Deliberately no second one inside the first, because Redis forgets the first one then.
                if word.first() == Some(&b'(') && word.last() != Some(&b')') {
                    return Err(Unmatched(index));
                }
                rule.push(b' ');
                rule.extend_from_slice(word);
                (begin, rule)
            }
        };
        if rule.last() == Some(&b')') {
            rules.push(rule);
        } else {
            open = Some((begin, rule));
        }
    }
    match open {
        Some((begin, _)) => Err(Unmatched(begin)),
        None => Ok(rules),
    }
}

/// Whether a word could not be shown as one: it holds blanks or zero bytes.
pub(super) fn has_blanks(word: &[u8]) -> bool {
    word.iter()
        .any(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c | 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(words: &[&str]) -> Result<Vec<String>, Unmatched> {
        let words: Vec<&[u8]> = words.iter().map(|word| word.as_bytes()).collect();
        let rules = rules(&words)?.into_iter();
        Ok(rules
            .map(|rule| String::from_utf8(rule).expect("text"))
            .collect())
    }

    #[test]
    fn selectors_are_joined() {
        assert_eq!(
            joined(&["on", "(~a", "+get", ")", "(+set)", "(", "~b", "+get)"]),
            Ok(vec![
                "on".into(),
                "(~a +get )".into(),
                "(+set)".into(),
                "( ~b +get)".into()
            ])
        );
        assert_eq!(joined(&[")", "a("]), Ok(vec![")".into(), "a(".into()]));
        assert_eq!(joined(&["on", "(~a", "+get"]), Err(Unmatched(1)));
        assert_eq!(joined(&["("]), Err(Unmatched(0)));
        assert_eq!(joined(&["(+get", "("]), Err(Unmatched(1)));
    }
}
