//! Sets against a plain model of them, in all forms.

use super::{PackedMembers, Set, difference, intersection, union};
use crate::limits::Limits;
use crate::packed::element::Element;
use crate::random::Random;
use crate::table::HashSeed;
use crate::value::collection::Collection;
use proptest::prelude::*;
use std::collections::BTreeSet;

type Texts = BTreeSet<Vec<u8>>;

const SEED: HashSeed = HashSeed(9);

fn small_limits() -> Limits {
    Limits {
        set_max_intset_entries: 12,
        set_max_listpack_entries: 8,
        set_max_listpack_value: 10,
        ..Limits::default()
    }
}

fn members() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        6 => (-30i64..30).prop_map(|number| number.to_string().into_bytes()),
        1 => any::<i64>().prop_map(|number| number.to_string().into_bytes()),
        4 => "[a-d]{0,2}".prop_map(String::into_bytes),
        1 => "[a-d]{9,12}".prop_map(String::into_bytes),
        1 => prop::collection::vec(any::<u8>(), 0..3),
    ]
}

fn texts(set: &Set) -> BTreeSet<Vec<u8>> {
    let all: Vec<Vec<u8>> = set.iter().map(|member| member.to_vec()).collect();
    let distinct: BTreeSet<_> = all.iter().cloned().collect();
    assert_eq!((all.len(), distinct.len()), (set.len(), set.len()));
    distinct
}

fn of<T: AsRef<[u8]>>(members: impl IntoIterator<Item = T>) -> Set {
    let mut set = Set::default();
    for member in members {
        set.add(member.as_ref(), &small_limits(), SEED);
    }
    set
}

/// What the form promises of the members.
fn check_form(set: &Set, limits: &Limits) {
    let is_int = |member: Element<'_>| matches!(member, Element::Int(_));
    match set.encoding() {
        "intset" => {
            assert!(set.len() as u64 <= limits.set_max_intset_entries);
            assert!(set.iter().all(is_int));
        }
        "listpack" => {
            assert!(set.len() as u64 <= limits.set_max_listpack_entries);
            let longest = set.iter().map(|member| member.len() as u64).max();
            assert!(longest <= Some(limits.set_max_listpack_value));
        }
        other => assert_eq!(other, "hashtable"),
    }
}

proptest! {
    #[test]
    fn it_is_a_set(steps in prop::collection::vec((0u8..4, members()), 0..80)) {
        let (mut set, mut model, limits) = (Set::default(), BTreeSet::new(), small_limits());
        for (what, member) in steps {
            prop_assert_eq!(set.contains(&member), model.contains(&member));
            if what == 0 {
                prop_assert_eq!(set.remove(&member), model.remove(&member));
            } else {
                prop_assert_eq!(set.add(&member, &limits, SEED), model.insert(member));
            }
            check_form(&set, &limits);
            prop_assert_eq!(texts(&set), model.clone());
            prop_assert_eq!(texts(&set.clone()), model.clone());
        }
    }

    #[test]
    fn algebra_is_that_of_sets(
        groups in prop::collection::vec(prop::collection::vec(members(), 0..25), 1..5)
    ) {
        let models: Vec<BTreeSet<Vec<u8>>> = groups.iter().map(|group| group.iter().cloned().collect()).collect();
        let sets: Vec<Set> = groups.iter().map(of).collect();
        let borrowed: Vec<&Set> = sets.iter().collect();
        let distinct = |found: Vec<Element<'_>>| {
            let texts: BTreeSet<Vec<u8>> = found.iter().map(|member| member.to_vec()).collect();
            assert_eq!(texts.len(), found.len());
            texts
        };
        let fold = |combine: fn(&Texts, &Texts) -> Texts| {
            models[1..].iter().fold(models[0].clone(), |all, other| combine(&all, other))
        };
        prop_assert_eq!(distinct(intersection(borrowed.clone()).collect()), fold(|all, other| all & other));
        prop_assert_eq!(distinct(union(&borrowed)), fold(|all, other| all | other));
        prop_assert_eq!(distinct(difference(borrowed[0], &borrowed[1..])), fold(|all, other| all - other));
    }

    #[test]
    fn chance_takes_from_what_is_there(
        group in prop::collection::vec(members(), 2..60), seed: u64, share in 0.0..1.0f64
    ) {
        let (mut set, mut random, limits) = (of(&group), Random::new(seed), small_limits());
        let model: BTreeSet<Vec<u8>> = group.into_iter().collect();
        let count = (share * set.len() as f64) as usize;
        let sample: BTreeSet<Vec<u8>> = set.sample(count, &mut random).iter().map(|member| member.to_vec()).collect();
        prop_assert!(sample.len() == count && sample.is_subset(&model));
        set.sample_with_repeats(20, &mut random, &mut |member| assert!(model.contains(&member.to_vec())));
        let taken = set.pop_many(count, &limits, SEED, &mut random);
        let taken: BTreeSet<Vec<u8>> = taken.iter().map(<[u8]>::to_vec).collect();
        prop_assert_eq!(taken.len(), count);
        check_form(&set, &limits);
        prop_assert_eq!(&model - &taken, texts(&set));
        while let Some(member) = set.pop(&mut random) {
            prop_assert!(model.contains(&member) && !set.contains(&member) && !taken.contains(&member));
        }
        prop_assert!(set.is_empty());
    }

    #[test]
    fn a_result_has_the_best_form(group in prop::collection::vec(members(), 1..30), began_as_intset: bool) {
        let (limits, all) = (small_limits(), of(&group));
        let packed: PackedMembers = all.iter().collect();
        let set = Set::of_result(&packed, began_as_intset, &limits, SEED);
        prop_assert_eq!(texts(&set), texts(&all));
        check_form(&set, &limits);
        if all.iter().all(|member| member.as_int().is_some()) && all.len() <= 12 {
            prop_assert_eq!(set.encoding(), "intset");
        }
    }
}

