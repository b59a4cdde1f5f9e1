use super::*;
use proptest::prelude::*;

fn of(elements: &[&[u8]]) -> Listpack {
    let mut pack = Listpack::new();
    elements.iter().for_each(|element| pack.push_back(*element));
    pack
}

fn texts(pack: &Listpack) -> Vec<Vec<u8>> {
    pack.iter().map(|element| element.to_vec()).collect()
}

#[test]
fn the_bytes_are_those_of_the_format() {
    assert_eq!(Listpack::new().bytes(), [7, 0, 0, 0, 0, 0, 0xff]);
    let pack = of(&[b"a", b"1", b"-5000"]);
    assert_eq!(
        pack.bytes(),
        [
            16, 0, 0, 0, 3, 0, 0x81, b'a', 2, 0x01, 1, 0xf1, 0x78, 0xec, 3, 0xff
        ]
    );
}

#[test]
fn more_elements_than_the_header_can_count() {
    let mut pack = Listpack::new();
    for number in 0..70_000i64 {
        pack.push_back(number % 10);
    }
    assert_eq!(&pack.bytes()[4..6], [0xff, 0xff]);
    assert_eq!(pack.len(), 70_000);
    let cursor = pack.seek(69_999).expect("it is there");
    assert_eq!(pack.get(cursor), Element::Int(9));
    assert!(pack.seek(70_000).is_none());
    let copy = Listpack::from_bytes(pack.bytes().to_vec());
    assert_eq!(copy.as_ref(), Some(&pack));
    let first = pack.first().expect("it is there");
    assert!(pack.remove_range(first, 70_000).is_none());
    assert_eq!(pack.len(), 0);
    assert_eq!(pack, Listpack::new());
}

#[test]
fn finding_skips_what_is_between() {
    let pack = of(&[b"field", b"7", b"7", b"other", b"x", b"field"]);
    let at = |index| pack.seek(index);
    assert_eq!(pack.find(b"field", 0), at(0));
    assert_eq!(pack.find(b"7", 0), at(1));
    assert_eq!(pack.find(b"7", 1), at(2));
    assert_eq!(pack.find(b"other", 1), None);
    assert_eq!(pack.find(b"other", 2), at(3));
    assert_eq!(pack.find(b"missing", 5), None);
    assert_eq!(Listpack::new().find(b"", 0), None);
}

#[test]
fn a_number_packed_as_a_string_is_found() {
    let bytes = vec![11, 0, 0, 0, 1, 0, 0x82, b'1', b'2', 3, 0xff];
    let pack = Listpack::from_bytes(bytes).expect("it is valid");
    assert_eq!(pack.find(b"12", 0), pack.first());
}

#[test]
fn memory_is_given_back_and_never_far_above_the_bytes() {
    let mut pack = Listpack::new();
    for _ in 0..1000 {
        pack.push_back(b"some element");
        assert!(pack.allocated() <= pack.bytes().len() * 5 / 4 + 8);
    }
    while !pack.is_empty() {
        pack.remove_last();
        assert!(pack.allocated() <= pack.bytes().len() * 2 + 8);
    }
}

#[test]
fn broken_bytes_are_refused() {
    let whole = of(&[b"ab", b"300", &[b'x'; 200]]).into_bytes();
    assert!(Listpack::from_bytes(whole.clone()).is_some());
    for len in 0..whole.len() {
        assert!(Listpack::from_bytes(whole[..len].to_vec()).is_none());
    }
    for (at, byte) in [
        (0, 1),
        (4, 2),
        (4, 4),
        (6, 0x83),
        (9, 4),
        (9, 0x83),
        (6, 0xff),
    ] {
        let mut broken = whole.clone();
        broken[at] = byte;
        assert!(Listpack::from_bytes(broken).is_none(), "{byte} at {at}");
    }
}

#[derive(Clone, Debug)]
enum Step {
    PushBack(Vec<u8>),
    PushFront(Vec<u8>),
    InsertBefore(usize, Vec<u8>),
    InsertAfter(usize, Vec<u8>),
    Replace(usize, Vec<u8>),
    RemoveRange(usize, usize),
    RemoveFirst,
    RemoveLast,
    SplitAndJoin(usize),
    KeepEvery(usize),
}

