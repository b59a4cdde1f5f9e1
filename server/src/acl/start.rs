//! The users that a server starts with: `default` with `requirepass`, then those of the configuration or of the file.

use engine::command::error::printed;

use super::file;
use super::rule::{RuleError, rules};
use super::user::User;
use super::users::{NewChannels, SetError, Users};
use crate::config::Settings;
use crate::config::directive::{Directive, Fatal};
use crate::config::topic::security::ChannelsOfNewUsers;

/// Checks `user` lines as far as that can be done without knowing all commands.
///
/// # Errors
/// The first line that is wrong.
pub fn check(lines: &[Directive]) -> Result<(), Fatal> {
    for (index, line) in lines.iter().enumerate() {
        let earlier = &lines[..index];
        let refused = |word: &[u8], why: &str| {
            line.refused(format!(
                "Error in user declaration '{}': {why}",
                printed(word)
            ))
        };
        let Some((name, words)) = line.words.split_first() else {
            continue;
        };
        if earlier
            .iter()
            .any(|other| other.words.first() == Some(name))
        {
            let why = "Duplicate user found. A user can only be defined once in config files";
            return Err(refused(name, why));
        }
        let words: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
        let rules = rules(&words).map_err(|first| {
            refused(
                words[first.0],
                "Unmatched parenthesis in selector definition",
            )
        })?;
        let mut user = User::new(name, 0, NewChannels::None);
        for rule in rules {
            match user.apply(&rule, NewChannels::None) {
                Ok(()) | Err(RuleError::Unknown) => {}
                Err(why) => return Err(refused(&rule, &why.to_string())),
            }
        }
    }
    Ok(())
}

/// The users at the start. The working directory is `dir`.
///
/// # Errors
/// Why the server does not start.
pub fn users(settings: &Settings, lines: &[Directive]) -> Result<Users, String> {
    let security = &settings.security;
    let channels = settings.new_channels();
    let aclfile = security.aclfile.as_path();
    if !security.aclfile.is_empty() {
        if !lines.is_empty() {
            return Err(
                "Configuring Darter with users defined in redis.conf and at the same setting an ACL file path is invalid. \
                 Please define either an ACL file or users in the configuration, but not both."
                    .into(),
            );
        }
        return file::load(aclfile, channels)
            .map_err(|why| format!("Aborting Darter startup because of ACL errors: {why}"));
    }
    let mut users = Users::new(settings.password());
    for line in lines {
        let (name, words) = line.words.split_first().ok_or("A user has no name")?;
        let mut rules: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
        rules.insert(0, b"reset");
        users
            .set(name, &rules, channels)
            .map_err(|why| told(name, &why))?;
        if users.find(name).is_some_and(|user| !user.is_enabled()) {
            tracing::info!(
                "The user '{}' is disabled (there is no 'on' modifier in the user description). Make sure this is not a \
                 configuration error.",
                printed(name)
            );
        }
    }
    Ok(users)
}

fn told(name: &[u8], why: &SetError) -> String {
    let name = printed(name);
    let what = match why {
        SetError::Rule(rule, why) => {
            let rule = printed(rule);
            format!("Error loading ACL rule '{rule}' for the user named '{name}': {why}")
        }
        other => format!("Error loading the user named '{name}': {other}"),
    };
    format!("{what}. Critical error while loading ACLs. Exiting.")
}

impl Settings {
    /// `requirepass`; none if it is empty.
    pub fn password(&self) -> Option<&[u8]> {
        let password = self.security.requirepass.as_ref();
        password
            .map(|password| password.as_bytes())
            .filter(|password| !password.is_empty())
    }

    /// `acl-pubsub-default`.
    pub fn new_channels(&self) -> NewChannels {
        match self.security.acl_pubsub_default {
            ChannelsOfNewUsers::All => NewChannels::All,
            ChannelsOfNewUsers::Reset => NewChannels::None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::command_line::Sources;
    use crate::config::load;

    fn start(conf: &str) -> Result<Users, String> {
        crate::commands::register();
        let sources = Sources {
            stdin: true,
            ..Sources::default()
        };
        let loaded =
            load::load(&sources, &mut conf.as_bytes()).map_err(|fault| fault.to_string())?;
        check(&loaded.deferred.users).map_err(|fault| fault.to_string())?;
        users(&loaded.settings, &loaded.deferred.users)
    }

    fn lines(conf: &str) -> Vec<String> {
        let users = start(conf).expect(conf);
        let line = |line: Vec<u8>| String::from_utf8(line).expect("text");
        users.iter().map(|user| line(user.line())).collect()
    }

    #[test]
    fn users_come_from_the_configuration() {
        let default = "user default on nopass sanitize-payload ~* &* +@all";
        assert_eq!(lines(""), [default]);
        let users = start("requirepass secret").expect("fine");
        assert!(users.default_user().admits(b"secret") && !users.default_user().admits(b""));
        assert_eq!(
            lines(
                "user alice on nopass (+get ~a) ~b +@read\nuser bob\nacl-pubsub-default allchannels"
            ),
            [
                "user alice on nopass sanitize-payload ~b &* -@all +@read (~a &* -@all +get)",
                "user bob off sanitize-payload &* -@all",
                default
            ]
        );
        // A line about the default user stands for itself.
        assert_eq!(
            lines("requirepass secret\nuser default on nopass +get"),
            ["user default on nopass sanitize-payload resetchannels -@all +get"]
        );
        assert_eq!(
            lines("user = [\"default off\"]")[0],
            "user default off sanitize-payload resetchannels -@all"
        );
    }

    #[test]
    fn wrong_users_are_told_at_the_start() {
        for (conf, told) in [
            (
                "user foo on\nuser foo off",
                "Error in user declaration 'foo': Duplicate user found. A user can only be defined once in config files",
            ),
            (
                "user foo bar",
                "Error in user declaration 'bar': Syntax error",
            ),
            (
                "user foo (+get",
                "Error in user declaration '(+get': Unmatched parenthesis in selector definition",
            ),
            (
                "user foo +nope",
                "Error loading ACL rule '+nope' for the user named 'foo': Unknown command or category name in ACL",
            ),
            (
                "user \"a b\"",
                "Error loading the user named 'a b': Usernames can't contain spaces or null characters",
            ),
            (
                "aclfile /no/such.acl",
                "Aborting Darter startup because of ACL errors: Error loading ACLs, opening file '/no/such.acl'",
            ),
            (
                "aclfile /no/such.acl\nuser foo",
                "please define either an ACL file or users in the configuration",
            ),
        ] {
            let why = start(conf).expect_err(conf);
            assert!(
                why.to_lowercase().contains(&told.to_lowercase()),
                "{conf}: {why}"
            );
        }
    }
}
