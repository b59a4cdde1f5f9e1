//! A password as it is kept: its SHA-256, never itself. Written as 64 lower-case hexadecimal digits.

use std::fmt;

use sha2::{Digest, Sha256};

/// See the top of the file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PasswordHash([u8; 32]);

impl PasswordHash {
    /// Of a password.
    pub fn of(password: &[u8]) -> Self {
        PasswordHash(Sha256::digest(password).into())
    }

    /// The hash that 64 lower-case hexadecimal digits spell.
    pub fn read(digits: &[u8]) -> Option<Self> {
        let mut hash = [0; 32];
        let (pairs, []) = digits.as_chunks::<2>() else {
            return None;
        };
        if pairs.len() != hash.len() {
            return None;
        }
        for (byte, [high, low]) in hash.iter_mut().zip(pairs) {
            *byte = digit(*high)? << 4 | digit(*low)?;
        }
        Some(PasswordHash(hash))
    }

    /// Compares without telling by the time it takes how much of the guess is right.
    fn equals(&self, other: &Self) -> bool {
        let pairs = self.0.iter().zip(&other.0);
        std::hint::black_box(pairs.fold(0, |all, (one, two)| all | (one ^ two))) == 0
    }
}

fn digit(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

impl fmt::Display for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(..)")
    }
}

/// What a user can log in with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Passwords {
    /// Any password (`nopass`).
    Any,
    /// One of these; none at all lets nobody in.
    Of(Vec<PasswordHash>),
}

impl Passwords {
    /// Whether `password` lets in.
    pub fn admit(&self, password: &[u8]) -> bool {
        match self {
            Passwords::Any => true,
            Passwords::Of(hashes) => {
                let hash = PasswordHash::of(password);
                hashes
                    .iter()
                    .fold(false, |found, known| found | known.equals(&hash))
            }
        }
    }

    /// One more that lets in; if any did before, now only this does.
    pub(super) fn add(&mut self, hash: PasswordHash) {
        match self {
            Passwords::Any => *self = Passwords::Of(vec![hash]),
            Passwords::Of(hashes) if hashes.contains(&hash) => {}
            Passwords::Of(hashes) => hashes.push(hash),
        }
    }

    /// Takes one back. Returns whether it was there.
    pub(super) fn remove(&mut self, hash: PasswordHash) -> bool {
        let before = self.hashes().len();
        if let Passwords::Of(hashes) = self {
            hashes.retain(|known| *known != hash);
        }
        self.hashes().len() < before
    }

    /// Those that are kept, in the order in which they came.
    pub fn hashes(&self) -> &[PasswordHash] {
        match self {
            Passwords::Any => &[],
            Passwords::Of(hashes) => hashes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_sha256_in_hexadecimal() {
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(PasswordHash::of(b"abc").to_string(), abc);
        assert_eq!(
            PasswordHash::read(abc.as_bytes()),
            Some(PasswordHash::of(b"abc"))
        );
        for wrong in [&abc[1..], &abc.to_uppercase(), "", &format!("{abc}00")] {
            assert_eq!(PasswordHash::read(wrong.as_bytes()), None, "{wrong}");
        }
    }

    #[test]
    fn only_known_passwords_let_in() {
        let mut passwords = Passwords::Of(Vec::new());
        assert!(!passwords.admit(b""));
        passwords.add(PasswordHash::of(b"a"));
        passwords.add(PasswordHash::of(b"a"));
        assert!(passwords.admit(b"a") && !passwords.admit(b"b"));
        assert_eq!(passwords.hashes().len(), 1);
        assert!(passwords.remove(PasswordHash::of(b"a")));
        assert!(!passwords.remove(PasswordHash::of(b"a")) && !passwords.admit(b"a"));
        let mut any = Passwords::Any;
        assert!(any.admit(b"x") && !any.remove(PasswordHash::of(b"x")));
        any.add(PasswordHash::of(b"b"));
        assert!(any.admit(b"b") && !any.admit(b"x"));
    }
}
