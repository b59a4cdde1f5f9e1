//! A hash: fields, each with a value and perhaps a moment at which the field goes.
//!
//! Three forms: small hashes are listpacks, of pairs ([`packed`]) or, once a field was given an expiry, of triples
//! ([`timed`]); large ones are tables ([`field_table`]). A hash becomes large by the rules of `hash-max-listpack-entries`
//! and `hash-max-listpack-value`, and never small again.
//!
//! Invariant: whoever looks at a hash at a moment `now` sees no field whose expiry is at or before it. Such fields stay
//! in memory until [`Hash::expire_some`] takes them; until then they are hidden, and setting one makes a new field.

mod field;
mod field_table;
#[cfg(test)]
mod model;
mod packed;
mod stored;
mod timed;

use super::collection::Collection;
use crate::limits::Limits;
use crate::packed::element::Element;
use crate::packed::listpack::Listpack;
use crate::random::Random;
use crate::table::HashSeed;
use crate::table::iter;
use crate::table::size_class::size_class;
use crate::time::UnixMillis;
use field::{Field, FieldRef};
use field_table::FieldTable;
use packed::Pairs;
use timed::{Timed, Triples};

/// See the top of the file.
#[derive(Clone, Debug, Default)]
pub struct Hash {
    form: Form,
}

#[derive(Clone, Debug)]
enum Form {
    Packed(Listpack),
    Timed(Box<Timed>),
    Table(Box<FieldTable>),
}

impl Default for Form {
    fn default() -> Form {
        Form::Packed(Listpack::new())
    }
}

/// What a change goes by.
pub struct Rules<'a> {
    /// Fields that go until then, this moment included, are none any more.
    pub now: UnixMillis,
    /// When a small hash becomes a large one.
    pub limits: &'a Limits,
    /// For the seed of a large one.
    pub random: &'a mut Random,
}

/// What becomes of a field's expiry when its value is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NewExpiry {
    /// It is gone.
    Clear,
    /// It stays, if there is one.
    Keep,
    /// It is this.
    At(UnixMillis),
}

impl NewExpiry {
    #[inline]
    fn over(self, old: Option<UnixMillis>) -> Option<UnixMillis> {
        match self {
            NewExpiry::Clear => None,
            NewExpiry::Keep => old,
            NewExpiry::At(at) => Some(at),
        }
    }
}

impl Hash {
    /// How many fields there are at `now`. Takes time for each that is due.
    pub fn live_len(&self, now: UnixMillis) -> usize {
        self.len() - self.due(now)
    }

    fn due(&self, now: UnixMillis) -> usize {
        match &self.form {
            Form::Packed(_) => 0,
            Form::Timed(timed) => timed.due(now),
            Form::Table(table) => table.due(now),
        }
    }

