use super::*;
use crate::random::Random;
use proptest::prelude::*;

const SPARSE_MAX: usize = 3000;

fn ranks(bytes: &[u8]) -> Result<Registers, Problem> {
    let mut registers = Registers::default();
    registers.merge(bytes).map(|_| registers)
}

fn sketch(seed: u64, elements: u64, sparse_max: usize) -> Vec<u8> {
    let mut bytes = empty();
    for element in 0..elements {
        let element = seed.wrapping_add(element).to_le_bytes();
        add(&mut bytes, &element, sparse_max).unwrap();
    }
    bytes
}

#[test]
fn places_are_those_of_redis() {
    // From PFADD and PFDEBUG DECODE of redis-server.
    for (element, index, rank) in [
        ("", 5938, 2),
        ("a", 12_711, 2),
        ("12345678", 10_579, 3),
        ("hello world", 9399, 4),
    ] {
        let place = Place::of(element.as_bytes());
        assert_eq!((place.index, place.rank), (index, rank), "{element}");
    }
}

#[test]
fn estimates_are_close() {
    for elements in [0, 1, 2, 5, 10, 100, 1000, 20_000, 300_000] {
        let count = estimate(&sketch(7 << 40, elements, SPARSE_MAX)).unwrap();
        let off = (count as f64 - elements as f64).abs();
        assert!(off <= elements as f64 * 0.03, "{count} for {elements}");
    }
}

#[test]
fn it_grows_dense_at_its_limit() {
    let mut bytes = empty();
    for element in 0..10_000_u32 {
        let before = bytes.len();
        add(&mut bytes, &element.to_le_bytes(), 200).unwrap();
        if encoding(&bytes) == Ok(Encoding::Dense) {
            assert!(before > 197, "dense only when the limit is reached");
            return;
        }
        assert!(bytes.len() <= 200);
    }
    panic!("it stayed sparse");
}

#[test]
fn the_remembered_cardinality_goes_stale() {
    let mut bytes = empty();
    assert_eq!(remembered(&bytes), Some(0));
    forget(&mut bytes);
    assert_eq!(remembered(&bytes), None);
    remember(&mut bytes, 5);
    assert_eq!(remembered(&bytes), Some(5));
    make_dense(&mut bytes).unwrap();
    assert_eq!(remembered(&bytes), Some(5));
}

#[test]
fn damage_is_noticed() {
    let good = sketch(1, 20, SPARSE_MAX);
    assert_eq!(encoding(b"HYLL"), Err(Problem::NotASketch));
    assert_eq!(
        encoding(&[&good[..4], &[2], &good[5..]].concat()),
        Err(Problem::NotASketch)
    );
    assert_eq!(
        encoding(&[&good[..4], &[0], &good[5..]].concat()),
        Err(Problem::NotASketch)
    );
    for tail in [&b"h"[..], b"hello", b"\xff", b"\0"] {
        let bad = [&good, tail].concat();
        assert_eq!(estimate(&bad), Err(Problem::Corrupted));
        assert_eq!(ranks(&bad), Err(Problem::Corrupted));
        assert_eq!(make_dense(&mut bad.clone()), Err(Problem::Corrupted));
    }
    let short = &good[..good.len() - 1];
    assert_eq!(estimate(short), Err(Problem::Corrupted));
    assert_eq!(
        add(&mut empty()[..HEADER].to_vec(), b"a", SPARSE_MAX),
        Err(Problem::Corrupted)
    );
}

#[test]
fn the_self_test_passes() {
    assert_eq!(self_test(&mut Random::new(3)), Ok(()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Sparse, dense and plain registers say the same after the same places.
    #[test]
    fn registers_are_those_of_a_model(
        places in prop::collection::vec((prop_oneof![0..64_usize, 0..REGISTERS], 1..52_u8), 0..400),
        limit in 20..600_usize,
        cap in 1..52_u8,
    ) {
        let (mut bytes, mut dense, mut model) = (empty(), empty(), Registers::default());
        make_dense(&mut dense).unwrap();
        for (index, rank) in places {
            let place = Place { index, rank: rank.min(cap) };
            let lower = model.ranks()[index] < place.rank;
            model.ranks_mut()[index] = model.ranks()[index].max(place.rank);
            let raised = match encoding(&bytes).unwrap() {
                Encoding::Dense => dense::raise(&mut bytes[HEADER..], place),
                Encoding::Sparse => sparse::raise(&mut bytes, place, limit, &mut sparse::Hint::default()).unwrap(),
            };
            prop_assert_eq!(raised, lower);
            prop_assert_eq!(dense::raise(&mut dense[HEADER..], place), lower);
        }
        prop_assert_eq!(ranks(&bytes).unwrap(), model.clone());
        prop_assert_eq!(ranks(&dense).unwrap(), model.clone());
        prop_assert_eq!(estimate(&bytes), Ok(model.estimate()));
        prop_assert_eq!(estimate(&dense), Ok(model.estimate()));
    }

    /// Raising in bulk, with its shortcuts, leaves the bytes that raising one by one does.
    #[test]
    fn bulk_leaves_the_same_bytes(
        one in 0..300_u64, other in 0..300_u64, seed in any::<u64>(), limit in 50..1500_usize,
    ) {
        let registers = ranks(&sketch(seed ^ 1 << 50, other, SPARSE_MAX)).unwrap();
        let (mut bulk, mut single) = (sketch(seed, one, limit), sketch(seed, one, limit));
        raise_all(&mut bulk, &registers, limit).unwrap();
        for (index, rank) in registers.ranks().iter().copied().enumerate().filter(|(_, rank)| *rank > 0) {
            let place = Place { index, rank };
            match encoding(&single).unwrap() {
                Encoding::Dense => dense::raise(&mut single[HEADER..], place),
                Encoding::Sparse => sparse::raise(&mut single, place, limit, &mut sparse::Hint::default()).unwrap(),
            };
        }
        prop_assert_eq!(bulk, single);
    }

    #[test]
    fn any_bytes_do_no_harm(
        runs in prop::collection::vec(any::<u8>(), 0..400), element in any::<u64>(), repeat in 1..40_usize,
    ) {
        let mut bytes = empty();
        bytes.truncate(HEADER);
        for _ in 0..repeat {
            bytes.extend_from_slice(&runs);
        }
        let _ = estimate(&bytes);
        let _ = sparse_ops(&bytes).count();
        let _ = raise_all(&mut bytes.clone(), &ranks(&sketch(element, 50, SPARSE_MAX)).unwrap(), SPARSE_MAX);
        let _ = add(&mut bytes, &element.to_le_bytes(), SPARSE_MAX);
        let _ = make_dense(&mut bytes);
    }
}
