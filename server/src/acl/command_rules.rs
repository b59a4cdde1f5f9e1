//! Which commands a selector allows: `+get -@write +config|get +select|0`.
//!
//! The rules are kept as they were given, those that a later one makes void left out, and beside them what follows from
//! them: a bit for each command.
//!
//! Invariant: applying the rules in order to all commands or to none, as [`CommandRules::covers_future`] says, gives the
//! bits and the first arguments.

use std::collections::BTreeMap;

use engine::command::args::Args;
use engine::command::flags::Acl;
use engine::command::table::{CommandId, table};

use super::rule::{RuleError, has_blanks};
use crate::commands::command::{is_listed, subcommands};

/// See the top of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandRules {
    /// `+name` or `-name` in lower case, `@` before a category.
    rules: Vec<Box<[u8]>>,
    /// A bit per command number.
    allowed: Vec<u64>,
    /// Nothing was taken away since all commands were allowed.
    is_everything: bool,
    /// The rules begin with all commands.
    covers_future: bool,
    /// Commands that are allowed with one of these words behind them only.
    first_arguments: BTreeMap<CommandId, Vec<Box<[u8]>>>,
}

impl CommandRules {
    /// No command at all.
    pub fn nothing() -> Self {
        CommandRules {
            rules: Vec::new(),
            allowed: vec![0; table().len().div_ceil(64)],
            is_everything: false,
            covers_future: false,
            first_arguments: BTreeMap::new(),
        }
    }

    /// Every command there is and will be.
    pub fn everything() -> Self {
        CommandRules {
            allowed: vec![u64::MAX; table().len().div_ceil(64)],
            is_everything: true,
            covers_future: true,
            ..Self::nothing()
        }
    }

    /// Whether no command is forbidden.
    pub fn is_everything(&self) -> bool {
        self.is_everything
    }

    /// Whether commands that are not known yet would be allowed.
    pub fn covers_future(&self) -> bool {
        self.covers_future
    }

    /// Whether `command`, as clients know it, may run with these words.
    pub(super) fn allow(&self, command: CommandId, args: &Args<'_>) -> bool {
        self.is_everything || self.has(command) || self.allow_first_argument(command, args)
    }

    fn allow_first_argument(&self, command: CommandId, args: &Args<'_>) -> bool {
        let words = self.first_arguments.get(&command);
        words.zip(args.get(1)).is_some_and(|(words, given)| {
            words
                .iter()
                .any(|allowed| allowed.eq_ignore_ascii_case(given))
        })
    }

    /// Applies `+..` or `-..`.
    ///
    /// # Errors
    /// Nothing has changed then.
    pub(super) fn apply(&mut self, rule: &[u8]) -> Result<(), RuleError> {
        match rule {
            _ if rule.eq_ignore_ascii_case(b"+@all") => *self = Self::everything(),
            _ if rule.eq_ignore_ascii_case(b"-@all") => *self = Self::nothing(),
            [sign, b'@', category @ ..] => {
                let category = category_named(category).ok_or(RuleError::Unknown)?;
                for command in table().ids() {
                    if table().row(command).acl().intersects(category) {
                        self.set_with_subcommands(command, *sign == b'+');
                    }
                }
                self.note(rule);
            }
            [b'+', name @ ..] => self.add(rule, name)?,
            [b'-', name @ ..] => {
                let command = command_named(name).ok_or(RuleError::Unknown)?;
                self.set_with_subcommands(command, false);
                self.note(rule);
            }
            _ => return Err(RuleError::Syntax),
        }
        Ok(())
    }

    fn add(&mut self, rule: &[u8], name: &[u8]) -> Result<(), RuleError> {
        let Some(bar) = name.iter().rposition(|byte| *byte == b'|') else {
            let command = command_named(name).ok_or(RuleError::Unknown)?;
            self.set_with_subcommands(command, true);
            self.note(rule);
            return Ok(());
        };
        let (parent, word) = (&name[..bar], &name[bar + 1..]);
        let parent = command_named(parent).ok_or(RuleError::Unknown)?;
        if table().parent(parent).is_some() {
            return Err(RuleError::FirstArgumentOfSubcommand);
        }
        if word.is_empty() || has_blanks(word) {
            return Err(RuleError::Syntax);
        }
        if subcommands(parent).is_empty() {
            let words = self.first_arguments.entry(parent).or_default();
            if !words.iter().any(|known| known.eq_ignore_ascii_case(word)) {
                words.push(word.into());
            }
        } else {
            let command = command_named(name).ok_or(RuleError::Unknown)?;
            self.set_with_subcommands(command, true);
        }
        self.note(rule);
        Ok(())
    }

    fn has(&self, command: CommandId) -> bool {
        let index = command.index();
        self.allowed[index / 64] & (1 << (index % 64)) != 0
    }

    fn set_with_subcommands(&mut self, command: CommandId, allowed: bool) {
        self.set(command, allowed);
        self.first_arguments.remove(&command);
        for subcommand in subcommands(command) {
            self.set(subcommand, allowed);
        }
    }

    fn set(&mut self, command: CommandId, allowed: bool) {
        let (index, bit) = (command.index() / 64, 1 << (command.index() % 64));
        if allowed {
            self.allowed[index] |= bit;
        } else {
            self.allowed[index] &= !bit;
            self.is_everything = false;
        }
    }

