use super::*;
use crate::limits::Limits;
use proptest::prelude::*;
use std::collections::VecDeque;

fn limit(size: i32, threshold: u32) -> NodeLimit {
    NodeLimit::of(&Limits {
        list_max_listpack_size: size,
        list_packed_threshold: threshold,
        ..Limits::default()
    })
}

fn push(list: &mut List, end: End, element: &[u8], limit: NodeLimit) {
    list.make_room(element.len(), 1, limit);
    list.push(end, element, limit);
}

fn texts(list: &List, from: End) -> Vec<Vec<u8>> {
    list.iter(from).map(|element| element.to_vec()).collect()
}

#[test]
fn a_list_becomes_a_quicklist_and_one_listpack_again() {
    let (mut list, limit) = (List::default(), limit(4, 0));
    for text in [b"a", b"b", b"c", b"d"] {
        push(&mut list, End::Back, text, limit);
        assert_eq!(list.encoding(), "listpack");
    }
    push(&mut list, End::Front, b"e", limit);
    assert_eq!((list.encoding(), list.node_count()), ("quicklist", 2));
    for (left, encoding) in [(4, "quicklist"), (3, "quicklist"), (2, "listpack")] {
        list.drop_some(End::Front, 1);
        list.settle(limit);
        assert_eq!((list.len(), list.encoding()), (left, encoding));
    }
    assert_eq!(texts(&list, End::Front), [b"c", b"d"]);
}

#[test]
fn bytes_count_where_the_limit_is_negative() {
    let (mut list, limit) = (List::default(), limit(-1, 0));
    for _ in 0..4 {
        push(&mut list, End::Back, &[b'x'; 1000], limit);
    }
    assert_eq!(list.encoding(), "listpack");
    push(&mut list, End::Back, &[b'x'; 1000], limit);
    assert_eq!((list.encoding(), list.node_count()), ("quicklist", 2));
    push(&mut list, End::Back, &[b'y'; 5000], limit);
    assert!(matches!(list.node(2), Some(NodeRef::Plain(_))));
    list.drop_some(End::Back, 3);
    list.settle(limit);
    assert_eq!(list.encoding(), "quicklist", "3 kB are more than half");
    list.drop_some(End::Back, 1);
    list.settle(limit);
    assert_eq!(list.encoding(), "listpack");
}

#[test]
fn what_is_added_in_the_middle_splits_a_full_node() {
    let (mut list, limit) = (List::default(), limit(4, 0));
    for text in [b"1", b"2", b"3", b"4", b"5", b"6", b"7", b"8"] {
        push(&mut list, End::Back, text, limit);
    }
    assert_eq!(list.node_count(), 2);
    assert!(list.insert(Side::After, b"2", b"x", limit));
    assert!(list.insert(Side::Before, b"5", b"y", limit));
    assert!(!list.insert(Side::Before, b"9", b"z", limit));
    let sizes: Vec<usize> = list.nodes().map(|node| node_len(&node)).collect();
    assert_eq!(sizes, [3, 3, 4]);
    assert_eq!(texts(&list, End::Front).concat(), b"12x34y5678");
}

fn node_len(node: &NodeRef<'_>) -> usize {
    match node {
        NodeRef::Packed(pack) => pack.len(),
        NodeRef::Plain(_) => 1,
    }
}

#[test]
fn a_large_list_is_released_in_slices() {
    let (mut list, limit) = (List::default(), limit(100, 0));
    for _ in 0..10_000 {
        push(&mut list, End::Back, b"element", limit);
    }
    let before = list.allocated();
    assert!(!list.release_some(1000));
    assert!(list.allocated() < before);
    let slices = (0..).take_while(|_| !list.release_some(1000)).count();
    assert_eq!(slices, 8);
}

#[test]
fn memory_is_little_beside_the_bytes() {
    let (mut list, limit) = (List::default(), limit(-2, 0));
    for _ in 0..10_000 {
        push(&mut list, End::Back, b"0123456789abcdef", limit);
    }
    assert!(list.allocated() < 10_000 * 183 / 10, "{}", list.allocated());
}

#[derive(Clone, Debug)]
enum Step {
    Push(End, Vec<u8>),
    Drop(End, usize),
    RemoveRange(usize, usize),
    Set(usize, Vec<u8>),
    Insert(Side, usize, Vec<u8>),
    RemoveEqual(End, usize, usize),
    Limit(i32, u32),
    Rebuild,
}

fn end() -> impl Strategy<Value = End> {
    prop_oneof![Just(End::Front), Just(End::Back)]
}

fn side() -> impl Strategy<Value = Side> {
    prop_oneof![Just(Side::Before), Just(Side::After)]
}

