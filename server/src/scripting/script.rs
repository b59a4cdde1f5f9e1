//! A script: its text, its name, and what it declares about itself in a first line of `#!lua`.

use std::sync::Arc;

use engine::command::error::{CommandError, printed};
use sha1::{Digest, Sha1};

bitflags::bitflags! {
    /// What a script or function says about itself.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct ScriptFlags: u8 {
        /// It only reads.
        const NO_WRITES = 1;
        /// It may write when memory is full.
        const ALLOW_OOM = 1 << 1;
        /// It may run on a replica that lost its primary.
        const ALLOW_STALE = 1 << 2;
        /// Not in a cluster.
        const NO_CLUSTER = 1 << 3;
        /// Its keys may lie in several slots.
        const ALLOW_CROSS_SLOT_KEYS = 1 << 4;
        /// It says nothing about itself, as scripts did before they could.
        const SILENT = 1 << 5;
    }
}

/// Flags by the names scripts give them.
pub const FLAG_NAMES: [(&str, ScriptFlags); 5] = [
    ("no-writes", ScriptFlags::NO_WRITES),
    ("allow-oom", ScriptFlags::ALLOW_OOM),
    ("allow-stale", ScriptFlags::ALLOW_STALE),
    ("no-cluster", ScriptFlags::NO_CLUSTER),
    ("allow-cross-slot-keys", ScriptFlags::ALLOW_CROSS_SLOT_KEYS),
];

impl ScriptFlags {
    /// The flag of this name.
    pub fn named(name: &[u8]) -> Option<ScriptFlags> {
        let mut names = FLAG_NAMES.iter();
        names
            .find(|(other, _)| other.as_bytes() == name)
            .map(|(_, flag)| *flag)
    }
}

/// The SHA-1 of a script's text in lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Sha([u8; 40]);

impl Sha {
    /// That of `text`.
    pub fn of(text: &[u8]) -> Sha {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut sha = [0; 40];
        for (pair, byte) in sha.chunks_mut(2).zip(Sha1::digest(text)) {
            pair[0] = DIGITS[usize::from(byte >> 4)];
            pair[1] = DIGITS[usize::from(byte & 15)];
        }
        Sha(sha)
    }

    /// The one that a client wrote in any case, if it has the right length.
    pub fn parse(word: &[u8]) -> Option<Sha> {
        let digits: [u8; 40] = word.try_into().ok()?;
        Some(Sha(digits.map(|digit| digit.to_ascii_lowercase())))
    }

    /// Its digits.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// See the top of the file.
#[derive(Debug)]
pub struct Script {
    /// The whole text.
    pub text: Box<[u8]>,
    /// Where the code begins: behind the declaration, its line break included in the code so that lines count as they stand.
    code: usize,
    /// What it declares.
    pub flags: ScriptFlags,
}

impl Script {
    /// Looks at a script's declaration. Errors: Redis's.
    pub fn new(text: &[u8]) -> Result<Arc<Script>, CommandError> {
        let declaration = Declaration::of(text)?;
        let (code, flags) = match &declaration {
            None => (0, ScriptFlags::SILENT),
            Some(declaration) => (declaration.len, declaration.script_flags()?),
        };
        Ok(Arc::new(Script {
            text: text.into(),
            code,
            flags,
        }))
    }

    /// What Lua compiles.
    pub fn code(&self) -> &[u8] {
        &self.text[self.code..]
    }
}

/// The first line `#!lua name=value ..` of a script or library.
pub struct Declaration<'a> {
    /// How long the line is, without its end.
    pub len: usize,
    /// The language.
    pub engine: &'a [u8],
    options: Vec<&'a [u8]>,
}

impl<'a> Declaration<'a> {
    /// That of `text`, if it has one.
    pub fn of(text: &'a [u8]) -> Result<Option<Self>, CommandError> {
        if !text.starts_with(b"#!") {
            return Ok(None);
        }
        let len = text.iter().position(|byte| *byte == b'\n');
        let len = len.ok_or(CommandError::new("ERR Invalid script shebang"))?;
        let mut words = text[2..len]
            .split(u8::is_ascii_whitespace)
            .filter(|word| !word.is_empty());
        let engine = words.next().unwrap_or_default();
        Ok(Some(Declaration {
            len,
            engine,
            options: words.collect(),
        }))
    }

    /// The values of options, by name.
    pub fn options(&self) -> impl Iterator<Item = (&'a [u8], Option<&'a [u8]>)> {
        self.options.iter().map(
            |option| match option.iter().position(|byte| *byte == b'=') {
                Some(at) => (&option[..at], Some(&option[at + 1..])),
                None => (*option, None),
            },
        )
    }

    fn script_flags(&self) -> Result<ScriptFlags, CommandError> {
        if self.engine != b"lua" {
            let engine = printed(self.engine);
            return Err(CommandError::with(format!(
                "ERR Unexpected engine in script shebang: #!{engine}"
            )));
        }
        let mut flags = ScriptFlags::default();
        for (name, value) in self.options() {
            let (b"flags", Some(names)) = (name, value) else {
                let option = match value {
                    Some(value) => format!("{}={}", printed(name), printed(value)),
                    None => printed(name).into_owned(),
                };
                return Err(CommandError::with(format!(
                    "ERR Unknown lua shebang option: {option}"
                )));
            };
            for name in names
                .split(|byte| *byte == b',')
                .filter(|name| !name.is_empty())
            {
                flags |= ScriptFlags::named(name).ok_or_else(|| {
                    let name = printed(name);
                    CommandError::with(format!("ERR Unexpected flag in script shebang: {name}"))
                })?;
            }
        }
        Ok(flags)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_declaration_is_read_and_skipped_but_for_its_line_break() {
        let script = Script::new(b"#!lua flags=no-writes,allow-oom\nreturn 1").unwrap();
        assert_eq!(script.code(), b"\nreturn 1");
        assert_eq!(
            script.flags,
            ScriptFlags::NO_WRITES | ScriptFlags::ALLOW_OOM
        );
        assert_eq!(Script::new(b"return 1").unwrap().flags, ScriptFlags::SILENT);
        let error = |text: &[u8]| Script::new(text).unwrap_err().line().to_owned();
        assert_eq!(error(b"#!lua"), "ERR Invalid script shebang");
        assert_eq!(
            error(b"#!lua2\n"),
            "ERR Unexpected engine in script shebang: #!lua2"
        );
        assert_eq!(
            error(b"#!lua flags=x\n"),
            "ERR Unexpected flag in script shebang: x"
        );
        assert_eq!(
            error(b"#!lua name=x\n"),
            "ERR Unknown lua shebang option: name=x"
        );
    }

    #[test]
    fn names_are_those_of_redis() {
        let sha = Sha::of(b"return 1");
        assert_eq!(sha.as_bytes(), b"e0e1f9fabfc9d4800c877a703b823ac0578ff8db");
        assert!(Sha::parse(b"E0E1F9FABFC9D4800C877A703B823AC0578FF8DB") == Some(sha));
        assert!(Sha::parse(b"e0e1").is_none());
    }
}
