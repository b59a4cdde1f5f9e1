//! One row of the parameter table: everything that parsing, CONFIG GET, SET and REWRITE, flags and help need to know.

use super::settings::Settings;
use super::value::{Kind, Reason, ValueLine};

/// Properties of a parameter beyond its value; any set of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Marks(u8);

impl Marks {
    /// Nothing special: one word, can change at run time.
    pub const NONE: Self = Self(0);
    /// Set at start only.
    pub const IMMUTABLE: Self = Self(1);
    /// Changes at run time only where `enable-protected-configs` allows it.
    pub const PROTECTED: Self = Self(1 << 1);
    /// Patterns do not find it, its exact name does; help leaves it out.
    pub const HIDDEN: Self = Self(1 << 2);
    /// Takes any number of words, and checks the number itself.
    pub const MULTI: Self = Self(1 << 3);
    /// Its value stays out of logs, MONITOR and the slow log.
    pub const SECRET: Self = Self(1 << 4);
    /// Does not change while a data set is loaded.
    pub const NOT_LOADING: Self = Self(1 << 5);
    /// Names something outside (a file): setting the same value counts as a change.
    pub const VOLATILE: Self = Self(1 << 6);
    /// Not a parameter of Redis: patterns do not find it, so that tools which set whatever they find get along; its
    /// exact name and help do.
    pub const OWN: Self = Self(1 << 7);

    /// Both sets together.
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all of `other` is in this set.
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// What setting a parameter does to this server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It changes behaviour.
    Acts,
    /// It is known and kept, and nothing more happens; the reason.
    Ignored(&'static str),
}

/// Takes over the value that the words spell, as the kind allows it.
type Assign = fn(&mut Settings, &[&[u8]], &Kind) -> Result<(), Reason>;

/// A parameter: its names, what it accepts and how it reaches its field of [`Settings`].
#[derive(Debug)]
pub struct Parameter {
    /// The name that files are rewritten with.
    pub name: &'static str,
    /// An older name of the same parameter.
    pub alias: Option<&'static str>,
    /// What it means, in one or two sentences.
    pub about: &'static str,
    /// What it accepts.
    pub kind: Kind,
    /// How it may be changed and seen.
    pub marks: Marks,
    /// Whether it does anything.
    pub effect: Effect,
    pub(super) show: fn(&Settings) -> Vec<u8>,
    pub(super) assign: Assign,
    pub(super) lines: fn(&Settings, &Settings, &Kind) -> Vec<ValueLine>,
    pub(super) same: fn(&Settings, &Settings) -> bool,
}

impl Parameter {
    /// The value as CONFIG GET answers it.
    pub fn show(&self, settings: &Settings) -> Vec<u8> {
        (self.show)(settings)
    }

    /// Takes over the value spelled by the words.
    ///
    /// # Errors
    /// The reason in Redis's words; the settings are unchanged.
    pub fn assign(&self, settings: &mut Settings, words: &[&[u8]]) -> Result<(), Reason> {
        if !self.marks.has(Marks::MULTI) && words.len() != 1 {
            return Err("wrong number of arguments".into());
        }
        (self.assign)(settings, words, &self.kind)
    }

    /// The lines that keep the value in a file, without the name.
    pub fn lines(&self, settings: &Settings, default: &Settings) -> Vec<ValueLine> {
        (self.lines)(settings, default, &self.kind)
    }

    /// Whether both settings agree on this parameter.
    pub fn same(&self, one: &Settings, other: &Settings) -> bool {
        (self.same)(one, other)
    }

    /// The name and the alias.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.name).chain(self.alias)
    }
}
