//! A small hash of which fields expire: a listpack of name, value and expiry in turn. Redis's "listpackex" encoding.
//!
//! ```text
//! name | value | expiry (Unix milliseconds, 0 for none) | name | value | expiry | ..
//! ```
//!
//! Invariant: fields stand in the order of their expiries, those without one behind the others. So the next to go is the
//! first, and those that are due are a head of the listpack.

use crate::packed::element::Element;
use crate::packed::listpack::{self, Cursor, Listpack};
use crate::time::UnixMillis;

use super::{NewExpiry, is_alive};

/// See the top of the file.
#[derive(Clone, Debug)]
pub(super) struct Timed {
    pub(super) pack: Listpack,
    /// See [`super::Hash::alarm`].
    pub(super) alarm: Option<UnixMillis>,
}

/// Where the parts of a field stand.
#[derive(Clone, Copy)]
struct Triple {
    name: Cursor,
    value: Cursor,
    expiry: Cursor,
}

impl Timed {
    /// The fields of a listpack of pairs, none of which expires.
    pub(super) fn from_pairs(pairs: &Listpack) -> Timed {
        let mut pack = Listpack::with_capacity(pairs.bytes().len() + pairs.len());
        for (at, element) in pairs.iter().enumerate() {
            pack.push_back(element);
            if at % 2 == 1 {
                pack.push_back(0);
            }
        }
        Timed { pack, alarm: None }
    }

    pub(super) fn len(&self) -> usize {
        self.pack.len() / 3
    }

    fn triple(&self, name: Cursor) -> Triple {
        let behind = |at| self.pack.next(at).expect("a field has three parts");
        let value = behind(name);
        Triple {
            name,
            value,
            expiry: behind(value),
        }
    }

    fn find(&self, name: &[u8]) -> Option<Triple> {
        self.pack.find(name, 2).map(|at| self.triple(at))
    }

    fn expiry_at(&self, at: Cursor) -> Option<UnixMillis> {
        as_expiry(self.pack.get(at))
    }

    pub(super) fn get(&self, name: &[u8]) -> Option<(Element<'_>, Option<UnixMillis>)> {
        let at = self.find(name)?;
        Some((self.pack.get(at.value), self.expiry_at(at.expiry)))
    }

    /// Sets a field. Returns whether it is new: one that was due at `now` had gone.
    pub(super) fn set(
        &mut self,
        name: &[u8],
        value: &[u8],
        expiry: NewExpiry,
        now: UnixMillis,
    ) -> bool {
        let Some(at) = self.find(name) else {
            self.insert(name, value.into(), expiry.over(None));
            return true;
        };
        let old = self.expiry_at(at.expiry);
        let lives = old.is_none_or(|old| old > now);
        let new = expiry.over(old.filter(|_| lives));
        if old == new {
            self.pack.replace(at.value, value);
        } else {
            self.pack.remove_range(at.name, 3);
            self.insert(name, value.into(), new);
        }
        !lives
    }

    /// Puts a field that is not there where its expiry belongs.
    fn insert(&mut self, name: &[u8], value: Element<'_>, expiry: Option<UnixMillis>) {
        let number = expiry.map_or(0, |at| at.0);
        match expiry.and_then(|expiry| self.first_behind(expiry)) {
            Some(place) => {
                self.pack.insert_before(place, number);
                self.pack.insert_before(place, value);
                self.pack.insert_before(place, name);
            }
            None => {
                self.pack.push_back(name);
                self.pack.push_back(value);
                self.pack.push_back(number);
            }
        }
    }

    /// The name of the first field that goes later than `expiry`, or never.
    fn first_behind(&self, expiry: UnixMillis) -> Option<Cursor> {
        let mut next = self.pack.first();
        while let Some(name) = next {
            let triple = self.triple(name);
            if self.expiry_at(triple.expiry).is_none_or(|at| at > expiry) {
                return Some(name);
            }
            next = self.pack.next(triple.expiry);
        }
        None
    }

    /// Sets or clears when a field goes. Returns whether it is there.
    pub(super) fn set_expiry(&mut self, name: &[u8], expiry: Option<UnixMillis>) -> bool {
        let Some(at) = self.find(name) else {
            return false;
        };
        if self.expiry_at(at.expiry) != expiry {
            let value = self.pack.get(at.value).to_vec();
            self.pack.remove_range(at.name, 3);
            self.insert(name, value.as_slice().into(), expiry);
        }
        true
    }

    /// Takes a field away unless it is due. Returns whether it did.
    pub(super) fn remove(&mut self, name: &[u8], now: UnixMillis) -> bool {
        let found = self.find(name);
        let found = found.filter(|at| is_alive(self.expiry_at(at.expiry), now));
        if let Some(at) = found {
            self.pack.remove_range(at.name, 3);
        }
        found.is_some()
    }

    /// When the next field goes.
    pub(super) fn next_expiry(&self) -> Option<UnixMillis> {
        let first = self.triple(self.pack.first()?);
        self.expiry_at(first.expiry)
    }

    /// How many fields are due at `now`.
    pub(super) fn due(&self, now: UnixMillis) -> usize {
        let is_due =
            |(_, _, expiry): &(_, _, Option<UnixMillis>)| expiry.is_some_and(|at| at <= now);
        self.iter().take_while(is_due).count()
    }

    /// Takes up to `most` fields that are due away, and tells their names.
    pub(super) fn expire_some(
        &mut self,
        now: UnixMillis,
        most: usize,
        gone: &mut dyn FnMut(&[u8]),
    ) -> usize {
        let due = self.due(now).min(most);
        for (name, ..) in self.iter().take(due) {
            name.with_bytes(&mut *gone);
        }
        if let Some(first) = self.pack.first() {
            self.pack.remove_range(first, due * 3);
        }
        due
    }

    /// The fields in their order, those that are due among them.
    pub(super) fn iter(&self) -> Triples<'_> {
        Triples(self.pack.iter())
    }
}

fn as_expiry(element: Element<'_>) -> Option<UnixMillis> {
    element.as_int().filter(|at| *at != 0).map(UnixMillis)
}

/// Walks over name, value and expiry of the fields.
pub(super) struct Triples<'a>(listpack::Iter<'a>);

impl<'a> Iterator for Triples<'a> {
    type Item = (Element<'a>, Element<'a>, Option<UnixMillis>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let (name, value) = (self.0.next()?, self.0.next()?);
        Some((name, value, as_expiry(self.0.next()?)))
    }
}
