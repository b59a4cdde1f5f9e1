//! A user: who may log in, how, and what they may do then.

use super::channel_pattern::{Channels, Named};
use super::password::{PasswordHash, Passwords};
use super::rule::RuleError;
use super::selector::Selector;
use super::users::NewChannels;

/// See the top of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    name: Box<[u8]>,
    /// Two users of one name that lived one after the other have different numbers.
    number: u64,
    /// May log in.
    is_enabled: bool,
    passwords: Passwords,
    /// Payloads of RESTORE are looked at closely.
    sanitizes: bool,
    root: Selector,
    others: Vec<Selector>,
}

impl User {
    /// A user that can do nothing yet.
    pub fn new(name: &[u8], number: u64, channels: NewChannels) -> Self {
        User {
            name: name.into(),
            number,
            is_enabled: false,
            passwords: Passwords::Of(Vec::new()),
            sanitizes: true,
            root: Selector::new(channels.of_selector()),
            others: Vec::new(),
        }
    }

    /// The user everybody is who has not said who they are, as long as nobody changed it.
    pub(super) fn default_user() -> Self {
        User {
            is_enabled: true,
            passwords: Passwords::Any,
            root: Selector::everything(),
            ..Self::new(b"default", 0, NewChannels::All)
        }
    }

    /// Applies one rule.
    ///
    /// # Errors
    /// Nothing has changed then.
    pub fn apply(&mut self, rule: &[u8], channels: NewChannels) -> Result<(), RuleError> {
        match rule.to_ascii_lowercase().as_slice() {
            b"" => {}
            b"on" => self.is_enabled = true,
            b"off" => self.is_enabled = false,
            b"nopass" => self.passwords = Passwords::Any,
            b"resetpass" => self.passwords = Passwords::Of(Vec::new()),
            b"sanitize-payload" => self.sanitizes = true,
            b"skip-sanitize-payload" => self.sanitizes = false,
            b"clearselectors" => self.others.clear(),
            b"reset" => *self = User::new(&self.name, self.number, channels),
            [b'>', ..] => self.passwords.add(PasswordHash::of(&rule[1..])),
            [b'#', ..] => self.passwords.add(read_hash(rule)?),
            [b'<', ..] => self.remove_password(PasswordHash::of(&rule[1..]))?,
            [b'!', ..] => self.remove_password(read_hash(rule)?)?,
            [b'(', .., b')'] => {
                let selector = Selector::read(rule, channels.of_selector())?;
                self.others.push(selector);
            }
            _ => self.root.apply(rule)?,
        }
        Ok(())
    }

    fn remove_password(&mut self, hash: PasswordHash) -> Result<(), RuleError> {
        let was_there = self.passwords.remove(hash);
        was_there.then_some(()).ok_or(RuleError::NoSuchPassword)
    }

    /// Gives it this one password, or lets any in.
    pub(super) fn set_password(&mut self, password: Option<&[u8]>) {
        self.passwords = match password {
            Some(password) => Passwords::Of(vec![PasswordHash::of(password)]),
            None => Passwords::Any,
        };
    }

    /// The same with another number.
    pub(super) fn numbered(self, number: u64) -> Self {
        User { number, ..self }
    }

    /// Its name.
    pub fn name(&self) -> &[u8] {
        &self.name
    }

    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// Whether `other` is the same user, perhaps at another time.
    pub fn is_same_as(&self, other: &User) -> bool {
        self.number == other.number && self.name == other.name
    }

    /// Whether this password lets in.
    pub fn admits(&self, password: &[u8]) -> bool {
        let knows = self.passwords.admit(password);
        self.is_enabled && knows
    }

    /// Whether anybody may be this user without a password.
    pub fn is_open(&self) -> bool {
        self.is_enabled && self.needs_no_password()
    }

    /// Whether any password does.
    pub fn needs_no_password(&self) -> bool {
        self.passwords == Passwords::Any
    }

    /// Whether it may log in.
    pub fn is_enabled(&self) -> bool {
        self.is_enabled
    }

    /// How it logs in.
    pub fn passwords(&self) -> &Passwords {
        &self.passwords
    }

    /// Its permissions. One of them has to allow a command as a whole.
    pub fn selectors(&self) -> impl Iterator<Item = &Selector> {
        std::iter::once(&self.root).chain(&self.others)
    }

    /// The permissions outside of parentheses.
    pub fn root(&self) -> &Selector {
        &self.root
    }

    /// Those in parentheses.
    pub fn others(&self) -> &[Selector] {
        &self.others
    }

    /// Whether nothing needs to be checked.
    pub fn is_unrestricted(&self) -> bool {
        self.selectors().any(Selector::is_everything)
    }

    /// Whether a selector allows to listen there.
    pub fn may_listen(&self, named: Named<'_>) -> bool {
        self.selectors()
            .any(|selector| selector.channels().permit(named))
    }

    /// Whether every channel that `before` allowed is surely allowed still.
    pub fn keeps_channels_of(&self, before: &User) -> bool {
        let is_all = |selector: &Selector| matches!(selector.channels(), Channels::All);
        let has = |glob: &[u8]| {
            self.selectors()
                .any(|selector| selector.channels().globs().iter().any(|own| **own == *glob))
        };
        self.selectors().any(is_all)
            || before.selectors().all(|selector| {
                !is_all(selector) && selector.channels().globs().iter().all(|glob| has(glob))
            })
    }

    /// What is on and off, in Redis's words.
    pub fn flags(&self) -> impl Iterator<Item = &'static str> {
        let nopass = self.needs_no_password().then_some("nopass");
        let payload = match self.sanitizes {
            true => "sanitize-payload",
            false => "skip-sanitize-payload",
        };
        [if self.is_enabled { "on" } else { "off" }]
            .into_iter()
            .chain(nopass)
            .chain([payload])
    }

    /// Its rules: applied to a new user of the same name, they make this one.
    pub fn rules(&self) -> Vec<Vec<u8>> {
        let hashes = self.passwords.hashes().iter();
        let others = self.others.iter();
        let mut rules: Vec<Vec<u8>> = self.flags().map(|flag| flag.into()).collect();
        rules.extend(hashes.map(|hash| format!("#{hash}").into_bytes()));
        rules.push(self.root.rules());
        rules.extend(others.map(|selector| [&b"("[..], &selector.rules(), b")"].concat()));
        rules
    }

    /// Its line in a file: `user name rule ..`.
    pub fn line(&self) -> Vec<u8> {
        let mut words = vec![b"user".to_vec(), self.name.to_vec()];
        words.extend(self.rules());
        words.join(&b' ')
    }
}

fn read_hash(rule: &[u8]) -> Result<PasswordHash, RuleError> {
    PasswordHash::read(&rule[1..]).ok_or(RuleError::PasswordHash)
}
