//! All members of a set one by one.

use crate::packed::element::Element;
use crate::packed::intset::Intset;
use crate::packed::listpack;
use crate::table::iter::Iter;
use crate::table::member::Member;

/// Walks over the members of a set.
pub enum Members<'a> {
    /// There are none.
    None,
    /// The integers from this index on.
    Intset(&'a Intset, usize),
    /// What a listpack holds.
    Listpack(listpack::Iter<'a>),
    /// What a table holds.
    Table(Iter<'a, Member>),
}

impl<'a> Members<'a> {
    pub(super) fn of_intset(ints: &'a Intset) -> Members<'a> {
        Members::Intset(ints, 0)
    }
}

impl<'a> Iterator for Members<'a> {
    type Item = Element<'a>;

    #[inline]
    fn next(&mut self) -> Option<Element<'a>> {
        match self {
            Members::None => None,
            Members::Intset(ints, index) => {
                let number = ints.get(*index)?;
                *index += 1;
                Some(Element::Int(number))
            }
            Members::Listpack(elements) => elements.next(),
            Members::Table(members) => members.next().map(|member| Element::Bytes(member.bytes())),
        }
    }
}
