//! One set of permissions: commands, and the keys and channels they may be used on. A user has one, and perhaps others
//! beside it in parentheses.

use super::channel_pattern::Channels;
use super::check::Use;
use super::command_rules::CommandRules;
use super::denial::Denial;
use super::key_pattern::{KeyPattern, Permission};
use super::rule::RuleError;

/// Which keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Keys {
    /// All.
    All,
    /// Those that match one of these.
    Of(Vec<KeyPattern>),
}

impl Keys {
    const NONE: Self = Keys::Of(Vec::new());

    fn permit(&self, key: &[u8], needed: Permission) -> bool {
        match self {
            Keys::All => true,
            Keys::Of(patterns) => patterns.iter().any(|pattern| pattern.permits(key, needed)),
        }
    }

    /// Whether every key may be read.
    fn permit_reading_all(&self) -> bool {
        match self {
            Keys::All => true,
            Keys::Of(patterns) => patterns.iter().any(KeyPattern::permits_reading_all),
        }
    }

    fn add(&mut self, rule: &[u8]) -> Result<(), RuleError> {
        let Keys::Of(patterns) = self else {
            return Err(RuleError::AllKeysAlready);
        };
        let new = KeyPattern::read(rule)?;
        match patterns.iter_mut().find(|known| known.has_glob_of(&new)) {
            Some(known) => known.widen(&new),
            None => patterns.push(new),
        }
        Ok(())
    }
}

/// See the top of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selector {
    keys: Keys,
    channels: Channels,
    commands: CommandRules,
}

impl Selector {
    /// One that allows nothing, but perhaps all channels.
    pub fn new(channels: Channels) -> Self {
        Selector {
            keys: Keys::NONE,
            channels,
            commands: CommandRules::nothing(),
        }
    }

    /// One that allows everything.
    pub fn everything() -> Self {
        Selector {
            keys: Keys::All,
            channels: Channels::All,
            commands: CommandRules::everything(),
        }
    }

    /// Reads `(rule ..)`.
    ///
    /// # Errors
    /// A rule is wrong. One that ends with a parenthesis is, because no text could show the selector.
    pub(super) fn read(rule: &[u8], channels: Channels) -> Result<Self, RuleError> {
        let inside = rule
            .strip_prefix(b"(")
            .and_then(|rest| rest.strip_suffix(b")"))
            .ok_or(RuleError::Syntax)?;
        let mut selector = Self::new(channels);
        for word in inside.split(u8::is_ascii_whitespace) {
            match word {
                [] => {}
                [.., b')'] => return Err(RuleError::Syntax),
                word => selector.apply(word)?,
            }
        }
        Ok(selector)
    }

    /// Applies one rule.
    ///
    /// # Errors
    /// Nothing has changed then.
    pub(super) fn apply(&mut self, rule: &[u8]) -> Result<(), RuleError> {
        match rule.to_ascii_lowercase().as_slice() {
            b"allkeys" | b"~*" => self.keys = Keys::All,
            b"resetkeys" => self.keys = Keys::NONE,
            b"allchannels" | b"&*" => self.channels = Channels::All,
            b"resetchannels" => self.channels = Channels::NONE,
            b"allcommands" => self.commands = CommandRules::everything(),
            b"nocommands" => self.commands = CommandRules::nothing(),
            [b'~' | b'%', ..] => self.keys.add(rule)?,
            [b'&', ..] => self.channels.add(&rule[1..])?,
            [b'+' | b'-', ..] => self.commands.apply(rule)?,
            _ => return Err(RuleError::Syntax),
        }
        Ok(())
    }

    /// Its keys.
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Its channels.
    pub fn channels(&self) -> &Channels {
        &self.channels
    }

    /// Its commands.
    pub fn commands(&self) -> &CommandRules {
        &self.commands
    }

    /// Whether nothing is forbidden.
    pub fn is_everything(&self) -> bool {
        self.commands.is_everything()
            && matches!(self.keys, Keys::All)
            && matches!(self.channels, Channels::All)
    }

    /// Whether any command may be used on any key.
    pub(super) fn is_every_command(&self) -> bool {
        self.commands.is_everything() && matches!(self.keys, Keys::All)
    }

    /// Whether what a command is about to do is allowed.
    pub(super) fn check(&self, wish: &Use<'_>) -> Result<(), Denial> {
        if !wish.needs_no_login() && !self.commands.allow(wish.command, &wish.args) {
            return Err(Denial::Command);
        }
        if !matches!(self.keys, Keys::All) {
            for (at, flags) in wish.keys() {
                let needed = Permission::needed_for(*flags);
                if !self.keys.permit(wish.args.at(*at), needed) {
                    return Err(Denial::Key(*at));
                }
            }
        }
        if !matches!(self.channels, Channels::All) {
            for (at, named) in wish.channels() {
                if !self.channels.permit(named) {
                    return Err(Denial::Channel(at));
                }
            }
        }
        Ok(())
    }

    /// Whether a command that is allowed may read whichever keys it likes.
    pub(super) fn permits_reading_all(&self) -> bool {
        self.keys.permit_reading_all()
    }

    /// The key patterns as rules with blanks in between.
    pub fn key_rules(&self) -> Vec<u8> {
        match &self.keys {
            Keys::All => b"~*".to_vec(),
            Keys::Of(patterns) => {
                let rules: Vec<Vec<u8>> = patterns.iter().map(KeyPattern::rule).collect();
                rules.join(&b' ')
            }
        }
    }

    /// The channel patterns as rules with blanks in between.
    pub fn channel_rules(&self) -> Vec<u8> {
        match &self.channels {
            Channels::All => b"&*".to_vec(),
            Channels::Of(globs) => {
                let rules = globs.iter().map(|glob| [b"&", &glob[..]].concat());
                rules.collect::<Vec<_>>().join(&b' ')
            }
        }
    }

    /// The commands as rules with blanks in between.
    pub fn command_rules(&self) -> Vec<u8> {
        self.commands.words().collect::<Vec<_>>().join(&b' ')
    }

    /// As rules that make an empty selector this one.
    pub(super) fn rules(&self) -> Vec<u8> {
        let reset = match self.channels {
            Channels::All => Vec::new(),
            Channels::Of(_) => b"resetchannels".to_vec(),
        };
        let parts = [
            self.key_rules(),
            reset,
            self.channel_rules(),
            self.command_rules(),
        ];
        let parts = parts.into_iter().filter(|part| !part.is_empty());
        parts.collect::<Vec<_>>().join(&b' ')
    }
}
