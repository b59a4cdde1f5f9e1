//! Streams against a model: a map of what is in them.

use super::group::{Deliveries, Group};
use super::id::StreamId;
use super::node::{Entry, Node};
use super::trim::{Keep, Precision};
use super::{AddError, NewId, Stream};
use crate::limits::Limits;
use crate::packed::listpack::Listpack;
use crate::time::UnixMillis;
use crate::value::collection::Collection;
use proptest::prelude::*;
use std::collections::BTreeMap;

type Words = Vec<Vec<u8>>;
const NOW: UnixMillis = UnixMillis(1000);

fn limits(entries: i64, bytes: u64) -> Limits {
    Limits {
        stream_node_max_entries: entries,
        stream_node_max_bytes: bytes,
        ..Limits::default()
    }
}

fn add(
    stream: &mut Stream,
    id: StreamId,
    words: &Words,
    limits: &Limits,
) -> Result<StreamId, AddError> {
    let pairs = words
        .chunks_exact(2)
        .map(|pair| (pair[0].as_slice(), pair[1].as_slice()));
    stream.add(NewId::Given(id), NOW, pairs, limits)
}

fn simple(stream: &mut Stream, ms: u64) {
    add(
        stream,
        StreamId::new(ms, 0),
        &vec![b"f".to_vec(), b"v".to_vec()],
        &Limits::default(),
    )
    .unwrap();
}

fn shown(entry: Entry<'_>) -> (StreamId, Words) {
    let mut words = Words::new();
    entry.each(|element| words.push(element.to_vec()));
    (entry.id, words)
}

impl Stream {
    fn check(&self) {
        let mut living = 0;
        for (first, node) in self.nodes.iter() {
            assert!(node.living() > 0);
            assert_eq!(
                node.walk(first).filter(|entry| !entry.is_deleted()).count(),
                node.living()
            );
            let pack = Listpack::from_bytes(node.bytes().to_vec()).expect("a whole listpack");
            assert!(Node::from_listpack(pack).is_some(), "a whole node");
            living += node.living() as u64;
        }
        assert_eq!(living, self.len);
        let first = self
            .range(StreamId::MIN, StreamId::MAX)
            .next()
            .map_or(StreamId::MIN, |entry| entry.id);
        assert_eq!(first, self.first_id);
    }
}

#[test]
fn a_node_has_the_bytes_of_the_reference() {
    let mut stream = Stream::default();
    let words = |value: &str| vec![b"a".to_vec(), value.as_bytes().to_vec()];
    let limits = Limits::default();
    add(&mut stream, StreamId::new(1, 1), &words("1"), &limits).unwrap();
    add(&mut stream, StreamId::new(2, 1), &words("x"), &limits).unwrap();
    add(
        &mut stream,
        StreamId::new(2, 2),
        &vec![b"b".to_vec(), b"2".to_vec()],
        &limits,
    )
    .unwrap();
    stream.delete(StreamId::new(2, 1));
    let (first, node) = stream.nodes.at(stream.nodes.first().unwrap());
    assert_eq!(first, StreamId::new(1, 1));
    let elements: Vec<String> = Listpack::from_bytes(node.bytes().to_vec())
        .unwrap()
        .iter()
        .map(|element| String::from_utf8(element.to_vec()).unwrap())
        .collect();
    assert_eq!(
        elements.join(" "),
        "2 1 1 a 0 2 0 0 1 4 3 1 0 x 4 0 1 1 1 b 2 6"
    );
}

#[test]
fn what_is_no_node_is_refused() {
    let pack = |elements: &[i64]| {
        let mut pack = Listpack::new();
        elements.iter().for_each(|element| pack.push_back(*element));
        Node::from_listpack(pack)
    };
    assert!(pack(&[1, 0, 1, 7, 0, 2, 0, 0, 5, 4]).is_some());
    for wrong in [
        &[][..],
        &[1],
        &[1, 0, 1, 7],
        &[1, 0, 1, 7, 0],
        &[1, 0, 1, 7, 1, 2, 0, 0, 5, 4],
        &[2, 0, 1, 7, 0, 2, 0, 0, 5, 4],
        &[1, 0, 1, 7, 0, 2, 0, 0, 5, 5],
        &[1, 0, 1, 7, 0, 2, 0, 0, 5],
        &[1, 0, 1, 7, 0, 0, 0, 0, 1 << 40, 5, 4],
        &[1, 0, -1, 7, 0, 2, 0, 0, 5, 4],
    ] {
        assert!(pack(wrong).is_none(), "{wrong:?}");
    }
}