    /// The value of a field.
    #[inline]
    pub fn get(&self, name: &[u8], now: UnixMillis) -> Option<Element<'_>> {
        match &self.form {
            Form::Packed(pack) => packed::get(pack, name),
            _ => self.get_timed(name, now).map(|(value, _)| value),
        }
    }

    /// The value of a field, and when the field goes, if it does.
    pub fn get_timed(
        &self,
        name: &[u8],
        now: UnixMillis,
    ) -> Option<(Element<'_>, Option<UnixMillis>)> {
        let found = match &self.form {
            Form::Packed(pack) => packed::get(pack, name).map(|value| (value, None)),
            Form::Timed(timed) => timed.get(name),
            Form::Table(table) => {
                let field = table.get(name);
                field.map(|field| (Element::Bytes(field.value()), field.expiry()))
            }
        };
        found.filter(|(_, expiry)| is_alive(*expiry, now))
    }

    /// Sets a field. Returns whether it is new.
    #[inline]
    pub fn set(
        &mut self,
        name: &[u8],
        value: &[u8],
        expiry: NewExpiry,
        rules: &mut Rules<'_>,
    ) -> bool {
        self.prepare(name, value, expiry, rules);
        let is_new = match &mut self.form {
            Form::Packed(pack) => packed::set(pack, name, value),
            Form::Timed(timed) => timed.set(name, value, expiry, rules.now),
            Form::Table(table) => table.set(name, value, expiry, rules.now),
        };
        if is_new && self.len() as u64 > rules.limits.hash_max_listpack_entries {
            self.grow(rules);
        }
        is_new
    }

    /// Gives the hash the form that a change needs.
    #[inline]
    fn prepare(&mut self, name: &[u8], value: &[u8], expiry: NewExpiry, rules: &mut Rules<'_>) {
        let pack = match &self.form {
            Form::Packed(pack) => pack,
            Form::Timed(timed) => &timed.pack,
            Form::Table(_) => return,
        };
        let longest = name.len().max(value.len()) as u64;
        // An element takes at most ten bytes more than its text.
        let fits = pack.would_fit(name.len() + value.len() + 30);
        if longest > rules.limits.hash_max_listpack_value || !fits {
            self.grow(rules);
        } else if matches!(expiry, NewExpiry::At(_)) {
            self.make_timed();
        }
    }

    /// Sets the expiry of a field or takes it away. Returns whether the field is there.
    pub fn set_expiry(&mut self, name: &[u8], expiry: Option<UnixMillis>, now: UnixMillis) -> bool {
        if self.get(name, now).is_none() {
            return false;
        }
        if expiry.is_some() {
            self.make_timed();
        }
        match &mut self.form {
            Form::Packed(_) => true,
            Form::Timed(timed) => timed.set_expiry(name, expiry),
            Form::Table(table) => table.set_expiry(name, expiry),
        }
    }

    /// Takes a field away. Returns whether it was there: one that is due stays for [`Hash::expire_some`].
    pub fn remove(&mut self, name: &[u8], now: UnixMillis) -> bool {
        match &mut self.form {
            Form::Packed(pack) => packed::remove(pack, name),
            Form::Timed(timed) => timed.remove(name, now),
            Form::Table(table) => table.remove(name, now),
        }
    }

    /// The fields that are there at `now`, in no order that means anything.
    pub fn iter(&self, now: UnixMillis) -> Fields<'_> {
        let walk = match &self.form {
            Form::Packed(pack) => Walk::Packed(Pairs(pack.iter())),
            Form::Timed(timed) => Walk::Timed(timed.iter()),
            Form::Table(table) => Walk::Table(table.iter()),
        };
        Fields { walk, now }
    }

    /// All fields with the moments at which they go, those that are due already among them.
    pub fn for_each_timed(
        &self,
        visit: &mut dyn FnMut(Element<'_>, Element<'_>, Option<UnixMillis>),
    ) {
        match &self.form {
            Form::Packed(pack) => {
                Pairs(pack.iter()).for_each(|(name, value)| visit(name, value, None))
            }
            Form::Timed(timed) => timed
                .iter()
                .for_each(|(name, value, expiry)| visit(name, value, expiry)),
            Form::Table(table) => table.iter().for_each(|field| {
                let (name, value) = pair(field);
                visit(name, value, field.expiry());
            }),
        }
    }

    /// Visits some fields from a cursor on and answers the next cursor, 0 at the end as at the start: all of a small
    /// hash, those of about one bucket of a large one. A field that is there from the first to the last call is visited
    /// at least once.
    pub fn scan_step(
        &self,
        cursor: u64,
        now: UnixMillis,
        visit: &mut dyn FnMut(Element<'_>, Element<'_>),
    ) -> u64 {
        let Form::Table(table) = &self.form else {
            self.iter(now).for_each(|(name, value)| visit(name, value));
            return 0;
        };
        table.scan_step(cursor, &mut |field| {
            if is_alive(field.expiry(), now) {
                let (name, value) = pair(field);
                visit(name, value);
            }
        })
    }

    /// Whether it is a table, of which [`Hash::random`] is cheap.
    pub fn is_table(&self) -> bool {
        matches!(self.form, Form::Table(_))
    }

    /// A field chosen at random, all being equally likely.
    pub fn random(
        &self,
        now: UnixMillis,
        random: &mut Random,
    ) -> Option<(Element<'_>, Element<'_>)> {
        const TRIES: usize = 100;
        if let Form::Table(table) = &self.form {
            let mut tries = (0..TRIES).map_while(|_| table.random(random));
            let alive = tries.find(|field| is_alive(field.expiry(), now));
            if alive.is_some() {
                return alive.map(pair);
            }
        }
        let live = self.live_len(now) as u64;
        (live > 0).then(|| self.iter(now).nth(random.below(live) as usize))?
    }

    /// When the next field goes, if one does.
    #[inline]
    pub fn next_expiry(&self) -> Option<UnixMillis> {
        match &self.form {
            Form::Packed(_) => None,
            Form::Timed(timed) => timed.next_expiry(),
            Form::Table(table) => table.next_expiry(),
        }
    }

    /// Takes up to `most` fields that are due away and tells their names. Returns how many: `most` means there may be
    /// more.
    pub fn expire_some(
        &mut self,
        now: UnixMillis,
        most: usize,
        gone: &mut dyn FnMut(&[u8]),
    ) -> usize {
        match &mut self.form {
            Form::Packed(_) => 0,
            Form::Timed(timed) => timed.expire_some(now, most, gone),
            Form::Table(table) => table.expire_some(now, most, gone),
        }
    }

    /// Whether there are fields to be taken by [`Hash::expire_some`].
    #[inline]
    pub fn has_due(&self, now: UnixMillis) -> bool {
        self.next_expiry().is_some_and(|at| at <= now)
    }

    /// The earliest moment for which the database has noted to look for due fields here. It belongs to the database.
    pub(crate) fn alarm(&self) -> Option<UnixMillis> {
        match &self.form {
            Form::Packed(_) => None,
            Form::Timed(timed) => timed.alarm,
            Form::Table(table) => table.alarm,
        }
    }

    pub(crate) fn set_alarm(&mut self, alarm: Option<UnixMillis>) {
        match &mut self.form {
            Form::Packed(_) => {}
            Form::Timed(timed) => timed.alarm = alarm,
            Form::Table(table) => table.alarm = alarm,
        }
    }

    /// The bytes of a small hash: a listpack of pairs, or of triples if `encoding` is "listpackex".
    pub fn listpack(&self) -> Option<&Listpack> {
        match &self.form {
            Form::Packed(pack) => Some(pack),
            Form::Timed(timed) => Some(&timed.pack),
            Form::Table(_) => None,
        }
    }

    fn make_timed(&mut self) {
        if let Form::Packed(pack) = &self.form {
            self.form = Form::Timed(Box::new(Timed::from_pairs(pack)));
        }
    }

    /// Makes it a large one.
    #[cold]
    fn grow(&mut self, rules: &mut Rules<'_>) {
        let mut table = FieldTable::new(HashSeed(rules.random.next_u64()));
        match &self.form {
            Form::Packed(pack) => Pairs(pack.iter()).for_each(|(name, value)| {
                name.with_bytes(|name| value.with_bytes(|value| table.add(name, value, None)));
            }),
            Form::Timed(timed) => {
                table.alarm = timed.alarm;
                timed.iter().for_each(|(name, value, expiry)| {
                    name.with_bytes(|name| {
                        value.with_bytes(|value| table.add(name, value, expiry));
                    });
                });
            }
            Form::Table(_) => return,
        }
        self.form = Form::Table(Box::new(table));
    }
}