#[test]
fn a_walk_meets_all_that_stay() {
    let (limits, mut set) = (Limits::default(), Set::default());
    for number in 0..1000 {
        set.add(format!("m{number}").as_bytes(), &limits, SEED);
    }
    let (mut met, mut cursor, mut steps) = (BTreeSet::new(), 0, 0);
    loop {
        cursor = set.scan(cursor, 10, &mut |member| {
            met.insert(member.to_vec());
        });
        if cursor == 0 {
            break;
        }
        steps += 1;
        (0..20).for_each(|number| {
            set.add(format!("more{steps}:{number}").as_bytes(), &limits, SEED);
        });
    }
    assert!(steps > 20, "{steps}");
    (0..1000).for_each(|number| assert!(met.contains(format!("m{number}").as_bytes())));
    let mut few = 0;
    assert_eq!(of(["a", "b", "1"]).scan(77, 1, &mut |_| few += 1), 0);
    assert_eq!(few, 3);
}

#[test]
fn all_members_are_equally_likely() {
    let mut random = Random::new(4);
    for set in [
        of((0..10).map(|number| number.to_string())),
        of((0..7).map(|number| format!("m{number}"))),
        of((0..40).map(|number| format!("m{number}"))),
    ] {
        let mut counts = std::collections::BTreeMap::new();
        for _ in 0..set.len() * 100 {
            let one = set.random(&mut random).expect("there are members").to_vec();
            *counts.entry(one).or_insert(0) += 1;
            for member in set.sample(2, &mut random) {
                *counts.entry(member.to_vec()).or_insert(0) += 1;
            }
        }
        assert_eq!(counts.len(), set.len());
        assert!(
            counts.values().all(|count| (210..400).contains(count)),
            "{counts:?}"
        );
    }
}

#[test]
fn memory_is_counted_and_given_back() {
    let (limits, mut set) = (Limits::default(), Set::default());
    assert_eq!(set.allocated(), size_of::<Set>());
    for number in 0..10_000 {
        set.add(format!("member:{number:09}").as_bytes(), &limits, SEED);
    }
    let each = set.allocated() as f64 / 10_000.0;
    assert!((30.0..37.0).contains(&each), "{each}");
    let mut slices = 1;
    while !set.release_some(1000) {
        slices += 1;
    }
    assert!(slices > 5, "{slices}");
}