    /// Keeps a rule, and only it of those about the same command or category or a part of it.
    fn note(&mut self, rule: &[u8]) {
        let rule = rule.to_ascii_lowercase();
        let is_part = |earlier: &[u8]| {
            let rest = earlier[1..].strip_prefix(&rule[1..]);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(b"|"))
        };
        self.rules.retain(|earlier| !is_part(earlier));
        self.rules.push(rule.into());
    }

    /// As words that give the same rules, `+@all` or `-@all` first.
    pub fn words(&self) -> impl Iterator<Item = &[u8]> {
        let first: &[u8] = if self.covers_future {
            b"+@all"
        } else {
            b"-@all"
        };
        std::iter::once(first).chain(self.rules.iter().map(AsRef::as_ref))
    }
}

/// The command or subcommand of this full name, in any case. Rules know commands by their own names, whatever
/// `rename-command` lets clients call them.
fn command_named(name: &[u8]) -> Option<CommandId> {
    let has_name = |id: &CommandId| table().full_name(*id).as_bytes().eq_ignore_ascii_case(name);
    table().ids().find(has_name).filter(|id| is_listed(*id))
}

/// The category of this name, in any case.
pub fn category_named(name: &[u8]) -> Option<Acl> {
    Acl::all().iter().find(|category| {
        category
            .names()
            .any(|known| known.as_bytes().eq_ignore_ascii_case(name))
    })
}

/// A subcommand that no client is told of counts as its container, which reads its words itself.
pub fn as_clients_know_it(command: CommandId) -> CommandId {
    match table().parent(command) {
        Some(parent) if !is_listed(command) => parent,
        _ => command,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::command::args::OwnedArgs;

    fn rules(words: &str) -> CommandRules {
        crate::commands::register();
        let mut rules = CommandRules::nothing();
        for word in words.split_ascii_whitespace() {
            rules.apply(word.as_bytes()).expect(word);
        }
        rules
    }

    fn shown(words: &str) -> String {
        let words = rules(words).words().collect::<Vec<_>>().join(&b' ');
        String::from_utf8(words).expect("text")
    }

    fn allow(words: &str, command: &str) -> bool {
        let rules = rules(words);
        let args: OwnedArgs = command.split(' ').map(str::as_bytes).collect();
        let args = args.as_args();
        let id = table().resolve(&args).expect(command);
        rules.allow(as_clients_know_it(id), &args)
    }

    #[test]
    fn rules_are_kept_as_given_but_for_void_ones() {
        for (given, kept) in [
            ("", "-@all"),
            ("+@all -@hash -@slow +hget", "+@all -@hash -@slow +hget"),
            (
                "+@all -@hash -@slow +hget -@hash",
                "+@all -@slow +hget -@hash",
            ),
            (
                "+@all -@slow +hget -@hash +@hash",
                "+@all -@slow +hget +@hash",
            ),
            ("-@string -@slow +@all", "+@all"),
            ("+@HASH +@hash +@HaSh", "-@all +@hash"),
            ("+HGET +hget", "-@all +hget"),
            (
                "+@hash +@slow +@set +@set +@slow +@hash",
                "-@all +@set +@slow +@hash",
            ),
            ("+hget -hset +hset -hget", "-@all +hset -hget"),
            (
                "+client|list +client|list +config|get +config",
                "-@all +client|list +config",
            ),
            (
                "+select|0 +select|0 +debug|segfault +debug",
                "-@all +select|0 +debug",
            ),
            ("-@dangerous", "-@all -@dangerous"),
            ("+config +config|get -config|set +config", "-@all +config"),
            ("+get +getset", "-@all +get +getset"),
        ] {
            assert_eq!(shown(given), kept, "{given}");
            assert_eq!(rules(kept), rules(given), "{given}");
        }
    }

    #[test]
    fn commands_are_allowed_by_name_category_and_first_argument() {
        for (words, command, expected) in [
            ("+get", "get a", true),
            ("+get", "set a b", false),
            ("+@all -get", "get a", false),
            ("+@all -get", "set a b", true),
            ("+@string -@write", "get a", true),
            ("+@string -@write", "set a b", false),
            ("+config", "config get a", true),
            ("+config -config|set", "config set a b", false),
            ("+config|get", "config get a", true),
            ("+config|get", "config set a b", false),
            ("+@all -client +client|id", "client id", true),
            ("+@all -client +client|id", "client list", false),
            ("+select|0", "select 0", true),
            ("+select|0", "select 1", false),
            ("+select|0 -select", "select 0", false),
            ("+debug|object", "debug object a", true),
            ("+debug|object", "debug jmap", false),
            ("+@all -debug", "debug object a", false),
            ("+@stream", "xinfo stream a", true),
        ] {
            let allowed = match command {
                "debug jmap" => false,
                command => allow(words, command),
            };
            assert_eq!(allowed, expected, "{words}: {command}");
        }
    }

    #[test]
    fn wrong_rules_change_nothing() {
        crate::commands::register();
        for (rule, why) in [
            ("+nope", RuleError::Unknown),
            ("-nope", RuleError::Unknown),
            ("+@nope", RuleError::Unknown),
            ("+@", RuleError::Unknown),
            ("+", RuleError::Unknown),
            ("-get|a", RuleError::Unknown),
            ("+get|", RuleError::Syntax),
            ("+get|a|b", RuleError::Unknown),
            ("+config|", RuleError::Syntax),
            ("+config|nope", RuleError::Unknown),
            ("-config|nope", RuleError::Unknown),
            ("+config|get|x", RuleError::FirstArgumentOfSubcommand),
            ("get", RuleError::Syntax),
        ] {
            let mut rules = CommandRules::nothing();
            assert_eq!(rules.apply(rule.as_bytes()), Err(why), "{rule}");
            assert_eq!(rules, CommandRules::nothing());
        }
    }
}