fn text() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        any::<i64>()
            .prop_flat_map(|n| (0..64u32).prop_map(move |s| (n >> s).to_string().into_bytes())),
        prop::collection::vec(any::<u8>(), 0..6),
        (0..5000usize).prop_map(|len| vec![b'z'; len]),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let index = 0..40usize;
    prop_oneof![
        text().prop_map(Step::PushBack),
        text().prop_map(Step::PushFront),
        (index.clone(), text()).prop_map(|(at, text)| Step::InsertBefore(at, text)),
        (index.clone(), text()).prop_map(|(at, text)| Step::InsertAfter(at, text)),
        (index.clone(), text()).prop_map(|(at, text)| Step::Replace(at, text)),
        (index.clone(), 0..4usize).prop_map(|(at, count)| Step::RemoveRange(at, count)),
        Just(Step::RemoveFirst),
        Just(Step::RemoveLast),
        index.prop_map(Step::SplitAndJoin),
        (1..4usize).prop_map(Step::KeepEvery),
    ]
}

fn take(pack: &mut Listpack, model: &mut Vec<Vec<u8>>, step: Step) {
    let seek = |pack: &Listpack, at: usize, len: usize| pack.seek(at % len).expect("in range");
    let len = model.len();
    match step {
        Step::PushBack(text) => {
            pack.push_back(&*text);
            model.push(text);
        }
        Step::PushFront(text) => {
            pack.push_front(&*text);
            model.insert(0, text);
        }
        Step::RemoveFirst => {
            pack.remove_first();
            model.drain(..len.min(1));
        }
        Step::RemoveLast => {
            pack.remove_last();
            model.pop();
        }
        Step::KeepEvery(nth) => {
            let (mut own, mut other) = (0, 0);
            let turn = |count: &mut usize| {
                *count += 1;
                count.is_multiple_of(nth)
            };
            let removed = pack.retain(|_| turn(&mut own));
            model.retain(|_| turn(&mut other));
            assert_eq!(removed, len - model.len());
        }
        _ if len == 0 => {}
        Step::InsertBefore(at, text) => {
            pack.insert_before(seek(pack, at, len), &*text);
            model.insert(at % len, text);
        }
        Step::InsertAfter(at, text) => {
            let placed = pack.insert_after(seek(pack, at, len), &*text);
            assert!(pack.get(placed).is(&text));
            model.insert(at % len + 1, text);
        }
        Step::Replace(at, text) => {
            pack.replace(seek(pack, at, len), &*text);
            model[at % len] = text;
        }
        Step::RemoveRange(at, count) => {
            let (from, to) = (at % len, (at % len + count).min(len));
            let behind = pack.remove_range(seek(pack, at, len), count);
            model.drain(from..to);
            assert_eq!(behind, pack.seek(from));
        }
        Step::SplitAndJoin(at) => {
            let rest = pack.split_off(seek(pack, at, len));
            assert_eq!(texts(pack), model[..at % len]);
            assert_eq!(texts(&rest), model[at % len..]);
            pack.append(&rest);
        }
    }
}

proptest! {
    #[test]
    fn it_is_a_vector_of_texts(steps in prop::collection::vec(step(), 0..60)) {
        let (mut pack, mut model) = (Listpack::new(), Vec::new());
        for step in steps {
            take(&mut pack, &mut model, step);
            prop_assert_eq!(pack.len(), model.len());
            prop_assert_eq!(&texts(&pack), &model);
            let mut back: Vec<_> = pack.iter_back().map(|element| element.to_vec()).collect();
            back.reverse();
            prop_assert_eq!(&back, &model);
            prop_assert_eq!(Listpack::from_bytes(pack.bytes().to_vec()), Some(pack.clone()));
        }
        for (index, text) in model.iter().enumerate() {
            let first = model.iter().position(|other| other == text).expect("it is in there");
            prop_assert_eq!(pack.find(text, 0), pack.seek(first));
            prop_assert!(pack.get(pack.seek(index).expect("in range")).is(text));
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(
        elements in prop::collection::vec(text(), 0..5),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..3),
    ) {
        let elements: Vec<&[u8]> = elements.iter().map(Vec::as_slice).collect();
        let mut bytes = of(&elements).into_bytes();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(pack) = Listpack::from_bytes(bytes) {
            prop_assert_eq!(pack.iter().count(), pack.iter_back().count());
        }
    }
}
