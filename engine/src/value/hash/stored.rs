//! Hashes that come from a file or a payload.

use super::timed::Timed;
use super::{Form, Hash, Rules};
use crate::packed::listpack::Listpack;

impl Hash {
    /// Prepares an empty hash for so many fields: a listpack that they are too many for is not begun.
    pub fn expect(&mut self, fields: usize, rules: &mut Rules<'_>) {
        if fields as u64 > rules.limits.hash_max_listpack_entries {
            self.grow(rules);
        }
    }

    /// A hash of a listpack of names and values. None if it is none, or a name is there twice.
    pub fn from_listpack(pack: Listpack, rules: &mut Rules<'_>) -> Option<Hash> {
        if !pack.len().is_multiple_of(2) || !pack.is_distinct(2) {
            return None;
        }
        let fields = pack.len() / 2;
        let mut hash = Hash {
            form: Form::Packed(pack),
        };
        hash.expect(fields, rules);
        Some(hash)
    }

    /// A hash of a listpack of names, values and expiries, as [`super::timed`] draws it. None if it is none.
    pub fn from_timed_listpack(pack: Listpack, rules: &mut Rules<'_>) -> Option<Hash> {
        if !pack.len().is_multiple_of(3) || !pack.is_distinct(3) {
            return None;
        }
        let mut last = 1;
        for expiry in pack.iter().skip(2).step_by(3) {
            let at = expiry.as_int().filter(|at| *at >= 0)?;
            let place = if at == 0 { i64::MAX } else { at };
            if place < last {
                return None;
            }
            last = place;
        }
        let timed = Timed { pack, alarm: None };
        let fields = timed.len();
        let mut hash = Hash {
            form: Form::Timed(Box::new(timed)),
        };
        hash.expect(fields, rules);
        Some(hash)
    }

    /// Whether any field has an expiry, one that is due among them.
    pub fn has_expiries(&self) -> bool {
        self.next_expiry().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;
    use crate::random::Random;
    use crate::time::UnixMillis;
    use crate::value::collection::Collection;

    fn pack(words: &[&str]) -> Listpack {
        let mut pack = Listpack::new();
        words
            .iter()
            .for_each(|word| pack.push_back(word.as_bytes()));
        pack
    }

    #[test]
    fn only_what_a_hash_would_have_made_is_taken() {
        let limits = Limits {
            hash_max_listpack_entries: 2,
            ..Limits::default()
        };
        let mut rules = Rules {
            now: UnixMillis(0),
            limits: &limits,
            random: &mut Random::new(1),
        };
        let mut encoding = |words: &[&str]| {
            let hash = Hash::from_listpack(pack(words), &mut rules)?;
            Some((hash.encoding(), hash.len()))
        };
        assert_eq!(encoding(&["a", "1", "b", "a"]), Some(("listpack", 2)));
        assert_eq!(
            encoding(&["a", "1", "b", "2", "c", "3"]),
            Some(("hashtable", 3))
        );
        assert_eq!(encoding(&["a", "1", "a", "2"]), None);
        assert_eq!(encoding(&["a", "1", "b"]), None);
        let mut timed = |words: &[&str]| {
            let hash = Hash::from_timed_listpack(pack(words), &mut rules)?;
            Some((hash.encoding(), hash.next_expiry()))
        };
        let first = Some(UnixMillis(5));
        assert_eq!(
            timed(&["a", "1", "5", "b", "2", "0"]),
            Some(("listpackex", first))
        );
        assert_eq!(timed(&["a", "1", "0", "b", "2", "5"]), None);
        assert_eq!(timed(&["a", "1", "x"]), None);
        assert_eq!(timed(&["a", "1", "-5"]), None);
    }
}
