//! Whether a user may run a command: the one place that says so, for the gate before every command, for EXEC, for
//! scripts and for ACL DRYRUN.

use std::cell::OnceCell;

use engine::command::args::Args;
use engine::command::error::CommandError;
use engine::command::flags::Flags;
use engine::command::keys::KeyFlags;
use engine::command::table::{CommandId, table};

use super::channel_pattern::Named;
use super::command_rules::as_clients_know_it;
use super::denial::Denial;
use super::log::{Context, Denied};
use super::selector::Selector;
use super::user::User;
use crate::commands::command::get_keys::{Found, found_at_all};

/// When a command is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occasion {
    /// A client calls it.
    Called,
    /// MULTI is about to queue it.
    Queued,
    /// EXEC is about to run it; it was allowed when it was queued.
    Executed,
    /// A script calls it.
    Scripted,
}

impl Occasion {
    pub(super) fn context(self) -> Context {
        match self {
            Occasion::Called => Context::TopLevel,
            Occasion::Queued | Occasion::Executed => Context::Multi,
            Occasion::Scripted => Context::Script,
        }
    }
}

/// A command that must not run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The reply.
    pub error: CommandError,
    /// What ACL LOG is to keep of it.
    pub denied: Option<Denied>,
}

/// What a command is about to do.
pub(super) struct Use<'a> {
    pub(super) command: CommandId,
    pub(super) args: Args<'a>,
    keys: OnceCell<Vec<Found>>,
}

impl<'a> Use<'a> {
    fn new(command: CommandId, args: &Args<'a>) -> Self {
        Use {
            command: as_clients_know_it(command),
            args: *args,
            keys: OnceCell::new(),
        }
    }

    /// Whether it is there for those who are about to log in.
    pub(super) fn needs_no_login(&self) -> bool {
        table().row(self.command).flags.contains(Flags::NO_AUTH)
    }

    /// Its keys, as far as its words hold them: a command refuses words that lack some.
    pub(super) fn keys(&self) -> &[(usize, KeyFlags)] {
        let row = table().row(self.command);
        self.keys.get_or_init(|| found_at_all(row, &self.args))
    }

    /// The channels it publishes on or listens to.
    pub(super) fn channels(&self) -> impl Iterator<Item = (usize, Named<'_>)> {
        let name = table().row(self.command).name;
        let end = match name {
            "publish" | "spublish" => 2,
            "subscribe" | "ssubscribe" | "psubscribe" => self.args.len(),
            _ => 1,
        };
        (1..end).map(move |at| {
            let word = self.args.at(at);
            match name {
                "psubscribe" => (at, Named::Pattern(word)),
                _ => (at, Named::Channel(word)),
            }
        })
    }
}

/// Whether `user` may run `command` with these words, its name first. One selector has to allow all of it.
///
/// # Errors
/// What is missing.
pub fn may_run(user: &User, command: CommandId, args: &Args<'_>) -> Result<(), Denial> {
    let wish = Use::new(command, args);
    let mut worst = Denial::Command;
    for selector in user.selectors() {
        match selector.check(&wish) {
            Ok(()) => return Ok(()),
            Err(denial) => worst = worst.max(denial),
        }
    }
    Err(worst)
}

/// The same with what follows from it.
///
/// # Errors
/// The command must not run.
pub fn admit(
    user: &User,
    command: CommandId,
    args: &Args<'_>,
    occasion: Occasion,
) -> Result<(), Box<Refusal>> {
    let refusal = match may_run(user, command, args) {
        Err(denial) => Refusal {
            error: denial.error(user, command, occasion),
            denied: Some(denial.noted(user, command, args, occasion.context())),
        },
        Ok(()) if runs_anything(command) && !user.selectors().any(Selector::is_every_command) => {
            Refusal {
                error: CommandError::new(
                    "NOPERM Scripts are only for users who may run all commands on all keys",
                ),
                denied: None,
            }
        }
        Ok(()) => match sort_beyond(user, command, args) {
            Some(option) if occasion != Occasion::Queued => Refusal {
                error: CommandError::with(format!(
                    "ERR {option} option of SORT denied due to insufficient ACL permissions."
                )),
                denied: None,
            },
            _ => return Ok(()),
        },
    };
    Err(Box::new(refusal))
}

/// Whether a command runs a script, whose own commands nobody checks: it has to be allowed whatever they are.
fn runs_anything(command: CommandId) -> bool {
    let names = [
        "eval",
        "evalsha",
        "eval_ro",
        "evalsha_ro",
        "fcall",
        "fcall_ro",
    ];
    names.contains(&table().full_name(command))
}

