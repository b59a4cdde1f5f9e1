//! A key pattern: a glob, and what may be done to the keys it matches. `~p`, `%R~p`, `%W~p`, `%RW~p`.

use engine::command::keys::KeyFlags;
use engine::key::glob::{Case, matches};

use super::rule::{RuleError, has_blanks};

/// What may be done to a key's data, or has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permission {
    /// Use what is there.
    pub read: bool,
    /// Change, add or remove.
    pub write: bool,
}

impl Permission {
    const BOTH: Self = Permission {
        read: true,
        write: true,
    };

    /// What a command needs that does this to a key. One that only looks whether a key is there, or how large it is,
    /// needs neither.
    pub fn needed_for(flags: KeyFlags) -> Self {
        let changes = KeyFlags::INSERT
            .union(KeyFlags::DELETE)
            .union(KeyFlags::UPDATE);
        Permission {
            read: flags.contains(KeyFlags::ACCESS),
            write: flags.intersects(changes),
        }
    }

    fn covers(self, needed: Self) -> bool {
        (self.read || !needed.read) && (self.write || !needed.write)
    }
}

/// See the top of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyPattern {
    glob: Box<[u8]>,
    permission: Permission,
}

impl KeyPattern {
    /// Reads `~glob` or `%permission~glob`.
    ///
    /// # Errors
    /// [`RuleError::Syntax`].
    pub(super) fn read(rule: &[u8]) -> Result<Self, RuleError> {
        let (permission, glob) = match rule {
            [b'~', glob @ ..] => (Permission::BOTH, glob),
            [b'%', rest @ ..] => {
                // Redis takes a missing `~` for an empty pattern.
                let end = rest.iter().position(|byte| *byte == b'~');
                let glob = end.map_or(&[][..], |end| &rest[end + 1..]);
                (read_permission(&rest[..end.unwrap_or(rest.len())])?, glob)
            }
            _ => return Err(RuleError::Syntax),
        };
        if has_blanks(glob) {
            return Err(RuleError::Syntax);
        }
        Ok(KeyPattern {
            glob: glob.into(),
            permission,
        })
    }

    /// Whether everything in `needed` may be done to `key`.
    pub(super) fn permits(&self, key: &[u8], needed: Permission) -> bool {
        self.permission.covers(needed) && matches(&self.glob, key, Case::Exact)
    }

    /// Whether every key may be read.
    pub(super) fn permits_reading_all(&self) -> bool {
        self.permission.read && *self.glob == *b"*"
    }

    /// Whether both are about the same keys.
    pub(super) fn has_glob_of(&self, other: &Self) -> bool {
        self.glob == other.glob
    }

    /// Permits what `other` does, too.
    pub(super) fn widen(&mut self, other: &Self) {
        self.permission.read |= other.permission.read;
        self.permission.write |= other.permission.write;
    }

    /// As a rule that gives the same pattern.
    pub(super) fn rule(&self) -> Vec<u8> {
        let Permission { read, write } = self.permission;
        let sign: &[u8] = match (read, write) {
            (true, false) => b"%R~",
            (false, true) => b"%W~",
            // `~*` would be the rule that allows all keys, behind which there are no patterns.
            _ if *self.glob == *b"*" => b"%RW~",
            _ => b"~",
        };
        [sign, &self.glob].concat()
    }
}

/// `R`, `W` or both, in any order and case.
fn read_permission(letters: &[u8]) -> Result<Permission, RuleError> {
    let mut permission = Permission {
        read: false,
        write: false,
    };
    for letter in letters {
        let one = match letter {
            b'r' | b'R' => &mut permission.read,
            b'w' | b'W' => &mut permission.write,
            _ => return Err(RuleError::Syntax),
        };
        if std::mem::replace(one, true) {
            return Err(RuleError::Syntax);
        }
    }
    if letters.is_empty() {
        return Err(RuleError::Syntax);
    }
    Ok(permission)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_say_what_may_be_done() {
        let permits = |rule: &str, key: &str, needed| {
            let pattern = KeyPattern::read(rule.as_bytes()).expect(rule);
            pattern.permits(key.as_bytes(), needed)
        };
        let needs = |read, write| Permission { read, write };
        assert!(permits("~a*", "ab", Permission::BOTH));
        assert!(!permits("~a*", "b", needs(false, false)));
        assert!(permits("%r~a", "a", needs(true, false)));
        assert!(permits("%R~a", "a", needs(false, false)));
        assert!(!permits("%R~a", "a", needs(false, true)));
        assert!(permits("%wR~a", "a", Permission::BOTH));
        assert!(permits("%RW", "", Permission::BOTH) && !permits("%RW", "a", needs(true, false)));
        assert!(permits("~a~b", "a~b", Permission::BOTH));
        assert!(permits("%W~a~b", "a~b", needs(false, true)));
        for wrong in ["%~a", "%", "%X~a", "%RR~a", "~a b", "~a\0", "a", ""] {
            assert_eq!(
                KeyPattern::read(wrong.as_bytes()),
                Err(RuleError::Syntax),
                "{wrong}"
            );
        }
    }
    #[test]
    fn patterns_are_shown_as_rules() {
        for (rule, shown) in [
            ("~a", "~a"),
            ("%wr~a", "~a"),
            ("%r~*", "%R~*"),
            ("%W~b", "%W~b"),
            ("%RW~*", "%RW~*"),
        ] {
            let pattern = KeyPattern::read(rule.as_bytes()).expect(rule);
            assert_eq!(pattern.rule(), shown.as_bytes());
        }
    }
}
