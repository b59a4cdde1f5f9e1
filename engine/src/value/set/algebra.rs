//! Intersection, union and difference of sets, which are borrowed; so are the results.

use super::Set;
use crate::packed::element::Element;
use crate::value::collection::Collection;
use std::collections::HashSet;

/// The members that all sets have. Walks over the smallest and asks the others, smaller ones first, so that most members
/// are refused by the first that is asked. Empty for no sets.
pub fn intersection<'a>(mut sets: Vec<&'a Set>) -> impl Iterator<Item = Element<'a>> {
    sets.sort_by_key(|set| set.len());
    let smallest = sets.first().copied();
    sets.retain(|set| smallest.is_some_and(|smallest| !std::ptr::eq(smallest, *set)));
    smallest
        .into_iter()
        .flat_map(Set::iter)
        .filter(move |member| sets.iter().all(|other| other.shares(*member)))
}

/// The members that any set has: rising if all are intsets, else in the order in which they are met.
pub fn union<'a>(sets: &[&'a Set]) -> Vec<Element<'a>> {
    if let [only] = sets {
        return only.iter().collect();
    }
    if sets.iter().all(|set| set.is_intset()) {
        return union_of_integers(sets);
    }
    let mut seen = HashSet::with_capacity(sets.iter().map(|set| set.len()).sum());
    sets.iter()
        .flat_map(|set| set.iter())
        .filter(|member| seen.insert(name(*member)))
        .collect()
}

fn union_of_integers<'a>(sets: &[&'a Set]) -> Vec<Element<'a>> {
    let all = sets.iter().flat_map(|set| set.iter());
    let mut numbers: Vec<i64> = all.filter_map(|member| member.as_int()).collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers.into_iter().map(Element::Int).collect()
}

/// The members of `first` that none of `others` has.
pub fn difference<'a>(first: &'a Set, others: &[&Set]) -> Vec<Element<'a>> {
    if others.iter().any(|other| std::ptr::eq(*other, first)) {
        return Vec::new();
    }
    let asking = first.len() * (others.len() + 1) / 2;
    let walking = first.len() + others.iter().map(|other| other.len()).sum::<usize>();
    if asking <= walking {
        ask_others(first, others)
    } else {
        walk_over_others(first, others)
    }
}

/// Asks the other sets for each member, large ones first: they are the most likely to have it.
fn ask_others<'a>(first: &'a Set, others: &[&Set]) -> Vec<Element<'a>> {
    let mut others = others.to_vec();
    others.sort_by_key(|other| std::cmp::Reverse(other.len()));
    first
        .iter()
        .filter(|member| !others.iter().any(|other| other.shares(*member)))
        .collect()
}

/// Strikes out the members of each other set, until nothing is left.
fn walk_over_others<'a>(first: &'a Set, others: &[&Set]) -> Vec<Element<'a>> {
    let mut left: HashSet<Element<'_>> = first.iter().map(name).collect();
    for other in others {
        if left.is_empty() {
            return Vec::new();
        }
        for member in other.iter() {
            left.remove(&name(member));
        }
    }
    first
        .iter()
        .filter(|member| left.contains(&name(*member)))
        .collect()
}

/// The form in which equal members are equal: a table holds integers as text.
#[inline]
fn name(member: Element<'_>) -> Element<'_> {
    match member {
        Element::Int(_) => member,
        Element::Bytes(bytes) => Element::from(bytes),
    }
}
