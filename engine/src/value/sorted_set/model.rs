//! Sorted sets against a map of members and a sort.

use super::{
    Added, Addition, Comparison, Condition, Draft, LexEnd, LexRange, NotANumber, ScoreRange,
    SortedSet,
};
use crate::limits::Limits;
use crate::packed::listpack::Listpack;
use crate::random::Random;
use crate::value::collection::Collection;
use proptest::prelude::*;
use std::collections::BTreeMap;

type Flat = Vec<(Vec<u8>, f64)>;

#[derive(Clone, Debug)]
enum Step {
    Add(f64, u8, Addition),
    AddMany(u8),
    Remove(u8),
    RemoveRanks(usize, usize),
    ByScore(f64, f64, bool, bool),
    Walk(usize, usize),
    Clone,
    Rebuild,
}

fn score() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => (-5..5_i32).prop_map(f64::from),
        1 => any::<i32>().prop_map(|n| f64::from(n) * 0.37),
        1 => Just(f64::INFINITY),
        1 => Just(f64::NEG_INFINITY),
        1 => Just(1e300),
    ]
}

fn addition() -> impl Strategy<Value = Addition> {
    let condition = prop_oneof![
        3 => Just(Condition::Any),
        1 => Just(Condition::New),
        1 => Just(Condition::Existing)
    ];
    let comparison = prop_oneof![
        3 => Just(Comparison::Any),
        1 => Just(Comparison::Greater),
        1 => Just(Comparison::Less)
    ];
    (condition, comparison, any::<bool>()).prop_map(|(condition, comparison, increment)| Addition {
        condition,
        comparison,
        increment,
    })
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (score(), 0..24_u8, addition()).prop_map(|(s, m, a)| Step::Add(s, m, a)),
        1 => any::<u8>().prop_map(Step::AddMany),
        3 => (0..24_u8).prop_map(Step::Remove),
        1 => (0..20_usize, 0..8_usize).prop_map(|(s, n)| Step::RemoveRanks(s, n)),
        2 => (score(), score(), any::<bool>(), any::<bool>())
            .prop_map(|(a, b, x, y)| Step::ByScore(a, b, x, y)),
        1 => (0..20_usize, 0..20_usize).prop_map(|(s, n)| Step::Walk(s, n)),
        1 => Just(Step::Clone),
        1 => Just(Step::Rebuild),
    ]
}

/// Some are integers, some are too long for a small set.
fn name(number: u8) -> Vec<u8> {
    match number % 4 {
        0 => number.to_string().into_bytes(),
        3 if number > 16 => vec![number; 12],
        _ => format!("m{number}").into_bytes(),
    }
}

struct Both {
    set: SortedSet,
    model: BTreeMap<Vec<u8>, f64>,
    limits: Limits,
    random: Random,
}

impl Both {
    fn new() -> Both {
        Both {
            set: SortedSet::default(),
            model: BTreeMap::new(),
            limits: Limits {
                zset_max_listpack_entries: 12,
                zset_max_listpack_value: 8,
                ..Limits::default()
            },
            random: Random::new(1),
        }
    }

    fn flat(&self) -> Flat {
        let mut flat: Flat = self.model.clone().into_iter().collect();
        flat.sort_by(|one, other| {
            let by_score = one.1.partial_cmp(&other.1).expect("no score is NaN");
            by_score.then_with(|| one.0.cmp(&other.0))
        });
        flat
    }

    fn add(&mut self, score: f64, member: &[u8], addition: Addition) {
        let old = self.model.get(member).copied();
        let new = match old {
            Some(old) if addition.increment => old + score,
            _ => score,
        };
        let allowed = match (addition.condition, old) {
            (Condition::New, Some(_)) | (Condition::Existing, None) => false,
            (_, None) => true,
            (_, Some(old)) => match addition.comparison {
                Comparison::Any => true,
                Comparison::Greater => new > old,
                Comparison::Less => new < old,
            },
        };
        let is_refused = addition.condition == Condition::New && old.is_some();
        let expected = match old {
            _ if new.is_nan() && !is_refused => Err(NotANumber),
            _ if !allowed => Ok(Added::Nothing),
            None => Ok(Added::New(new)),
            Some(old) if old == new => Ok(Added::Same(new)),
            Some(_) => Ok(Added::Moved(new)),
        };
        let added = self
            .set
            .add(score, member, addition, &self.limits, &mut self.random);
        assert_eq!(added, expected);
        if let Ok(Added::New(score) | Added::Moved(score)) = added {
            self.model.insert(member.to_vec(), score);
        }
    }

