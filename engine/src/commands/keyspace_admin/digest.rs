//! A signature of data that does not depend on the order of tables, equal to that of Redis's DEBUG DIGEST.
//!
//! 20 bytes, zero for nothing. To *add* bytes is to xor their SHA-1 onto it, in any order; to *mix* them is to add them
//! and then replace the signature by its own SHA-1, so that order counts.
//!
//! ```text
//! value    = mix type (4 bytes, big-endian), then by type; add "!!expire!!" if it expires
//! key      = mix the key, then its value as above
//! database = add the signatures of all keys
//! dataset  = for each database with keys: mix its number (4 bytes, big-endian), then add its keys
//! ```

use sha1_smol::Sha1;

use crate::keyspace::entry::Entry;
use crate::resp::double::precise_text;
use crate::value::ValueRef;
use crate::value::list::End;

const TYPE_STRING: u32 = 0;
const TYPE_LIST: u32 = 1;
const TYPE_SET: u32 = 2;
const TYPE_SORTED_SET: u32 = 3;

/// See the top of the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Digest(pub(super) [u8; 20]);

impl Digest {
    /// The signature of a value with the fact that it expires.
    pub(super) fn of_value(entry: Entry<'_>) -> Digest {
        let mut digest = Digest::default();
        digest.mix_value(entry);
        digest
    }

    /// The signature of a key with its value.
    pub(super) fn of_key(entry: Entry<'_>) -> Digest {
        let mut digest = Digest::default();
        digest.mix(entry.key());
        digest.mix_value(entry);
        digest
    }

    fn mix_value(&mut self, entry: Entry<'_>) {
        match entry.value() {
            ValueRef::String(string) => {
                self.mix(&TYPE_STRING.to_be_bytes());
                string.with_bytes(|bytes| self.mix(bytes));
            }
            ValueRef::Set(set) => {
                self.mix(&TYPE_SET.to_be_bytes());
                set.iter()
                    .for_each(|member| member.with_bytes(|member| self.add(member)));
            }
            ValueRef::SortedSet(set) => {
                self.mix(&TYPE_SORTED_SET.to_be_bytes());
                for (member, score) in set.iter() {
                    let mut element = Digest::default();
                    member.with_bytes(|bytes| element.mix(bytes));
                    element.mix(precise_text(score).as_bytes());
                    self.add(&element.0);
                }
            }
            ValueRef::List(list) => {
                self.mix(&TYPE_LIST.to_be_bytes());
                let elements = list.iter(End::Front);
                elements.for_each(|element| element.with_bytes(|bytes| self.mix(bytes)));
            }
            _ => {}
        }
        if entry.expiry().is_some() {
            self.add(b"!!expire!!");
        }
    }

    /// Puts bytes in whose place does not count.
    pub(super) fn add(&mut self, bytes: &[u8]) {
        self.combine(Digest(Sha1::from(bytes).digest().bytes()));
    }

    /// Puts bytes in whose place counts.
    pub(super) fn mix(&mut self, bytes: &[u8]) {
        self.add(bytes);
        self.0 = Sha1::from(self.0).digest().bytes();
    }

    /// What both have been given, if only [`Digest::add`] was used.
    pub(super) fn combine(&mut self, other: Digest) {
        self.0
            .iter_mut()
            .zip(other.0)
            .for_each(|(byte, other)| *byte ^= other);
    }

    /// 40 hexadecimal digits.
    pub(super) fn hex(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}