#[test]
fn ids_are_made_and_refused() {
    let mut stream = Stream::default();
    let at = |ms, seq| Ok(StreamId::new(ms, seq));
    assert_eq!(stream.next_id(NewId::Auto, NOW), at(1000, 0));
    assert_eq!(stream.next_id(NewId::AutoSequence(0), NOW), at(0, 1));
    assert_eq!(
        stream.next_id(NewId::Given(StreamId::MIN), NOW),
        Err(AddError::NotAbove)
    );
    stream.set_id(StreamId::new(5000, u64::MAX), None, None);
    assert_eq!(stream.next_id(NewId::Auto, NOW), at(5001, 0));
    assert_eq!(
        stream.next_id(NewId::AutoSequence(5000), NOW),
        Err(AddError::NotAbove)
    );
    assert_eq!(
        stream.next_id(NewId::AutoSequence(4999), NOW),
        Err(AddError::NotAbove)
    );
    assert_eq!(stream.next_id(NewId::AutoSequence(6000), NOW), at(6000, 0));
    stream.set_id(StreamId::MAX, None, None);
    assert_eq!(stream.next_id(NewId::Auto, NOW), Err(AddError::Exhausted));
}

#[test]
fn nodes_are_bounded_by_entries_and_bytes() {
    let value = vec![b"f".to_vec(), vec![b'x'; 100]];
    for (limits, nodes) in [
        (limits(10, 0), 10),
        (limits(0, 1000), 13),
        (limits(0, 0), 1),
    ] {
        let mut stream = Stream::default();
        for ms in 1..=100 {
            add(&mut stream, StreamId::new(ms, 0), &value, &limits).unwrap();
        }
        assert_eq!(stream.nodes.len(), nodes, "{limits:?}");
        stream.check();
    }
}

#[test]
fn lag_is_told_where_it_can_be() {
    let mut stream = Stream::default();
    let group = |last: u64, read| Group::new(b"g", StreamId::new(last, 0), read);
    assert_eq!(stream.lag(&group(0, None)), Some(0));
    (1..=5).for_each(|ms| simple(&mut stream, ms));
    assert_eq!(stream.lag(&group(0, None)), Some(5));
    assert_eq!(stream.lag(&group(1, None)), Some(4));
    assert_eq!(stream.lag(&group(2, None)), None);
    assert_eq!(stream.lag(&group(2, Some(2))), Some(3));
    assert_eq!(stream.lag(&group(5, None)), Some(0));
    assert_eq!(stream.lag(&group(6, None)), None);
    stream.delete(StreamId::new(3, 0));
    assert_eq!(stream.lag(&group(0, None)), None);
    assert_eq!(stream.lag(&group(2, Some(2))), None);
    assert_eq!(stream.lag(&group(4, Some(4))), Some(1));
    let mut reader = group(2, Some(2));
    stream.advance(&mut reader, StreamId::new(4, 0));
    assert_eq!(reader.entries_read, Some(3));
    stream.advance(&mut reader, StreamId::new(5, 0));
    assert_eq!(
        (reader.entries_read, stream.lag(&reader)),
        (Some(4), Some(1))
    );
    stream.trim(Keep::From(StreamId::new(4, 0)), Precision::Exact);
    assert_eq!(stream.lag(&group(0, None)), Some(2));
}

#[test]
fn freeing_takes_slices() {
    let mut stream = Stream::default();
    (1..=100_000).for_each(|ms| simple(&mut stream, ms));
    assert!(stream.allocated() < 100_000 * 14, "{}", stream.allocated());
    let mut slices = 0;
    while !stream.release_some(1000) {
        slices += 1;
    }
    assert!((10..=1000).contains(&slices), "{slices}");
}

#[derive(Clone, Debug)]
enum Step {
    Add(u64, u64, Words),
    Delete(u16),
    Trim(Keep, Precision),
    Range(u16, u16),
}

fn word() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        any::<i64>().prop_map(|number| number.to_string().into_bytes()),
        (-200..200_i64).prop_map(|number| number.to_string().into_bytes()),
        prop::collection::vec(any::<u8>(), 0..70),
    ]
}

fn words() -> impl Strategy<Value = Words> {
    let usual = word().prop_map(|value| vec![b"field".to_vec(), value]);
    let any = (1..4_usize).prop_flat_map(|pairs| prop::collection::vec(word(), pairs * 2));
    prop_oneof![usual, any]
}

fn step() -> impl Strategy<Value = Step> {
    let keep = prop_oneof![
        (0..40_u64).prop_map(Keep::Last),
        (0..600_u64).prop_map(|ms| Keep::From(StreamId::new(ms, 1))),
    ];
    let precision = prop_oneof![
        Just(Precision::Exact),
        prop::option::of(0..30_u64).prop_map(Precision::WholeNodes),
    ];
    prop_oneof![
        8 => (0..3_u64, 0..3_u64, words()).prop_map(|(ms, seq, words)| Step::Add(ms, seq, words)),
        3 => any::<u16>().prop_map(Step::Delete),
        1 => (keep, precision).prop_map(|(keep, precision)| Step::Trim(keep, precision)),
        2 => any::<(u16, u16)>().prop_map(|(start, end)| Step::Range(start, end)),
    ]
}

