//! Sets that come from a file or a payload.

use super::{Form, INTSET_MAX, Set};
use crate::limits::Limits;
use crate::packed::intset::Intset;
use crate::packed::listpack::Listpack;
use crate::table::HashSeed;

impl Set {
    /// The bytes of an "intset".
    pub fn intset(&self) -> Option<&Intset> {
        match &self.form {
            Form::Intset(ints) => Some(ints),
            _ => None,
        }
    }

    /// A set of these integers.
    pub fn from_intset(ints: Intset, limits: &Limits, seed: HashSeed) -> Set {
        let is_long = ints.len() as u64 > limits.set_max_intset_entries.min(INTSET_MAX);
        let mut set = Set {
            form: Form::Intset(ints),
        };
        if is_long {
            set.table(seed);
        }
        set
    }

    /// A set of these members. None if one is there twice.
    pub fn from_listpack(pack: Listpack, limits: &Limits, seed: HashSeed) -> Option<Set> {
        if !pack.is_distinct(1) {
            return None;
        }
        let is_long = pack.len() as u64 > limits.set_max_listpack_entries;
        let mut set = Set {
            form: Form::Listpack(pack),
        };
        if is_long {
            set.table(seed);
        }
        Some(set)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::collection::Collection;

    #[test]
    fn limits_decide_on_the_form() {
        let limits = Limits {
            set_max_intset_entries: 2,
            set_max_listpack_entries: 2,
            ..Limits::default()
        };
        let (mut ints, mut pack) = (Intset::new(), Listpack::new());
        let of_ints = |ints: &Intset| Set::from_intset(ints.clone(), &limits, HashSeed(1));
        let of_pack = |pack: &Listpack| Set::from_listpack(pack.clone(), &limits, HashSeed(1));
        for number in 1..=2_i64 {
            ints.insert(number);
            pack.push_back(number);
        }
        assert_eq!(of_ints(&ints).encoding(), "intset");
        assert_eq!(of_pack(&pack).expect("all differ").encoding(), "listpack");
        ints.insert(3);
        pack.push_back(b"3");
        assert_eq!(of_ints(&ints).encoding(), "hashtable");
        let large = of_pack(&pack).expect("all differ");
        assert_eq!((large.encoding(), large.len()), ("hashtable", 3));
        pack.push_back(2_i64);
        assert!(of_pack(&pack).is_none());
    }
}
