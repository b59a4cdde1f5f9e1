//! Members chosen at random, to be looked at or taken away.

use super::packed_members::PackedMembers;
use super::{Form, Set};
use crate::limits::Limits;
use crate::packed::element::Element;
use crate::packed::intset::Intset;
use crate::packed::listpack::Listpack;
use crate::random::Random;
use crate::table::HashSeed;
use crate::value::collection::Collection;
use std::collections::HashSet;

/// When more than every third member is wanted, choosing among all costs less than choosing until enough differ.
const DENSE: usize = 3;
/// When fewer than one in so many stay, those are chosen that stay.
const FEW_STAY: usize = 5;

impl Set {
    /// A member; all are equally likely.
    pub fn random(&self, random: &mut Random) -> Option<Element<'_>> {
        let mut index = || random.below(self.len().max(1) as u64) as usize;
        match &self.form {
            Form::Empty => None,
            Form::Intset(ints) => ints.get(index()).map(Element::Int),
            Form::Listpack(pack) => pack.seek(index()).map(|cursor| pack.get(cursor)),
            Form::Table(table) => table
                .random(random)
                .map(|member| Element::Bytes(member.bytes())),
        }
    }

    /// `count` different members, or all if there are not so many, in no order.
    pub fn sample(&self, count: usize, random: &mut Random) -> Vec<Element<'_>> {
        if count.saturating_mul(DENSE) < self.len()
            && let Form::Table(table) = &self.form
        {
            let mut addresses = HashSet::with_capacity(count);
            let mut chosen = Vec::with_capacity(count);
            while chosen.len() < count
                && let Some(member) = table.random(random)
            {
                if addresses.insert(member.bytes().as_ptr()) {
                    chosen.push(Element::Bytes(member.bytes()));
                }
            }
            return chosen;
        }
        let mut all: Vec<Element<'_>> = self.iter().collect();
        shuffle_front(&mut all, count, random);
        all.truncate(count);
        all
    }

    /// Visits a member chosen at random `count` times.
    pub fn sample_with_repeats(
        &self,
        count: usize,
        random: &mut Random,
        visit: &mut dyn FnMut(Element<'_>),
    ) {
        if count > 1
            && let Form::Listpack(pack) = &self.form
        {
            let all: Vec<Element<'_>> = pack.iter().collect();
            (0..count).for_each(|_| visit(all[random.below(all.len() as u64) as usize]));
            return;
        }
        (0..count)
            .map_while(|_| self.random(random))
            .for_each(visit);
    }

    /// Takes a member away.
    pub fn pop(&mut self, random: &mut Random) -> Option<Vec<u8>> {
        if let Form::Listpack(pack) = &mut self.form {
            let cursor = pack.seek(random.below(pack.len().max(1) as u64) as usize)?;
            let member = pack.get(cursor).to_vec();
            pack.remove(cursor);
            return Some(member);
        }
        let member = self.random(random)?.to_vec();
        self.remove(&member);
        Some(member)
    }

    /// Takes `count` members away. Invariant: there are more. When few stay, the set begins anew as what these need.
    pub fn pop_many(
        &mut self,
        count: usize,
        limits: &Limits,
        seed: HashSeed,
        random: &mut Random,
    ) -> PackedMembers {
        debug_assert!(count < self.len());
        let stay = self.len() - count;
        let mut taken = PackedMembers::with_capacity(count);
        match &self.form {
            Form::Table(_) if stay * FEW_STAY > count => {
                for _ in 0..count {
                    if let Some(member) = self.pop(random) {
                        taken.push(Element::Bytes(&member));
                    }
                }
            }
            Form::Table(_) => {
                let mut staying = Set::empty_listpack();
                for member in self.sample(stay, random) {
                    member.with_bytes(|member| staying.add(member, limits, seed));
                }
                let going = self.iter().filter(|member| !staying.shares(*member));
                taken = going.collect();
                *self = staying;
            }
            _ => taken = self.pop_of_few(count, random),
        }
        taken
    }

    /// The same of a set without a table, in one walk.
    fn pop_of_few(&mut self, count: usize, random: &mut Random) -> PackedMembers {
        let all: Vec<Element<'_>> = self.iter().collect();
        let mut order: Vec<usize> = (0..all.len()).collect();
        shuffle_front(&mut order, count, random);
        let taken = order[..count].iter().map(|index| all[*index]).collect();
        let staying = &mut order[count..];
        staying.sort_unstable();
        let staying = staying.iter().map(|index| all[*index]);
        let form = match &self.form {
            Form::Intset(_) => {
                let mut ints = Intset::new();
                staying
                    .filter_map(|member| member.as_int())
                    .for_each(|number| {
                        ints.insert(number);
                    });
                Form::Intset(ints)
            }
            _ => {
                let mut pack = Listpack::new();
                staying.for_each(|member| pack.push_back(member));
                Form::Listpack(pack)
            }
        };
        self.form = form;
        taken
    }
}

/// Puts `count` of the items, chosen at random, in front of the others (Fisher and Yates).
fn shuffle_front<T>(items: &mut [T], count: usize, random: &mut Random) {
    for at in 0..count.min(items.len()) {
        let other = at + random.below((items.len() - at) as u64) as usize;
        items.swap(at, other);
    }
}