/// An id that is there, or near one.
fn near(model: &BTreeMap<StreamId, Words>, number: u16) -> StreamId {
    let id = model
        .keys()
        .nth(number as usize % (model.len() + 1))
        .copied()
        .unwrap_or_default();
    match number % 3 {
        0 => id,
        1 => id.next().unwrap(),
        _ => id.previous().unwrap_or(id),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn it_is_a_map_by_id(steps in prop::collection::vec(step(), 1..200), entries in 0..8_i64, bytes in 0..400_u64) {
        let limits = limits(entries, bytes);
        let (mut stream, mut model, mut added, mut max_deleted) = (Stream::default(), BTreeMap::new(), 0, StreamId::MIN);
        for step in steps {
            match step {
                Step::Add(ms, seq, words) => {
                    let last = stream.last_id();
                    let id = if ms == 0 { StreamId::new(last.ms, last.seq + seq) } else { StreamId::new(last.ms + ms, seq) };
                    let done = add(&mut stream, id, &words, &limits);
                    prop_assert_eq!(done, if id > last { Ok(id) } else { Err(AddError::NotAbove) });
                    if id > last {
                        model.insert(id, words);
                        added += 1;
                    }
                }
                Step::Delete(number) => {
                    let id = near(&model, number);
                    let was_there = model.remove(&id).is_some();
                    prop_assert_eq!(stream.has_entry(id), was_there);
                    prop_assert_eq!(stream.delete(id), was_there);
                    if was_there {
                        max_deleted = max_deleted.max(id);
                    }
                }
                Step::Trim(keep, precision) => {
                    let surplus = match keep {
                        Keep::Last(count) => model.len().saturating_sub(count as usize),
                        Keep::From(start) => model.range(..start).count(),
                    };
                    let removed = stream.trim(keep, precision) as usize;
                    prop_assert!(removed <= surplus);
                    match precision {
                        Precision::Exact => prop_assert_eq!(removed, surplus),
                        Precision::WholeNodes(limit) => prop_assert!(limit.is_none_or(|limit| removed as u64 <= limit)),
                    }
                    (0..removed).for_each(|_| drop(model.pop_first()));
                }
                Step::Range(start, end) => {
                    let (start, end) = (near(&model, start), near(&model, end));
                    let expected: Vec<_> = model
                        .iter()
                        .filter(|(id, _)| (start..=end).contains(id))
                        .map(|(id, words)| (*id, words.clone()))
                        .collect();
                    let found: Vec<_> = stream.range(start, end).map(shown).collect();
                    prop_assert_eq!(&found, &expected);
                    let mut back: Vec<_> = stream.range_back(start, end).map(shown).collect();
                    back.reverse();
                    prop_assert_eq!(&back, &expected);
                }
            }
            prop_assert_eq!(Collection::len(&stream), model.len());
            prop_assert_eq!(stream.last_entry_id(), model.last_key_value().map(|(id, _)| *id));
        }
        stream.check();
        prop_assert_eq!((stream.entries_added(), stream.max_deleted()), (added, max_deleted));
    }

    #[test]
    fn an_id_is_pending_once(steps in prop::collection::vec((0..6_u8, 0..4_u8, 0..40_u64), 1..400)) {
        let mut group = Group::new(b"g", StreamId::MIN, None);
        let mut model: BTreeMap<StreamId, (u8, u64)> = BTreeMap::new();
        for (step, consumer, number) in steps {
            let (id, name) = (StreamId::new(number, 0), [consumer]);
            match step {
                0 | 1 => {
                    let (to, _) = group.visit(&name, NOW);
                    group.deliver(id, to, NOW);
                    model.insert(id, (consumer, 1));
                }
                2 => {
                    let (to, _) = group.visit(&name, NOW);
                    group.claim(id, to, NOW, Deliveries::Count, NOW);
                    let count = model.get(&id).map_or(1, |(_, count)| *count);
                    model.insert(id, (consumer, count + 1));
                }
                3 => prop_assert_eq!(group.acknowledge(id).is_some(), model.remove(&id).is_some()),
                4 => {
                    group.deliver_again(id, NOW);
                    if let Some((_, count)) = model.get_mut(&id) {
                        *count += 1;
                    }
                }
                _ => {
                    let pending = model.values().filter(|(owner, _)| *owner == consumer).count();
                    let had = group.consumers().find(&name).map(|_| pending);
                    prop_assert_eq!(group.remove_consumer(&name), had);
                    model.retain(|_, (owner, _)| *owner != consumer);
                }
            }
            let pending: Vec<_> = group
                .pending()
                .iter()
                .map(|(id, pending)| (id, group.owner(pending).name()[0], pending.deliveries))
                .collect();
            let expected: Vec<_> = model.iter().map(|(id, (owner, count))| (*id, *owner, *count)).collect();
            prop_assert_eq!(pending, expected);
            for consumer in group.consumers().iter() {
                let own: Vec<_> = consumer.pending.iter().map(|(id, ())| id).collect();
                let expected: Vec<_> = model
                    .iter()
                    .filter(|(_, (owner, _))| *owner == consumer.name()[0])
                    .map(|(id, _)| *id)
                    .collect();
                prop_assert_eq!(own, expected);
            }
        }
    }
}
