//! A small hash: a listpack of names and values in turn, in the order they came. Redis's "listpack" encoding.

use crate::packed::element::Element;
use crate::packed::listpack::{self, Cursor, Listpack};

/// Sets `name`, behind the others if it is new. Returns whether it is.
#[inline]
pub(super) fn set(pack: &mut Listpack, name: &[u8], value: &[u8]) -> bool {
    match find(pack, name) {
        Some((_, at)) => {
            pack.replace(at, value);
            false
        }
        None => {
            let (name, value) = (Element::from(name), Element::from(value));
            pack.reserve(name.packed_len() + value.packed_len());
            pack.push_back(name);
            pack.push_back(value);
            true
        }
    }
}

/// Where name and value of the field `name` stand.
#[inline]
pub(super) fn find(pack: &Listpack, name: &[u8]) -> Option<(Cursor, Cursor)> {
    let at = pack.find(name, 1)?;
    Some((at, pack.next(at).expect("a name has its value behind it")))
}

#[inline]
pub(super) fn get<'a>(pack: &'a Listpack, name: &[u8]) -> Option<Element<'a>> {
    find(pack, name).map(|(_, value)| pack.get(value))
}

pub(super) fn remove(pack: &mut Listpack, name: &[u8]) -> bool {
    let found = find(pack, name);
    if let Some((at, _)) = found {
        pack.remove_range(at, 2);
    }
    found.is_some()
}

/// The fields in their order.
pub(super) struct Pairs<'a>(pub(super) listpack::Iter<'a>);

impl<'a> Iterator for Pairs<'a> {
    type Item = (Element<'a>, Element<'a>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        Some((self.0.next()?, self.0.next()?))
    }
}
