//! The tree against a `BTreeMap`.

use super::member::MemberBox;
use super::node::Node;
use super::probe::{Key, LexBound, ScoreBound};
use super::tree::Tree;
use super::{MemberPtr, Ranked};
use proptest::prelude::*;
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// A score with the order of scores.
#[derive(Clone, Copy, Debug)]
struct Score(f64);

impl PartialEq for Score {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl Eq for Score {}
impl PartialOrd for Score {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Score {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.partial_cmp(&other.0).expect("no score is NaN")
    }
}

/// A tree and what it should hold; the model owns the members.
#[derive(Default)]
struct Both {
    // Invariant: dropped before the members.
    tree: Tree,
    model: BTreeMap<(Score, Vec<u8>), MemberBox>,
}

impl Both {
    fn insert(&mut self, score: f64, bytes: &[u8]) {
        let key = (Score(score), bytes.to_vec());
        if !self.model.contains_key(&key) {
            let member = MemberBox::new(score, bytes);
            // SAFETY: the model keeps it until it is out of the tree.
            unsafe { self.tree.insert(score, member.ptr()) };
            self.model.insert(key, member);
        }
    }

    fn remove(&mut self, score: f64, bytes: &[u8]) {
        let member = self.tree.remove(score, bytes);
        let expected = self.model.remove(&(Score(score), bytes.to_vec()));
        assert_eq!(member, expected.as_ref().map(MemberBox::ptr));
    }

    fn rescore(&mut self, old: f64, new: f64, bytes: &[u8]) {
        let target = (Score(new), bytes.to_vec());
        if self.model.contains_key(&target) {
            return;
        }
        let expected = self.model.remove(&(Score(old), bytes.to_vec()));
        assert_eq!(self.tree.rescore(old, new, bytes), expected.is_some());
        if let Some(member) = expected {
            self.model.insert(target, member);
        }
    }

    fn remove_ranks(&mut self, start: usize, count: usize) {
        let keys: Vec<_> = self.model.keys().skip(start).take(count).cloned().collect();
        let mut gone: Vec<MemberPtr> = Vec::new();
        self.tree
            .remove_ranks(start..start + count, |entry| gone.push(entry.member));
        let expected: Vec<MemberPtr> = keys.iter().map(|key| self.model[key].ptr()).collect();
        assert_eq!(gone, expected);
        keys.iter().for_each(|key| {
            self.model.remove(key);
        });
    }

    fn flat(&self) -> Vec<(f64, &[u8])> {
        let keys = self.model.keys();
        keys.map(|(score, bytes)| (score.0, bytes.as_slice()))
            .collect()
    }

    fn check(&self) {
        let flat = self.flat();
        assert_eq!(self.tree.len(), flat.len());
        assert_eq!(self.tree.walk(0..usize::MAX).collect::<Vec<_>>(), flat);
        let back: Vec<_> = self.tree.walk_back(0..usize::MAX).collect();
        assert!(back.iter().rev().eq(flat.iter()));
        if let Some(root) = &self.tree.root {
            check_node(root);
        }
    }

    fn check_ranks(&self) {
        let flat = self.flat();
        for (rank, (score, bytes)) in flat.iter().enumerate() {
            let key = Key {
                score: *score,
                bytes,
                through: false,
            };
            assert_eq!(self.tree.rank(&key), rank);
            let behind = Key {
                through: true,
                ..key
            };
            assert_eq!(self.tree.rank(&behind), rank + 1);
            assert_eq!(self.tree.select(rank), Some((*score, *bytes)));
        }
        assert_eq!(self.tree.select(flat.len()), None);
    }

    fn check_bound(&self, score: f64) {
        let rank = |through| self.tree.rank(&ScoreBound { score, through });
        let flat = self.flat();
        assert_eq!(rank(false), flat.iter().filter(|(s, _)| *s < score).count());
        assert_eq!(rank(true), flat.iter().filter(|(s, _)| *s <= score).count());
    }

    fn check_range(&self, start: usize, count: usize) {
        let flat = self.flat();
        let expected: Vec<_> = flat.iter().skip(start).take(count).copied().collect();
        let ranks = start..start + count;
        assert!(self.tree.walk(ranks.clone()).eq(expected.iter().copied()));
        assert!(
            self.tree
                .walk_back(ranks)
                .eq(expected.iter().rev().copied())
        );
    }
}

/// Depth of the leaves below a node, checking what nodes promise.
fn check_node(node: &Node) -> usize {
    assert!(node.width() > 0);
    let Node::Inner(inner) = node else { return 0 };
    let depths: Vec<usize> = inner.children().map(check_node).collect();
    assert_eq!(depths.len(), inner.len());
    assert!(depths.iter().all(|depth| *depth == depths[0]));
    for (child, count) in inner.children().zip(inner.counts()) {
        assert_eq!(child.count(), *count);
    }
    depths[0] + 1
}

#[derive(Clone, Debug)]
enum Step {
    Insert(f64, u16),
    InsertRun(f64, u16, bool),
    Remove(usize),
    RemoveMissing(f64, u16),
    Rescore(usize, f64),
    RemoveRanks(usize, usize),
    Bound(f64),
    Range(usize, usize),
}

fn score() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => (-20..20_i32).prop_map(f64::from),
        2 => any::<i16>().prop_map(|n| f64::from(n) / 8.0),
        1 => Just(f64::INFINITY),
        1 => Just(f64::NEG_INFINITY),
        1 => Just(-0.0),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (score(), 0..500_u16).prop_map(|(s, m)| Step::Insert(s, m)),
        2 => (score(), 1..200_u16, any::<bool>()).prop_map(|(s, n, d)| Step::InsertRun(s, n, d)),
        3 => any::<usize>().prop_map(Step::Remove),
        1 => (score(), 0..500_u16).prop_map(|(s, m)| Step::RemoveMissing(s, m)),
        4 => (any::<usize>(), score()).prop_map(|(n, s)| Step::Rescore(n, s)),
        1 => (0..600_usize, 0..150_usize).prop_map(|(s, n)| Step::RemoveRanks(s, n)),
        1 => score().prop_map(Step::Bound),
        1 => (0..600_usize, 0..200_usize).prop_map(|(s, n)| Step::Range(s, n)),
    ]
}

