//! The table of a collection against a plain model of it, and what a walk and a random choice promise.

use super::member::Member;
use super::segment::moves;
use super::{HashSeed, Table};
use crate::random::Random;
use proptest::prelude::*;
use std::collections::{BTreeSet, HashMap, HashSet};

fn name(number: u64) -> Vec<u8> {
    match number % 7 {
        0 => format!("{number:0>300}").into_bytes(),
        _ => format!("member:{number}").into_bytes(),
    }
}

fn add(table: &mut Table<Member>, bytes: &[u8]) -> bool {
    table.get_or_insert(bytes, || Member::new(bytes)).is_none()
}

fn filled(count: u64) -> Table<Member> {
    let mut table = Table::new(HashSeed(11));
    (0..count).for_each(|number| assert!(add(&mut table, &name(number))));
    table
}

fn contents(table: &Table<Member>) -> BTreeSet<Vec<u8>> {
    let all: Vec<_> = table.iter().map(|item| item.bytes().to_vec()).collect();
    let len = all.len();
    let all: BTreeSet<_> = all.into_iter().collect();
    assert_eq!((all.len(), table.len()), (len, len));
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn it_holds_what_a_set_holds(seed: u64, rounds in prop::collection::vec((0u64..4, 1u64..1500), 1..12)) {
        let mut table = Table::new(HashSeed(seed));
        let mut model = HashSet::new();
        let mut random = Random::new(seed);
        for (what, times) in rounds {
            for _ in 0..times {
                let bytes = name(random.below(3000));
                match what {
                    0 => {
                        let removed = table.remove(&bytes);
                        prop_assert_eq!(removed.is_some(), model.remove(&bytes));
                        prop_assert!(removed.is_none_or(|member: Member| member.bytes() == bytes));
                    }
                    _ => prop_assert_eq!(add(&mut table, &bytes), model.insert(bytes)),
                }
            }
            table.check();
            prop_assert_eq!(table.len(), model.len());
            for number in 0..3000 {
                prop_assert_eq!(table.contains(&name(number)), model.contains(&name(number)));
            }
            prop_assert_eq!(contents(&table), model.iter().cloned().collect::<BTreeSet<_>>());
        }
    }
}

#[test]
fn memory_follows_the_number_of_items() {
    let mut table = filled(50_000);
    let full = table.allocated();
    (40..50_000).for_each(|number| drop(table.remove(&name(number))));
    table.check();
    assert!(table.allocated() < full / 500, "{}", table.allocated());
    (0..40).for_each(|number| drop(table.remove(&name(number))));
    assert_eq!(table.allocated(), 0);
}

/// 16 bytes of member cost 24 of allocation and 9 to 11 of table.
#[test]
fn a_place_costs_few_bytes() {
    let mut table = Table::new(HashSeed(3));
    for number in 0..100_000 {
        add(&mut table, format!("{number:016}").as_bytes());
    }
    let each = table.allocated() as f64 / 100_000.0;
    assert!((32.0..36.0).contains(&each), "{each}");
}

#[test]
fn a_walk_meets_all_that_stay() {
    for (stay, waves) in [(3, 40), (300, 2000), (4000, 20_000)] {
        let mut table = filled(stay);
        let (mut found, mut cursor, mut wave) = (HashSet::new(), 0, 0);
        loop {
            cursor = table.scan_step(cursor, &mut |item| {
                found.insert(item.bytes().to_vec());
            });
            if cursor == 0 {
                break;
            }
            // Others come and go in waves, so that the table grows and shrinks under the walk.
            for _ in 0..waves / 10 {
                let other = stay + wave % waves;
                if (wave / waves).is_multiple_of(2) {
                    add(&mut table, &name(other));
                } else {
                    table.remove(&name(other));
                }
                wave += 1;
            }
        }
        (0..stay).for_each(|number| assert!(found.contains(&name(number)), "{number}"));
    }
    assert_eq!(
        filled(10).scan_step(1 << 48, &mut |_| panic!("behind the end")),
        0
    );
}

#[test]
fn a_walk_of_a_still_table_meets_each_once() {
    let table = filled(20_000);
    let (mut met, mut cursor) = (0, 0);
    loop {
        cursor = table.scan_step(cursor, &mut |_| met += 1);
        if cursor == 0 {
            break;
        }
    }
    assert_eq!(met, 20_000);
}

#[test]
fn chance_is_fair_also_after_many_removals() {
    let mut random = Random::new(5);
    assert!(
        Table::<Member>::new(HashSeed(1))
            .random(&mut random)
            .is_none()
    );
    for (before, left) in [(5, 5), (20_000, 10), (20_000, 800)] {
        let mut table = filled(before);
        (left..before).for_each(|number| drop(table.remove(&name(number))));
        let mut counts: HashMap<Vec<u8>, u32> = HashMap::new();
        for _ in 0..left * 100 {
            let item = table.random(&mut random).expect("there are items");
            *counts.entry(item.bytes().to_vec()).or_default() += 1;
        }
        assert_eq!(counts.len(), left as usize);
        let (least, most) = (counts.values().min(), counts.values().max());
        assert!(least > Some(&50) && most < Some(&170), "{least:?} {most:?}");
    }
}

#[test]
fn copies_are_independent() {
    for count in [0, 5, 100, 5000] {
        let mut table = filled(count);
        let mut copy = table.clone();
        copy.check();
        assert_eq!(contents(&copy), contents(&table));
        (0..count).for_each(|number| assert!(copy.contains(&name(number))));
        add(&mut copy, b"more");
        (0..count / 2).for_each(|number| drop(table.remove(&name(number))));
        assert_eq!(copy.len(), count as usize + 1);
        (0..count).for_each(|number| assert!(copy.remove(&name(number)).is_some()));
    }
}

#[test]
fn room_made_ahead_is_used() {
    for count in [0, 1, 100, 500, 501, 900, 20_000] {
        let mut table = Table::with_capacity(count, HashSeed(11));
        table.check();
        moves::take();
        for number in 0..count as u64 {
            table.insert(&name(number), Member::new(&name(number)));
        }
        assert!(moves::take() as usize <= count / 2, "{count}");
        table.check();
        assert_eq!(contents(&table), contents(&filled(count as u64)));
        (0..count as u64).for_each(|number| assert!(table.remove(&name(number)).is_some()));
        table.check();
        assert_eq!(table.allocated(), 0);
    }
}

#[test]
fn it_is_released_in_slices() {
    let mut table = filled(10_000);
    let mut slices = 1;
    while !table.release_some(600) {
        slices += 1;
    }
    assert!((8..=17).contains(&slices), "{slices}");
    assert!(table.is_empty());
}