impl Collection for Hash {
    fn take_alarm(&mut self) -> Option<UnixMillis> {
        let next = self.next_expiry()?;
        if self.alarm().is_some_and(|alarm| alarm <= next) {
            return None;
        }
        self.set_alarm(Some(next));
        Some(next)
    }

    /// Those that are due among them.
    #[inline]
    fn len(&self) -> usize {
        match &self.form {
            Form::Packed(pack) => pack.len() / 2,
            Form::Timed(timed) => timed.len(),
            Form::Table(table) => table.len(),
        }
    }

    fn is_empty(&self) -> bool {
        match &self.form {
            Form::Packed(pack) => pack.is_empty(),
            _ => self.len() == 0,
        }
    }

    fn encoding(&self) -> &'static str {
        match &self.form {
            Form::Packed(_) => "listpack",
            Form::Timed(_) => "listpackex",
            Form::Table(_) => "hashtable",
        }
    }

    fn allocated(&self) -> usize {
        let heap = match &self.form {
            Form::Packed(pack) => pack.allocated(),
            Form::Timed(timed) => size_class(size_of::<Timed>()) + timed.pack.allocated(),
            Form::Table(table) => size_class(size_of::<FieldTable>()) + table.allocated(),
        };
        size_of::<Hash>() + heap
    }

    fn release_some(&mut self, elements: usize) -> bool {
        match &mut self.form {
            Form::Table(table) => table.release_some(elements),
            _ => true,
        }
    }
}

#[inline]
fn is_alive(expiry: Option<UnixMillis>, now: UnixMillis) -> bool {
    expiry.is_none_or(|at| at > now)
}

fn pair(field: FieldRef<'_>) -> (Element<'_>, Element<'_>) {
    (Element::Bytes(field.name()), Element::Bytes(field.value()))
}

/// Walks over the fields of a hash.
pub struct Fields<'a> {
    walk: Walk<'a>,
    now: UnixMillis,
}

enum Walk<'a> {
    Packed(Pairs<'a>),
    Timed(Triples<'a>),
    Table(iter::Iter<'a, Field>),
}

impl<'a> Iterator for Fields<'a> {
    type Item = (Element<'a>, Element<'a>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let now = self.now;
        match &mut self.walk {
            Walk::Packed(pairs) => pairs.next(),
            Walk::Timed(triples) => triples
                .find(|(.., expiry)| is_alive(*expiry, now))
                .map(|(name, value, _)| (name, value)),
            Walk::Table(fields) => fields.find(|field| is_alive(field.expiry(), now)).map(pair),
        }
    }
}
