//! What a command answers when it cannot do what was asked. The texts are Redis 7.2's, as clients match on them.

use std::borrow::Cow;

/// An error reply: its code and text on one line, without the leading `-`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandError(Cow<'static, str>);

impl CommandError {
    /// The key holds another type.
    pub const WRONG_TYPE: Self =
        Self::new("WRONGTYPE Operation against a key holding the wrong kind of value");
    /// Options that don't fit together or are unknown.
    pub const SYNTAX: Self = Self::new("ERR syntax error");
    /// Not a 64-bit decimal integer.
    pub const NOT_AN_INTEGER: Self = Self::new("ERR value is not an integer or out of range");
    /// Not a floating point number.
    pub const NOT_A_FLOAT: Self = Self::new("ERR value is not a valid float");
    /// A number outside its allowed range.
    pub const OUT_OF_RANGE: Self = Self::new("ERR value is out of range");
    /// The key does not exist and the command needs it.
    pub const NO_SUCH_KEY: Self = Self::new("ERR no such key");
    /// A database number outside `databases`.
    pub const DB_OUT_OF_RANGE: Self = Self::new("ERR DB index is out of range");
    /// A string would grow past `proto-max-bulk-len`.
    pub const STRING_TOO_LONG: Self =
        Self::new("ERR string exceeds maximum allowed size (proto-max-bulk-len)");
    /// Source and target are the same.
    pub const SAME_OBJECT: Self = Self::new("ERR source and destination objects are the same");

    /// An error whose whole line, code included, is known at compile time.
    pub const fn new(line: &'static str) -> Self {
        CommandError(Cow::Borrowed(line))
    }

    /// An error made up at run time; `line` begins with its code.
    pub fn with(line: String) -> Self {
        CommandError(Cow::Owned(line))
    }

    /// `ERR wrong number of arguments for 'x' command`; `name` in lower case, `parent|child` for a subcommand.
    pub fn arity(name: &str) -> Self {
        Self::with(format!(
            "ERR wrong number of arguments for '{name}' command"
        ))
    }

    /// What a container answers to words behind a subcommand that it makes nothing of; `container` in upper case.
    pub fn subcommand_syntax(container: &str, subcommand: &[u8]) -> Self {
        let word = printed(&subcommand[..subcommand.len().min(128)]);
        Self::with(format!(
            "ERR unknown subcommand or wrong number of arguments for '{word}'. Try {container} HELP."
        ))
    }

    /// The line, code first.
    pub fn line(&self) -> &str {
        &self.0
    }

    /// The code: the line's first word.
    pub fn code(&self) -> &str {
        self.0.split(' ').next().unwrap_or("ERR")
    }
}
/// A client's word as error texts show it: up to a zero byte, where Redis takes its end to be.
pub fn printed(word: &[u8]) -> Cow<'_, str> {
    let end = word.iter().position(|byte| *byte == 0);
    String::from_utf8_lossy(&word[..end.unwrap_or(word.len())])
}