fn text() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        6 => (0..30i64).prop_map(|number| number.to_string().into_bytes()),
        6 => prop::collection::vec(b'a'..b'd', 0..20),
        1 => (0..10_000usize).prop_map(|len| vec![b'z'; len]),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let index = 0..1000usize;
    prop_oneof![
        10 => (end(), text()).prop_map(|(end, text)| Step::Push(end, text)),
        4 => (end(), 0..4usize).prop_map(|(end, count)| Step::Drop(end, count)),
        1 => (index.clone(), 0..20usize).prop_map(|(from, count)| Step::RemoveRange(from, count)),
        3 => (index.clone(), text()).prop_map(|(at, text)| Step::Set(at, text)),
        4 => (side(), index.clone(), text()).prop_map(|(side, at, text)| Step::Insert(side, at, text)),
        1 => (end(), index, 0..4usize).prop_map(|(end, at, max)| Step::RemoveEqual(end, at, max)),
        1 => (-6..9i32, prop_oneof![3 => Just(0), 1 => 1..30u32]).prop_map(|(size, threshold)| Step::Limit(size, threshold)),
        1 => Just(Step::Rebuild),
    ]
}

fn remove_equal(model: &mut VecDeque<Vec<u8>>, from: End, text: &[u8], max: usize) -> usize {
    let found = model.iter().enumerate().filter(|(_, own)| *own == text);
    let mut found: Vec<usize> = found.map(|(index, _)| index).collect();
    if from == End::Back {
        found.reverse();
    }
    found.truncate(max);
    found.sort_unstable();
    found.iter().rev().for_each(|index| {
        model.remove(*index);
    });
    found.len()
}

fn take(list: &mut List, model: &mut VecDeque<Vec<u8>>, limit: &mut NodeLimit, step: Step) {
    let len = model.len();
    match step {
        Step::Push(end, text) => {
            push(list, end, &text, *limit);
            match end {
                End::Front => model.push_front(text),
                End::Back => model.push_back(text),
            }
        }
        Step::Drop(end, count) => {
            list.drop_some(end, count);
            for _ in 0..count {
                match end {
                    End::Front => model.pop_front(),
                    End::Back => model.pop_back(),
                };
            }
        }
        Step::RemoveRange(from, count) => {
            let from = from % (len + 2);
            list.remove_range(from, count);
            model.drain(from.min(len)..(from + count).min(len));
        }
        Step::Set(at, text) => {
            let at = at % (len + 1);
            list.make_room(text.len(), 1, *limit);
            assert_eq!(list.set(at, &text, *limit), at < len);
            if at < len {
                model[at] = text;
            }
        }
        Step::Insert(side, at, text) => {
            let pivot = model.get(at % (len + 1)).cloned();
            let pivot = pivot.unwrap_or_else(|| b"missing".to_vec());
            let place = model.iter().position(|own| *own == pivot);
            list.make_room(text.len(), 1, *limit);
            assert_eq!(list.insert(side, &pivot, &text, *limit), place.is_some());
            if let Some(place) = place {
                model.insert(place + usize::from(side == Side::After), text);
            }
        }
        Step::RemoveEqual(end, at, max) => {
            let text = model.get(at % (len + 1)).cloned().unwrap_or_default();
            assert_eq!(
                list.remove_equal(end, &text, max),
                remove_equal(model, end, &text, max)
            );
        }
        Step::Limit(size, threshold) => *limit = self::limit(size, threshold),
        Step::Rebuild => *list = List::from_nodes(list.clone().nodes(), *limit),
    }
    list.settle(*limit);
}

proptest! {
    #[test]
    fn it_is_a_deque_of_texts(size in -6..9i32, steps in prop::collection::vec(step(), 0..150)) {
        let (mut list, mut model, mut limit) = (List::default(), VecDeque::new(), limit(size, 0));
        for step in steps {
            take(&mut list, &mut model, &mut limit, step);
            prop_assert_eq!(list.len(), model.len());
            prop_assert_eq!(texts(&list, End::Front), Vec::from(model.clone()));
            let mut back = texts(&list, End::Back);
            back.reverse();
            prop_assert_eq!(back, Vec::from(model.clone()));
            if let Encoding::Quick(quick) = &list.0 {
                prop_assert!(quick.nodes() > 0 || model.is_empty());
                prop_assert!(list.nodes().all(|node| node_len(&node) > 0));
            }
        }
        for index in 0..model.len() + 2 {
            let text = |element: Option<Element<'_>>| element.map(|element| element.to_vec());
            prop_assert_eq!(text(list.get(index)), model.get(index).cloned());
            let mirrored = model.len().checked_sub(index + 1).map(|at| model[at].clone());
            prop_assert_eq!(text(list.iter_from(End::Back, index).next()), mirrored);
        }
    }
}
