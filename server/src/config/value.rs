//! What a parameter can hold: every field type of [`Settings`](super::Settings) reads its words, shows itself and says
//! which lines of a file keep it.
//!
//! Invariant: `assign(show(x))` leaves x as it is; CONFIG GET followed by CONFIG SET of the same text changes nothing.

use super::memory_size;
use super::words::quote;
use std::borrow::Cow;
use std::fmt;
use std::path::Path;

/// Why a value was refused, in the words Redis uses.
pub type Reason = Cow<'static, str>;

/// What a parameter accepts: the part of its type that differs from row to row.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// `yes` or `no`.
    Switch,
    /// A switch that cannot be turned on, and why.
    OffOnly(&'static str),
    /// A whole number within inclusive bounds.
    Integer(i128, i128),
    /// A size in bytes within inclusive bounds; see [`memory_size`].
    Memory(i128, i128),
    /// A size in bytes, or a percentage up to 100 with `%`.
    MemoryOrPercent,
    /// Permission bits in octal up to 777.
    FileMode,
    /// One of these words, or several where the row is marked so.
    Choice(&'static [&'static str]),
    /// Any bytes.
    Text,
    /// Bytes that pass a check.
    Checked(fn(&[u8]) -> Result<(), Reason>),
    /// A form of its own, shown in help texts as this.
    Special(&'static str),
}

/// One line of a configuration file that keeps a value, without the parameter's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueLine {
    /// What follows the name.
    pub text: Vec<u8>,
    /// Whether the line must be written even if the file did not have one: the value is not the default.
    pub needed: bool,
}

/// A type that parameters can have.
pub trait Value: Sized + PartialEq {
    /// Takes over the value that the words spell.
    ///
    /// # Errors
    /// The reason, and the value is unchanged.
    fn assign(&mut self, words: &[&[u8]], kind: &Kind) -> Result<(), Reason>;

    /// The value as CONFIG GET answers it.
    fn show(&self) -> Vec<u8>;

    /// The lines that keep the value in a file; none removes every line of the parameter.
    fn lines(&self, default: &Self, _kind: &Kind) -> Vec<ValueLine> {
        vec![ValueLine {
            text: self.show(),
            needed: self != default,
        }]
    }
}

/// The only word of a single-valued parameter.
///
/// # Errors
/// Another number of words.
pub(super) fn single<'a>(words: &[&'a [u8]]) -> Result<&'a [u8], Reason> {
    match words {
        [word] => Ok(word),
        _ => Err("wrong number of arguments".into()),
    }
}

impl Value for bool {
    fn assign(&mut self, words: &[&[u8]], kind: &Kind) -> Result<(), Reason> {
        let word = single(words)?;
        let on = word.eq_ignore_ascii_case(b"yes");
        if !on && !word.eq_ignore_ascii_case(b"no") {
            return Err("argument must be 'yes' or 'no'".into());
        }
        if let (true, Kind::OffOnly(why)) = (on, kind) {
            return Err((*why).into());
        }
        *self = on;
        Ok(())
    }

    fn show(&self) -> Vec<u8> {
        if *self {
            b"yes".to_vec()
        } else {
            b"no".to_vec()
        }
    }
}

fn read_number(word: &[u8], kind: &Kind) -> Result<i128, Reason> {
    let (number, bounds) = match *kind {
        Kind::Memory(low, high) => {
            let size = memory_size::parse(word).ok_or("argument must be a memory value")?;
            (i128::from(size), (low, high))
        }
        Kind::Integer(low, high) => {
            let number =
                plain_integer(word).ok_or("argument couldn't be parsed into an integer")?;
            (number, (low, high))
        }
        _ => return Err("not a number".into()),
    };
    if number < bounds.0 || number > bounds.1 {
        return Err(format!(
            "argument must be between {} and {} inclusive",
            bounds.0, bounds.1
        )
        .into());
    }
    Ok(number)
}

/// Digits with an optional minus, as numbers on the wire: no plus, no blanks, no leading zeros, 64 bits.
fn plain_integer(word: &[u8]) -> Option<i128> {
    let number: i64 = std::str::from_utf8(word).ok()?.parse().ok()?;
    (number.to_string().as_bytes() == word).then_some(i128::from(number))
}

macro_rules! numbers {
    ($($number:ty),*) => {$(
        impl Value for $number {
            fn assign(&mut self, words: &[&[u8]], kind: &Kind) -> Result<(), Reason> {
                let number = read_number(single(words)?, kind)?;
                *self = number.try_into().map_err(|_| "value is out of range")?;
                Ok(())
            }

            fn show(&self) -> Vec<u8> {
                self.to_string().into_bytes()
            }

            fn lines(&self, default: &Self, kind: &Kind) -> Vec<ValueLine> {
                let text = match (kind, u64::try_from(*self)) {
                    (Kind::Memory(..), Ok(bytes)) => memory_size::format(bytes).into_bytes(),
                    _ => self.show(),
                };
                vec![ValueLine { text, needed: self != default }]
            }
        }
    )*};
}
numbers!(u8, u16, u32, i32, i64, u64, usize);

/// Bytes that are mostly text: names, paths, passwords.
#[derive(Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Text(Vec<u8>);

impl Text {
    /// The bytes as given.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The text as a path of the file system.
    pub fn as_path(&self) -> &Path {
        use std::os::unix::ffi::OsStrExt;
        Path::new(std::ffi::OsStr::from_bytes(&self.0))
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl From<&[u8]> for Text {
    fn from(text: &[u8]) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.0))
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", String::from_utf8_lossy(&self.0))
    }
}

