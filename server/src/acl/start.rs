//! The users that a server starts with: `default` with `requirepass`, then those of the configuration or of the file.

use engine::command::error::printed;

use super::file;
use super::rule::{RuleError, rules};
use super::user::User;
use super::users::{NewChannels, Users};
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
        users.set(name, &rules, channels).map_err(|why| {
            let name = printed(name);
            format!("Error loading ACL rules for the user named '{name}': {why}. Critical error while loading ACLs. Exiting.")
        })?;
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
