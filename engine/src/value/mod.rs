//! Values as commands see them: owned, borrowed from the keyspace, or about to be stored.

pub mod collection;
pub mod hash;
pub mod list;
pub mod set;
pub mod sorted_set;
pub mod stream;
pub mod string;

use collection::Collection;
use hash::Hash;
use list::List;
use set::Set;
use sorted_set::SortedSet;
use stream::Stream;
use string::{StringRef, StringValue};

/// A value that belongs to the caller.
#[derive(Debug, Clone)]
pub enum Value {
    /// A string.
    String(StringValue),
    /// A list.
    List(Box<List>),
    /// A hash.
    Hash(Box<Hash>),
    /// A set.
    Set(Box<Set>),
    /// A sorted set.
    SortedSet(Box<SortedSet>),
    /// A stream.
    Stream(Box<Stream>),
}

/// A value inside the keyspace.
#[derive(Debug, Clone, Copy)]
pub enum ValueRef<'a> {
    /// A string.
    String(StringRef<'a>),
    /// A list.
    List(&'a List),
    /// A hash.
    Hash(&'a Hash),
    /// A set.
    Set(&'a Set),
    /// A sorted set.
    SortedSet(&'a SortedSet),
    /// A stream.
    Stream(&'a Stream),
}

/// A collection inside the keyspace, to be changed in place. Strings have ways of their own, see
/// [`crate::keyspace::entry::EntryMut`].
#[derive(Debug)]
pub enum ValueMut<'a> {
    /// A list.
    List(&'a mut List),
    /// A hash.
    Hash(&'a mut Hash),
    /// A set.
    Set(&'a mut Set),
    /// A sorted set.
    SortedSet(&'a mut SortedSet),
    /// A stream.
    Stream(&'a mut Stream),
}

/// A value on its way into the keyspace. Borrowed bytes are copied once, straight to their place.
#[derive(Debug)]
pub enum NewValue<'a> {
    /// A string that is an integer.
    Int(i64),
    /// A short string.
    Embedded(&'a [u8]),
    /// A long string, or one that was edited.
    Raw(&'a [u8]),
    /// A value that exists already.
    Owned(Value),
}

/// Collections up to this many elements are freed and copied at once; larger ones are freed in slices, and change hands
/// where a copy would do.
const SMALL: usize = 64;

impl Value {
    /// A view of it.
    pub fn as_ref(&self) -> ValueRef<'_> {
        match self {
            Value::String(string) => ValueRef::String(string.as_ref()),
            Value::List(list) => ValueRef::List(list),
            Value::Hash(hash) => ValueRef::Hash(hash),
            Value::Set(set) => ValueRef::Set(set),
            Value::SortedSet(sorted_set) => ValueRef::SortedSet(sorted_set),
            Value::Stream(stream) => ValueRef::Stream(stream),
        }
    }

    /// What TYPE says.
    pub fn type_name(&self) -> &'static str {
        self.as_ref().type_name()
    }

    /// Frees about so many elements; true when nothing is left but what a drop frees in no time.
    pub fn release_some(&mut self, elements: usize) -> bool {
        match self {
            Value::String(_) => true,
            Value::List(list) => list.release_some(elements),
            Value::Hash(hash) => hash.release_some(elements),
            Value::Set(set) => set.release_some(elements),
            Value::SortedSet(sorted_set) => sorted_set.release_some(elements),
            Value::Stream(stream) => stream.release_some(elements),
        }
    }
}

impl ValueRef<'_> {
    /// What TYPE says.
    pub fn type_name(&self) -> &'static str {
        match self {
            ValueRef::String(_) => "string",
            ValueRef::List(_) => "list",
            ValueRef::Hash(_) => "hash",
            ValueRef::Set(_) => "set",
            ValueRef::SortedSet(_) => "zset",
            ValueRef::Stream(_) => "stream",
        }
    }

    /// What OBJECT ENCODING says.
    pub fn encoding(&self) -> &'static str {
        match self {
            ValueRef::String(string) => string.encoding(),
            ValueRef::List(list) => list.encoding(),
            ValueRef::Hash(hash) => hash.encoding(),
            ValueRef::Set(set) => set.encoding(),
            ValueRef::SortedSet(sorted_set) => sorted_set.encoding(),
            ValueRef::Stream(stream) => stream.encoding(),
        }
    }

    /// Elements of a collection; 1 for a string.
    pub fn elements(&self) -> usize {
        match self {
            ValueRef::String(_) => 1,
            ValueRef::List(list) => list.len(),
            ValueRef::Hash(hash) => hash.len(),
            ValueRef::Set(set) => set.len(),
            ValueRef::SortedSet(sorted_set) => sorted_set.len(),
            ValueRef::Stream(stream) => stream.len(),
        }
    }

    /// Bytes of memory of a collection, behind its key's entry; 0 for a string.
    pub fn collection_bytes(&self) -> usize {
        match self {
            ValueRef::String(_) => 0,
            ValueRef::List(list) => list.allocated(),
            ValueRef::Hash(hash) => hash.allocated(),
            ValueRef::Set(set) => set.allocated(),
            ValueRef::SortedSet(sorted_set) => sorted_set.allocated(),
            ValueRef::Stream(stream) => stream.allocated(),
        }
    }

    /// Whether freeing or copying it takes noticeable time.
    pub fn is_large(&self) -> bool {
        self.elements() > SMALL
    }

    /// A copy that outlives the keyspace's borrow, of the same encoding.
    pub fn to_owned(&self) -> Value {
        match *self {
            ValueRef::String(string) => Value::String(string.to_owned()),
            ValueRef::List(list) => Value::List(Box::new(list.clone())),
            ValueRef::Hash(hash) => Value::Hash(Box::new(hash.clone())),
            ValueRef::Set(set) => Value::Set(Box::new(set.clone())),
            ValueRef::SortedSet(sorted_set) => Value::SortedSet(Box::new(sorted_set.clone())),
            ValueRef::Stream(stream) => Value::Stream(Box::new(stream.clone())),
        }
    }
}

impl<'a> NewValue<'a> {
    /// The longest string that is stored as "embstr".
    pub const EMBEDDED_MAX: usize = 44;

    /// Chooses the encoding as Redis does when SET stores a string.
    #[inline]
    pub fn from_bytes(bytes: &'a [u8]) -> NewValue<'a> {
        match string::parse_int(bytes) {
            Some(number) => NewValue::Int(number),
            None if bytes.len() <= NewValue::EMBEDDED_MAX => NewValue::Embedded(bytes),
            None => NewValue::Raw(bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_chosen_as_redis_does() {
        assert!(matches!(NewValue::from_bytes(b"-12"), NewValue::Int(-12)));
        assert!(matches!(
            NewValue::from_bytes(b"012"),
            NewValue::Embedded(b"012")
        ));
        assert!(matches!(
            NewValue::from_bytes(&[b'a'; 44]),
            NewValue::Embedded(_)
        ));
        assert!(matches!(
            NewValue::from_bytes(&[b'a'; 45]),
            NewValue::Raw(_)
        ));
    }
}
