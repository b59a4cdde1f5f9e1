//! Values as commands see them: owned, borrowed from the keyspace, or about to be stored.

pub mod string;

use string::{StringRef, StringValue};

/// A value that belongs to the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A string.
    String(StringValue),
}

/// A value inside the keyspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueRef<'a> {
    /// A string.
    String(StringRef<'a>),
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

impl Value {
    /// What TYPE says.
    pub fn type_name(&self) -> &'static str {
        match self {
            Value::String(_) => "string",
        }
    }
}

impl ValueRef<'_> {
    /// What TYPE says.
    pub fn type_name(&self) -> &'static str {
        match self {
            ValueRef::String(_) => "string",
        }
    }

    /// What OBJECT ENCODING says.
    pub fn encoding(&self) -> &'static str {
        match self {
            ValueRef::String(string) => string.encoding(),
        }
    }

    /// A copy that outlives the keyspace's borrow, of the same encoding.
    pub fn to_owned(&self) -> Value {
        match self {
            ValueRef::String(string) => Value::String(string.to_owned()),
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