/// The option of SORT that makes it read keys it does not name, if these words have one and `user` may not read all keys.
fn sort_beyond(user: &User, command: CommandId, args: &Args<'_>) -> Option<&'static str> {
    if !matches!(table().row(command).name, "sort" | "sort_ro") {
        return None;
    }
    let option = reads_elsewhere(args)?;
    let wish = Use::new(command, args);
    let mut selectors = user.selectors();
    let may =
        selectors.any(|selector| selector.check(&wish).is_ok() && selector.permits_reading_all());
    (!may).then_some(option)
}

/// The first of the options BY, with a pattern, and GET; none behind a word that is no option.
fn reads_elsewhere(args: &Args<'_>) -> Option<&'static str> {
    let mut at = 2;
    while at < args.len() {
        at += match args.at(at).to_ascii_lowercase().as_slice() {
            b"asc" | b"desc" | b"alpha" => 1,
            b"limit" => 3,
            b"store" => 2,
            b"get" => return (at + 1 < args.len()).then_some("GET"),
            b"by" if args.get(at + 1)?.contains(&b'*') => return Some("BY"),
            b"by" => 2,
            _ => return None,
        };
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::acl::users::NewChannels;
    use engine::command::args::OwnedArgs;

    fn user(rules: &str) -> User {
        crate::commands::register();
        let words: Vec<&[u8]> = rules.split_ascii_whitespace().map(str::as_bytes).collect();
        let mut user = User::new(b"u", 0, NewChannels::None);
        for rule in crate::acl::rule::rules(&words).expect(rules) {
            user.apply(&rule, NewChannels::None).expect(rules);
        }
        user
    }

    fn check(rules: &str, line: &str) -> Result<(), Denial> {
        let user = user(rules);
        let args: OwnedArgs = line.split(' ').map(str::as_bytes).collect();
        let args = args.as_args();
        may_run(&user, table().resolve(&args).expect(line), &args)
    }

    #[test]
    fn commands_keys_and_channels_are_checked() {
        for (rules, line, expected) in [
            ("", "get a", Err(Denial::Command)),
            ("", "auth a", Ok(())),
            ("+get", "get a", Err(Denial::Key(1))),
            ("+get ~a", "get a", Ok(())),
            ("+@all ~a", "mget a b", Err(Denial::Key(2))),
            ("+@all %R~r %W~w", "copy r w", Ok(())),
            ("+@all %R~r %W~w", "copy w r", Err(Denial::Key(1))),
            ("+@all %W~w", "set w 1", Ok(())),
            ("+@all %W~w", "set w 1 get", Err(Denial::Key(1))),
            ("+@all %R~r %W~w", "sort r store w", Ok(())),
            ("+@all %R~r %W~w", "sort r store r", Err(Denial::Key(3))),
            ("+@all %R~r %W~w", "georadius r 1 1 1 m store w", Ok(())),
            (
                "+@all %R~r %W~w",
                "georadius r 1 1 1 m storedist r",
                Err(Denial::Key(7)),
            ),
            ("+@all %R~r", "exists r", Ok(())),
            ("+@all %W~w", "strlen w", Ok(())),
            ("+@all ~a", "strlen b", Err(Denial::Key(1))),
            ("+debug", "debug object a", Ok(())),
            ("+@all ~a", "zunion x b", Ok(())),
            ("+@all ~a", "georadius b 1 1 1 m store", Err(Denial::Key(1))),
            ("+@all", "publish c x", Err(Denial::Channel(1))),
            ("+@all &c", "publish c x", Ok(())),
            ("+@all &c*", "subscribe c1 d", Err(Denial::Channel(2))),
            ("+@all &c*", "psubscribe c1", Err(Denial::Channel(1))),
            ("+@all &c*", "psubscribe c*", Ok(())),
            ("+@all", "unsubscribe c", Ok(())),
        ] {
            assert_eq!(check(rules, line), expected, "{rules}: {line}");
        }
    }

    #[test]
    fn one_selector_has_to_allow_all_of_it() {
        let rules = "+get ~a (+set ~b) (+mget ~a ~c)";
        assert_eq!(check(rules, "set b 1"), Ok(()));
        assert_eq!(check(rules, "set a 1"), Err(Denial::Key(1)));
        assert_eq!(check(rules, "mget a c"), Ok(()));
        assert_eq!(
            check("+mget ~a (+mget ~a ~b)", "mget a b c"),
            Err(Denial::Key(3))
        );
        assert_eq!(check(rules, "del a"), Err(Denial::Command));
    }

    #[test]
    fn sort_reads_elsewhere_only_where_all_keys_may_be_read() {
        let beyond = |rules: &str, line: &str| {
            let args: OwnedArgs = line.split(' ').map(str::as_bytes).collect();
            let user = user(rules);
            sort_beyond(
                &user,
                table().resolve(&args.as_args()).expect(line),
                &args.as_args(),
            )
        };
        assert_eq!(beyond("+sort ~a", "sort a by x*"), Some("BY"));
        assert_eq!(beyond("+sort ~a", "sort a by x"), None);
        assert_eq!(beyond("+sort ~a", "sort a by x get #"), Some("GET"));
        assert_eq!(
            beyond("+sort ~a", "sort a limit 0 1 asc get #"),
            Some("GET")
        );
        assert_eq!(beyond("+sort ~a", "sort a foo by x*"), None);
        assert_eq!(beyond("+sort ~a %W~*", "sort a by x*"), Some("BY"));
        assert_eq!(beyond("+sort ~a %R~*", "sort a by x*"), None);
        assert_eq!(beyond("+sort ~a (+sort allkeys)", "sort a by x*"), None);
        assert_eq!(beyond("+sort_ro ~a", "sort_ro a by x*"), Some("BY"));
    }
}