fn read_text(words: &[&[u8]], kind: &Kind) -> Result<Text, Reason> {
    let word = single(words)?;
    if let Kind::Checked(check) = kind {
        check(word)?;
    }
    Ok(Text::from(word))
}

impl Value for Text {
    fn assign(&mut self, words: &[&[u8]], kind: &Kind) -> Result<(), Reason> {
        *self = read_text(words, kind)?;
        Ok(())
    }

    fn show(&self) -> Vec<u8> {
        self.0.clone()
    }

    fn lines(&self, default: &Self, _kind: &Kind) -> Vec<ValueLine> {
        vec![ValueLine {
            text: quote(&self.0),
            needed: self != default,
        }]
    }
}

/// A text that can be absent: the empty text says so, and a file then has no line for it.
impl Value for Option<Text> {
    fn assign(&mut self, words: &[&[u8]], kind: &Kind) -> Result<(), Reason> {
        *self = Some(read_text(words, kind)?).filter(|text| !text.is_empty());
        Ok(())
    }

    fn show(&self) -> Vec<u8> {
        self.as_ref().map(Text::show).unwrap_or_default()
    }

    fn lines(&self, _default: &Self, _kind: &Kind) -> Vec<ValueLine> {
        self.iter()
            .map(|text| ValueLine {
                text: quote(&text.0),
                needed: true,
            })
            .collect()
    }
}

/// Permission bits, written in octal.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FileMode(pub u32);

impl Value for FileMode {
    fn assign(&mut self, words: &[&[u8]], _kind: &Kind) -> Result<(), Reason> {
        let bits = std::str::from_utf8(single(words)?)
            .ok()
            .and_then(|word| i64::from_str_radix(word, 8).ok())
            .ok_or("argument couldn't be parsed as an octal number")?;
        match u32::try_from(bits) {
            Ok(bits @ 0..=0o777) => *self = Self(bits),
            _ => return Err("argument must be between 0 and 777 inclusive".into()),
        }
        Ok(())
    }

    fn show(&self) -> Vec<u8> {
        format!("{:o}", self.0).into_bytes()
    }
}

/// Memory that clients may use together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemoryShare {
    /// So many bytes; 0 is no limit.
    Bytes(u64),
    /// So many hundredths of `maxmemory`, up to 100.
    Percent(u8),
}

impl MemoryShare {
    /// Bytes, where `maxmemory` is so many; 0 is no limit.
    pub fn of(self, maxmemory: u64) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes,
            Self::Percent(percent) => (u128::from(maxmemory) * u128::from(percent) / 100) as u64,
        }
    }
}

impl Value for MemoryShare {
    fn assign(&mut self, words: &[&[u8]], _kind: &Kind) -> Result<(), Reason> {
        let word = single(words)?;
        if let Some(bytes) = memory_size::parse(word) {
            if i64::try_from(bytes).is_err() {
                return Err(
                    format!("argument must be between -100 and {} inclusive", i64::MAX).into(),
                );
            }
            *self = Self::Bytes(bytes);
            return Ok(());
        }
        let percent = word
            .strip_suffix(b"%")
            .and_then(plain_integer)
            .filter(|percent| *percent >= 0);
        match percent.ok_or("argument must be a memory or percent value")? {
            0 => *self = Self::Bytes(0),
            percent @ 1..=100 => *self = Self::Percent(percent as u8),
            _ => return Err("percentage argument must be less or equal to 100".into()),
        }
        Ok(())
    }

    fn show(&self) -> Vec<u8> {
        match self {
            Self::Bytes(bytes) => bytes.to_string().into_bytes(),
            Self::Percent(percent) => format!("{percent}%").into_bytes(),
        }
    }

    fn lines(&self, default: &Self, _kind: &Kind) -> Vec<ValueLine> {
        let text = match self {
            Self::Bytes(bytes) => memory_size::format(*bytes).into_bytes(),
            Self::Percent(_) => self.show(),
        };
        vec![ValueLine {
            text,
            needed: self != default,
        }]
    }
}

/// The reason given when a word is none of the choices.
pub(super) fn not_a_choice(names: &[&str]) -> Reason {
    format!(
        "argument(s) must be one of the following: {}",
        names.join(", ")
    )
    .into()
}

/// Declares an enum whose variants are spelled as words; a variant shows itself by its first word.
macro_rules! choice {
    (
        $(#[$outer:meta])*
        pub enum $Choice:ident { $( $(#[$inner:meta])* $Variant:ident = $word:literal $(| $other:literal)* ),+ $(,)? }
    ) => {
        $(#[$outer])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $Choice { $( $(#[$inner])* $Variant ),+ }

        impl $Choice {
            /// All words, in the order in which errors list them.
            pub const WORDS: &'static [&'static str] = &[$( $word $(, $other)* ),+];
        }

        impl $crate::config::value::Value for $Choice {
            fn assign(&mut self, words: &[&[u8]], _kind: &$crate::config::value::Kind)
                -> Result<(), $crate::config::value::Reason>
            {
                let refused = || $crate::config::value::not_a_choice(Self::WORDS);
                let [word] = words else { return Err(refused()) };
                $( $(
                    if word.eq_ignore_ascii_case($other.as_bytes()) {
                        *self = Self::$Variant;
                        return Ok(());
                    }
                )* if word.eq_ignore_ascii_case($word.as_bytes()) {
                    *self = Self::$Variant;
                    return Ok(());
                } )+
                Err(refused())
            }

            fn show(&self) -> Vec<u8> {
                match self { $( Self::$Variant => $word.as_bytes().to_vec() ),+ }
            }
        }
    };
}
pub(super) use choice;