    fn rebuild(&mut self) {
        let mut draft = Draft::new();
        for (member, score) in &self.model {
            draft.push(*score, member);
        }
        self.set = draft.into_set(&self.limits, &mut self.random);
        if let Some(pack) = self.set.listpack() {
            let pack = Listpack::from_bytes(pack.bytes().to_vec()).expect("it is a listpack");
            let again = SortedSet::from_listpack(pack, &self.limits, &mut self.random);
            self.set = again.expect("it is a sorted set");
        }
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Add(score, member, addition) => self.add(score, &name(member), addition),
            Step::AddMany(count) => (0..count).for_each(|n| {
                let member = format!("many{n}");
                self.add(f64::from(n % 16), member.as_bytes(), Addition::default());
            }),
            Step::Remove(member) => {
                let member = name(member);
                assert_eq!(self.set.remove(&member), self.model.remove(&member));
            }
            Step::RemoveRanks(start, count) => {
                let gone: Flat = self.flat().into_iter().skip(start).take(count).collect();
                assert_eq!(self.set.remove_ranks(start..start + count), gone.len());
                gone.iter().for_each(|(member, _)| {
                    self.model.remove(member);
                });
            }
            Step::ByScore(min, max, min_exclusive, max_exclusive) => {
                let range = ScoreRange {
                    min,
                    min_exclusive,
                    max,
                    max_exclusive,
                };
                self.check_by_score(&range);
            }
            Step::Walk(start, count) => self.check_walk(start, count),
            Step::Clone => self.set = self.set.clone(),
            Step::Rebuild => self.rebuild(),
        }
    }

    fn check_by_score(&self, range: &ScoreRange) {
        let is_in = |score: f64| {
            let above = score > range.min || (!range.min_exclusive && score == range.min);
            above && (score < range.max || (!range.max_exclusive && score == range.max))
        };
        let expected: Flat = self
            .flat()
            .into_iter()
            .filter(|(_, score)| is_in(*score))
            .collect();
        let ranks = self.set.ranks_by_score(range);
        assert_eq!(ranks.len(), expected.len());
        assert_eq!(flatten(self.set.walk(ranks)), expected);
    }

    fn check_walk(&self, start: usize, count: usize) {
        let mut expected: Flat = self.flat().into_iter().skip(start).take(count).collect();
        let ranks = start..start + count;
        assert_eq!(flatten(self.set.walk(ranks.clone())), expected);
        expected.reverse();
        assert_eq!(flatten(self.set.walk_back(ranks)), expected);
    }

    fn check(&self) {
        let flat = self.flat();
        assert_eq!(self.set.len(), flat.len());
        assert_eq!(flatten(self.set.iter()), flat);
        for (rank, (member, score)) in flat.iter().enumerate() {
            assert_eq!(self.set.rank(member), Some((rank, *score)));
            assert_eq!(self.set.score(member), Some(*score));
        }
        assert_eq!(self.set.rank(b"nobody"), None);
        let mut seen = BTreeMap::new();
        let mut cursor = 0;
        loop {
            cursor = self.set.scan_step(cursor, &mut |member, score| {
                seen.insert(member.to_vec(), score);
            });
            if cursor == 0 {
                break;
            }
        }
        assert_eq!(seen, self.model);
    }
}

