//! What a user lacks to run a command, and the texts about it.

use engine::command::args::Args;
use engine::command::error::{CommandError, printed};
use engine::command::table::{CommandId, table};

use super::check::Occasion;
use super::command_rules::as_clients_know_it;
use super::log::{Context, Denied, Reason};
use super::user::User;

/// Why not. Of several, the greatest is the one that is told: it is what the selector that came farthest missed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Denial {
    /// The command itself.
    Command,
    /// The key at this index of the words.
    Key(usize),
    /// The channel at this index of the words.
    Channel(usize),
}

impl Denial {
    /// What was denied, in full.
    pub fn told(self, user: &User, command: CommandId, args: &Args<'_>) -> String {
        let user = printed(user.name());
        let word = |at: usize| printed(args.get(at).unwrap_or_default());
        match self {
            Denial::Command => no_command(&user, command),
            Denial::Key(at) => {
                let key = word(at);
                format!("User {user} has no permissions to access the '{key}' key")
            }
            Denial::Channel(at) => {
                let channel = word(at);
                format!("User {user} has no permissions to access the '{channel}' channel")
            }
        }
    }

    /// The error reply.
    pub(super) fn error(self, user: &User, command: CommandId, occasion: Occasion) -> CommandError {
        let why = match occasion {
            Occasion::Executed => self.told_by_exec(),
            Occasion::Scripted => {
                format!(
                    "ACL failure in script: {}",
                    self.told_shortly(user, command)
                )
            }
            Occasion::Called | Occasion::Queued => self.told_shortly(user, command),
        };
        CommandError::with(format!("NOPERM {why}"))
    }

    /// Names of keys and channels are left to the log.
    fn told_shortly(self, user: &User, command: CommandId) -> String {
        match self {
            Denial::Command => no_command(&printed(user.name()), command),
            Denial::Key(_) => "No permissions to access a key".to_owned(),
            Denial::Channel(_) => "No permissions to access a channel".to_owned(),
        }
    }

    fn told_by_exec(self) -> String {
        let why = match self {
            Denial::Command => "no permission to execute the command or subcommand",
            Denial::Key(_) => "no permission to touch the specified keys",
            Denial::Channel(_) => {
                "no permission to access one of the channels used as argument to the command"
            }
        };
        format!(
            "ACLs rules changed between the moment the transaction was accumulated and the EXEC call. This command is no \
             longer allowed for the following reason: {why}"
        )
    }

    /// What ACL LOG keeps of it.
    pub(super) fn noted(
        self,
        user: &User,
        command: CommandId,
        args: &Args<'_>,
        context: Context,
    ) -> Denied {
        let word = |at: usize| args.get(at).unwrap_or_default().to_vec();
        let (reason, object) = match self {
            Denial::Command => (Reason::Command, told_name(command).into()),
            Denial::Key(at) => (Reason::Key, word(at)),
            Denial::Channel(at) => (Reason::Channel, word(at)),
        };
        Denied {
            reason,
            context,
            object,
            user: user.name().to_vec(),
        }
    }
}

fn no_command(user: &str, command: CommandId) -> String {
    let command = told_name(command);
    format!("User {user} has no permissions to run the '{command}' command")
}

/// The name of a command as texts about permissions give it.
fn told_name(command: CommandId) -> &'static str {
    table().full_name(as_clients_know_it(command))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::acl::users::NewChannels;

    #[test]
    fn each_occasion_has_its_text() {
        crate::commands::register();
        let user = User::new(b"u", 0, NewChannels::None);
        let command = table().top(b"publish").expect("there");
        for (denial, occasion, text) in [
            (
                Denial::Command,
                Occasion::Called,
                "NOPERM User u has no permissions to run the 'publish' command",
            ),
            (
                Denial::Key(1),
                Occasion::Queued,
                "NOPERM No permissions to access a key",
            ),
            (
                Denial::Channel(1),
                Occasion::Called,
                "NOPERM No permissions to access a channel",
            ),
            (
                Denial::Channel(1),
                Occasion::Scripted,
                "NOPERM ACL failure in script: No permissions to access a channel",
            ),
        ] {
            assert_eq!(denial.error(&user, command, occasion).line(), text);
        }
        let told = Denial::Key(1).error(&user, command, Occasion::Executed);
        assert!(
            told.line().starts_with("NOPERM ACLs rules changed"),
            "{told:?}"
        );
        assert!(
            told.line()
                .ends_with(": no permission to touch the specified keys"),
            "{told:?}"
        );
    }

    #[test]
    fn the_farthest_selector_is_the_one_that_counts() {
        let order = [
            Denial::Command,
            Denial::Key(1),
            Denial::Key(3),
            Denial::Channel(1),
        ];
        assert!(order.is_sorted());
    }
}
