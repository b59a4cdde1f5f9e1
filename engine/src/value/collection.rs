//! What lists, hashes, sets, sorted sets and streams have in common, as far as the keyspace is concerned.

use super::hash::Hash;
use super::list::List;
use super::set::Set;
use super::sorted_set::SortedSet;
use super::stream::Stream;
use super::{Value, ValueMut, ValueRef};
use crate::time::UnixMillis;
use std::fmt::Debug;

/// A value of many elements. A key holds it in a box whose address does not change while the key stays.
pub trait Collection: Variant + Clone + Default + Debug {
    /// Elements, fields, members or stream entries.
    fn len(&self) -> usize;

    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the key stays. An empty stream does; the other types go with their last element.
    fn keeps_key(&self) -> bool {
        !self.is_empty()
    }

    /// What OBJECT ENCODING says.
    fn encoding(&self) -> &'static str;

    /// Bytes of memory behind the key's own entry, the box of `self` included.
    fn allocated(&self) -> usize;

    /// A moment at which the database is to look for what has become due inside, if that is earlier than it was told
    /// last.
    #[inline]
    fn take_alarm(&mut self) -> Option<UnixMillis> {
        None
    }

    /// Frees about so many elements, in whatever order; true when nothing is left but what a drop frees in no time.
    /// Nobody looks at the value any more once this was called.
    fn release_some(&mut self, elements: usize) -> bool;
}

/// A type that is one of the variants of [`Value`].
pub trait Variant: Sized {
    /// The value, if it is of this type.
    fn of(value: ValueRef<'_>) -> Option<&Self>;

    /// The value for changes, if it is of this type.
    fn of_mut(value: ValueMut<'_>) -> Option<&mut Self>;

    /// As a value of any type.
    fn into_value(self: Box<Self>) -> Value;
}

macro_rules! variant {
    ($($type:ident),*) => {$(
        impl Variant for $type {
            #[inline]
            fn of(value: ValueRef<'_>) -> Option<&Self> {
                match value {
                    ValueRef::$type(this) => Some(this),
                    _ => None,
                }
            }

            #[inline]
            fn of_mut(value: ValueMut<'_>) -> Option<&mut Self> {
                match value {
                    ValueMut::$type(this) => Some(this),
                    _ => None,
                }
            }

            fn into_value(self: Box<Self>) -> Value {
                Value::$type(self)
            }
        }
    )*};
}

variant!(List, Hash, Set, SortedSet, Stream);