fn flatten<'a>(members: impl Iterator<Item = (crate::packed::element::Element<'a>, f64)>) -> Flat {
    members
        .map(|(member, score)| (member.to_vec(), score))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn it_is_a_map_in_order(steps in prop::collection::vec(step(), 1..60)) {
        let mut both = Both::new();
        for step in steps {
            both.take(step);
            both.check();
        }
        while !both.set.release_some(7) {}
    }

    #[test]
    fn ranges_of_members_are_found(
        names in prop::collection::btree_set("[a-c]{0,3}", 0..30),
        min in "[a-c]{0,3}",
        max in "[a-c]{0,3}",
        exclusive in any::<(bool, bool)>(),
        is_large in any::<bool>(),
    ) {
        let limits = Limits {
            zset_max_listpack_entries: if is_large { 0 } else { 100 },
            ..Limits::default()
        };
        let mut draft = Draft::new();
        names.iter().for_each(|name| draft.push(0.0, name.as_bytes()));
        let set = draft.into_set(&limits, &mut Random::new(1));
        let end = |text: &'static str, exclusive| match exclusive {
            true => LexEnd::Exclusive(text.as_bytes()),
            false => LexEnd::Inclusive(text.as_bytes()),
        };
        let (min, max): (&'static str, &'static str) = (min.leak(), max.leak());
        let range = LexRange { min: end(min, exclusive.0), max: end(max, exclusive.1) };
        let expected: Vec<Vec<u8>> = names
            .iter()
            .map(String::as_str)
            .filter(|name| *name > min || (!exclusive.0 && *name == min))
            .filter(|name| *name < max || (!exclusive.1 && *name == max))
            .map(|name| name.as_bytes().to_vec())
            .collect();
        let found: Vec<Vec<u8>> = set
            .walk(set.ranks_by_lex(&range))
            .map(|(member, _)| member.to_vec())
            .collect();
        prop_assert_eq!(found, expected);
    }
}

#[test]
fn the_whole_range_is_everything() {
    let mut both = Both::new();
    for n in 0..20_u8 {
        both.add(0.0, &name(n), Addition::default());
        let all = LexRange {
            min: LexEnd::Lowest,
            max: LexEnd::Highest,
        };
        assert_eq!(both.set.ranks_by_lex(&all), 0..usize::from(n) + 1);
        let none = LexRange {
            min: LexEnd::Highest,
            max: LexEnd::Lowest,
        };
        assert!(both.set.ranks_by_lex(&none).is_empty());
    }
}

#[test]
fn a_set_grows_out_of_its_listpack() {
    let mut both = Both::new();
    (0..12).for_each(|n| both.add(f64::from(n), &[b'a' + n as u8], Addition::default()));
    assert_eq!(both.set.encoding(), "listpack");
    both.add(2.5, b"a", Addition::default());
    assert_eq!(both.set.encoding(), "listpack");
    both.add(2.5, b"z", Addition::default());
    assert_eq!(both.set.encoding(), "skiplist");
    let mut both = Both::new();
    both.add(1.0, b"12345678", Addition::default());
    assert_eq!(both.set.encoding(), "listpack");
    both.add(1.0, b"123456789", Addition::default());
    assert_eq!(both.set.encoding(), "skiplist");
}

#[test]
fn a_listpack_of_disorder_is_refused() {
    let of = |elements: &[&str]| {
        let mut pack = Listpack::new();
        elements
            .iter()
            .for_each(|element| pack.push_back(element.as_bytes()));
        SortedSet::from_listpack(pack, &Limits::default(), &mut Random::new(1))
    };
    assert!(of(&["a", "1", "b", "1.5", "c", "inf"]).is_some());
    for elements in [
        &["a"][..],
        &["a", "x"],
        &["a", "nan"],
        &["a", "2", "b", "1"],
        &["b", "1", "a", "1"],
        &["a", "1", "a", "2"],
    ] {
        assert!(of(elements).is_none(), "{elements:?}");
    }
}

#[test]
fn a_large_one_takes_little_memory() {
    let mut set = SortedSet::default();
    let (limits, mut random) = (Limits::default(), Random::new(1));
    for n in 0..100_000_u32 {
        let n = n.wrapping_mul(2_654_435_761) % 100_000;
        let member = format!("m{n:09}");
        set.insert(f64::from(n), member.as_bytes(), &limits, &mut random);
    }
    let each = set.allocated() / set.len();
    assert!(each <= 70, "{each} bytes a member");
}
