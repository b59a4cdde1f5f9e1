//! A signature of data that does not depend on the order of tables, equal to that of Redis's DEBUG DIGEST.
//!
//! 20 bytes, zero for nothing. To *add* bytes is to xor their SHA-1 onto it, in any order; to *mix* them is to add them
//! and then replace the signature by its own SHA-1, so that order counts.
//!
//! ```text
//! value    = mix type (4 bytes, big-endian), then by type; add "!!expire!!" if it expires
//!   string     = mix the bytes
//!   list       = mix each element, from the front
//!   set        = add each member
//!   sorted set = for each member add the signature of: mix the member, mix its score
//!   hash       = for each field add the signature of: mix the field, mix its value
//!   stream     = for each entry: mix "ms.seq", mix each field and value; groups do not count
//! key      = mix the key, then its value as above
//! database = add the signatures of all keys
//! dataset  = for each database with keys: mix its number (4 bytes, big-endian), then add its keys
//! ```
//!
//! Scores are signed as 7.0 prints them, with 17 digits; 7.2 signs the shortest ones.

use sha1_smol::Sha1;

use crate::keyspace::entry::Entry;
use crate::packed::element::Element;
use crate::resp::double::precise_text;
use crate::value::ValueRef;
use crate::value::list::End;
use crate::value::stream::id::StreamId;

const TYPE_STRING: u32 = 0;
const TYPE_LIST: u32 = 1;
const TYPE_SET: u32 = 2;
const TYPE_SORTED_SET: u32 = 3;
const TYPE_HASH: u32 = 4;
const TYPE_STREAM: u32 = 6;

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
                self.mix_type(TYPE_STRING);
                string.with_bytes(|bytes| self.mix(bytes));
            }
            ValueRef::List(list) => {
                self.mix_type(TYPE_LIST);
                list.iter(End::Front)
                    .for_each(|element| self.mix_element(element));
            }
            ValueRef::Set(set) => {
                self.mix_type(TYPE_SET);
                set.iter()
                    .for_each(|member| member.with_bytes(|bytes| self.add(bytes)));
            }
            ValueRef::SortedSet(set) => {
                self.mix_type(TYPE_SORTED_SET);
                for (member, score) in set.iter() {
                    let mut one = Digest::default();
                    one.mix_element(member);
                    one.mix(precise_text(score).as_bytes());
                    self.add(&one.0);
                }
            }
            ValueRef::Hash(hash) => {
                self.mix_type(TYPE_HASH);
                hash.for_each_timed(&mut |field, value, expiry| {
                    let mut one = Digest::default();
                    one.mix_element(field);
                    one.mix_element(value);
                    if expiry.is_some() {
                        one.add(b"!!hexpire!!");
                    }
                    self.add(&one.0);
                });
            }
            ValueRef::Stream(stream) => {
                self.mix_type(TYPE_STREAM);
                for entry in stream.range(StreamId::MIN, StreamId::MAX) {
                    self.mix(format!("{}.{}", entry.id.ms, entry.id.seq).as_bytes());
                    entry.each(|part| self.mix_element(part));
                }
            }
        }
        if entry.expiry().is_some() {
            self.add(b"!!expire!!");
        }
    }

    fn mix_type(&mut self, number: u32) {
        self.mix(&number.to_be_bytes());
    }

    fn mix_element(&mut self, element: Element<'_>) {
        element.with_bytes(|bytes| self.mix(bytes));
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
