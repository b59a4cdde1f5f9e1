//! All users at one moment. Copies share the users themselves.
//!
//! Invariant: there is always one named `default`.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use engine::command::error::printed;

use super::channel_pattern::Channels;
use super::rule::{RuleError, has_blanks, rules};
use super::user::User;

/// The channels that a new user and a new selector may use (`acl-pubsub-default`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NewChannels {
    /// All.
    All,
    /// None.
    None,
}

impl NewChannels {
    pub(super) fn of_selector(self) -> Channels {
        match self {
            NewChannels::All => Channels::All,
            NewChannels::None => Channels::NONE,
        }
    }
}

/// Why ACL SETUSER changed nothing. `Display` is Redis's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SetError {
    /// No user can have this name.
    Name,
    /// A selector that begins with this word does not end.
    Unmatched(Vec<u8>),
    /// A rule is wrong.
    Rule(Vec<u8>, RuleError),
}

impl fmt::Display for SetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SetError::Name => f.write_str("Usernames can't contain spaces or null characters"),
            SetError::Unmatched(word) => write!(
                f,
                "Unmatched parenthesis in acl selector starting at '{}'.",
                printed(word)
            ),
            SetError::Rule(rule, why) => {
                write!(
                    f,
                    "Error in ACL SETUSER modifier '{}': {why}",
                    printed(rule)
                )
            }
        }
    }
}

/// See the top of the file.
#[derive(Clone, Debug)]
pub struct Users {
    by_name: BTreeMap<Box<[u8]>, Arc<User>>,
    default: Arc<User>,
    next_number: u64,
}

impl Users {
    /// Only `default`, who may do everything; with this password, if there is one.
    pub fn new(password: Option<&[u8]>) -> Self {
        let mut default = User::default_user();
        default.set_password(password);
        let default = Arc::new(default);
        Users {
            by_name: BTreeMap::from([(default.name().into(), default.clone())]),
            default,
            next_number: 1,
        }
    }

    /// The one of this name.
    pub fn find(&self, name: &[u8]) -> Option<&Arc<User>> {
        self.by_name.get(name)
    }

    /// Whom clients are who have not logged in.
    pub fn default_user(&self) -> &Arc<User> {
        &self.default
    }

    /// All, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<User>> {
        self.by_name.values()
    }

    /// Applies rules to a user, who is made if there is none of the name.
    ///
    /// # Errors
    /// Nothing has changed then.
    pub fn set(
        &mut self,
        name: &[u8],
        words: &[&[u8]],
        channels: NewChannels,
    ) -> Result<(), SetError> {
        if has_blanks(name) {
            return Err(SetError::Name);
        }
        let rules = rules(words).map_err(|first| SetError::Unmatched(words[first.0].to_vec()))?;
        let mut user = match self.find(name) {
            Some(user) => User::clone(user),
            None => User::new(name, self.next_number, channels),
        };
        for rule in rules {
            user.apply(&rule, channels)
                .map_err(|why| SetError::Rule(rule, why))?;
        }
        self.put(user);
        Ok(())
    }

    /// Puts a user in, instead of one of the same name if there is one.
    pub(super) fn put(&mut self, user: User) {
        let user = Arc::new(user);
        if user.name() == self.default.name() {
            self.default = user.clone();
        }
        self.next_number += 1;
        self.by_name.insert(user.name().into(), user);
    }

    /// Removes a user, but never `default`. Returns whether there was one.
    pub fn remove(&mut self, name: &[u8]) -> bool {
        name != self.default.name() && self.by_name.remove(name).is_some()
    }

    /// Gives `default` one password, or none.
    pub fn set_default_password(&mut self, password: Option<&[u8]>) {
        let mut user = User::clone(&self.default);
        user.set_password(password);
        self.put(user);
    }

    /// Makes `users` the users. Those who keep their names are others than before, apart from `default`.
    pub fn replace(&mut self, users: &Users) {
        self.by_name.clear();
        for user in users.iter() {
            let number = match user.name() == self.default.name() {
                true => self.default.number(),
                false => self.next_number,
            };
            self.put(User::clone(user).numbered(number));
        }
    }
}