fn name(number: u16) -> Vec<u8> {
    format!("m{number}").into_bytes()
}

fn take(both: &mut Both, step: Step) {
    let nth = |both: &Both, n: usize| {
        let len = both.model.len().max(1);
        both.model.keys().nth(n % len).cloned()
    };
    match step {
        Step::Insert(score, member) => both.insert(score, &name(member)),
        Step::InsertRun(score, count, down) => (0..count).for_each(|n| {
            let by = if down { -f64::from(n) } else { f64::from(n) };
            both.insert(score + by, &name(n));
        }),
        Step::Remove(n) => {
            if let Some((score, bytes)) = nth(both, n) {
                both.remove(score.0, &bytes);
            }
        }
        Step::RemoveMissing(score, member) => both.remove(score, &name(member)),
        Step::Rescore(n, new) => {
            if let Some((old, bytes)) = nth(both, n) {
                both.rescore(old.0, new, &bytes);
            }
        }
        Step::RemoveRanks(start, count) => both.remove_ranks(start, count),
        Step::Bound(score) => both.check_bound(score),
        Step::Range(start, count) => both.check_range(start, count),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn it_is_a_map_in_order(steps in prop::collection::vec(step(), 1..120)) {
        let mut both = Both::default();
        for step in steps {
            take(&mut both, step);
        }
        both.check();
        both.check_ranks();
    }
}

#[test]
fn many_levels_fill_and_drain() {
    let mut both = Both::default();
    let order = |n: u32| (n.wrapping_mul(2_654_435_761)) % 40_000;
    for n in 0..40_000 {
        let n = order(n);
        both.insert(f64::from(n / 7), &name(n as u16));
    }
    both.check();
    both.check_ranks();
    both.remove_ranks(100, 20_000);
    both.check();
    while let Some((score, bytes)) = both.model.keys().nth(both.model.len() / 3).cloned() {
        both.remove(score.0, &bytes);
        if both.model.len() % 1_000 == 0 {
            both.check();
        }
    }
    assert!(both.tree.root.is_none());
}

#[test]
fn a_queue_stays_small() {
    let mut both = Both::default();
    for n in 0..5_000_u16 {
        both.insert(f64::from(n), &name(n));
        if n >= 200 {
            both.remove_ranks(0, 1);
        }
    }
    both.check();
    assert!(
        both.tree.allocated() < 10 * 1024,
        "{}",
        both.tree.allocated()
    );
}

#[test]
fn members_in_order_fill_their_leaves() {
    for down in [false, true] {
        let mut both = Both::default();
        for n in 0..10_000_u16 {
            let score = f64::from(n);
            both.insert(if down { -score } else { score }, &name(n));
        }
        both.check();
        assert!(
            both.tree.allocated() < 10_000 * 18,
            "{}",
            both.tree.allocated()
        );
    }
}

#[test]
fn equal_scores_are_ordered_by_bytes() {
    let mut both = Both::default();
    for n in 0..1_000_u16 {
        both.insert(0.0, &name(n * 7 % 1_000));
    }
    both.check_ranks();
    for bytes in [b"m5".as_slice(), b"m555", b"m5555", b"", b"z"] {
        for through in [false, true] {
            let flat = both.flat();
            let before = flat
                .iter()
                .filter(|(_, b)| *b < bytes || (through && *b == bytes))
                .count();
            assert_eq!(both.tree.rank(&LexBound { bytes, through }), before);
        }
    }
}

#[test]
fn what_is_sorted_is_built_at_once() {
    for count in [
        0, 1, 57, 58, 59, 63, 64, 116, 1_000, 1_624, 1_625, 60_000_u32,
    ] {
        let mut both = Both::default();
        let members: Vec<MemberBox> = (0..count)
            .map(|n| MemberBox::new(f64::from(n / 3), format!("{n:05}").as_bytes()))
            .collect();
        let ranked = members.iter().map(|member| {
            let member = member.ptr();
            // SAFETY: it is alive.
            let score = unsafe { member.score() };
            Ranked { score, member }
        });
        // SAFETY: they are in order, and the model keeps them.
        both.tree = unsafe { Tree::from_sorted(ranked) };
        for (n, member) in (0..count).zip(members) {
            let key = (Score(f64::from(n / 3)), format!("{n:05}").into_bytes());
            both.model.insert(key, member);
        }
        both.check();
        (0..200_u16).for_each(|n| both.insert(f64::from(n), &name(n)));
        both.check();
    }
}
