//! A hash against a map, through all its forms.

use super::*;
use proptest::prelude::*;
use std::collections::HashMap;

#[derive(Clone, Debug)]
enum Step {
    Set(u8, Vec<u8>, NewExpiry),
    Remove(u8),
    SetExpiry(u8, Option<i64>),
    Wait(i64),
    Expire(usize),
    Clone,
}

fn value() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        6 => "[a-z]{0,12}".prop_map(String::into_bytes),
        3 => any::<i64>().prop_map(|number| number.to_string().into_bytes()),
        1 => (0..40_usize).prop_map(|len| vec![b'v'; len]),
        1 => (1020..1030_usize).prop_map(|len| vec![b'w'; len]),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let expiry = prop_oneof![
        3 => Just(NewExpiry::Clear),
        1 => Just(NewExpiry::Keep),
        2 => (1..200_i64).prop_map(|at| NewExpiry::At(UnixMillis(at))),
    ];
    prop_oneof![
        8 => (0..60_u8, value(), expiry).prop_map(|(name, value, at)| Step::Set(name, value, at)),
        2 => (0..60_u8).prop_map(Step::Remove),
        3 => (0..60_u8, proptest::option::of(1..200_i64)).prop_map(|(name, at)| Step::SetExpiry(name, at)),
        1 => (0..10_i64).prop_map(Step::Wait),
        1 => (0..5_usize).prop_map(Step::Expire),
        1 => Just(Step::Clone),
    ]
}

/// Names of both kinds: some are integers.
fn name(number: u8) -> Vec<u8> {
    if number.is_multiple_of(2) {
        number.to_string().into_bytes()
    } else {
        format!("field-{number}").into_bytes()
    }
}

#[derive(Default)]
struct Model {
    fields: HashMap<Vec<u8>, (Vec<u8>, Option<UnixMillis>)>,
    now: UnixMillis,
}

impl Model {
    fn get(&self, name: &[u8]) -> Option<&(Vec<u8>, Option<UnixMillis>)> {
        let found = self.fields.get(name);
        found.filter(|(_, expiry)| is_alive(*expiry, self.now))
    }

    fn live(&self) -> usize {
        let fields = self.fields.values();
        fields.filter(|(_, at)| is_alive(*at, self.now)).count()
    }

    fn next_expiry(&self) -> Option<UnixMillis> {
        self.fields.values().filter_map(|(_, at)| *at).min()
    }
}

fn run(steps: Vec<Step>, limits: &Limits) -> Result<(), TestCaseError> {
    let (mut hash, mut model, mut random) = (Hash::default(), Model::default(), Random::new(1));
    for step in steps {
        let mut rules = Rules {
            now: model.now,
            limits,
            random: &mut random,
        };
        match step {
            Step::Set(number, value, expiry) => {
                let name = name(number);
                let old = model.get(&name).cloned();
                let is_new = hash.set(&name, &value, expiry, &mut rules);
                prop_assert_eq!(is_new, old.is_none());
                let expiry = expiry.over(old.and_then(|(_, at)| at));
                model.fields.insert(name, (value, expiry));
            }
            Step::Remove(number) => {
                let name = name(number);
                let was_there = model.get(&name).is_some();
                if was_there {
                    model.fields.remove(&name);
                }
                prop_assert_eq!(hash.remove(&name, model.now), was_there);
            }
            Step::SetExpiry(number, at) => {
                let (name, at) = (name(number), at.map(UnixMillis));
                let is_there = model.get(&name).is_some();
                prop_assert_eq!(hash.set_expiry(&name, at, model.now), is_there);
                if is_there && let Some(field) = model.fields.get_mut(&name) {
                    field.1 = at;
                }
            }
            Step::Wait(millis) => model.now.0 += millis,
            Step::Expire(most) => {
                let mut gone = Vec::new();
                let count = hash.expire_some(model.now, most, &mut |name| gone.push(name.to_vec()));
                prop_assert_eq!(count, gone.len());
                prop_assert!(count == most || hash.next_expiry().is_none_or(|at| at > model.now));
                for name in gone {
                    let (_, expiry) = model.fields.remove(&name).expect("it was there");
                    prop_assert!(expiry.is_some_and(|at| at <= model.now));
                }
            }
            Step::Clone => hash = hash.clone(),
        }
        check(&hash, &model)?;
    }
    Ok(())
}

fn check(hash: &Hash, model: &Model) -> Result<(), TestCaseError> {
    let now = model.now;
    prop_assert_eq!(hash.len(), model.fields.len());
    prop_assert_eq!(hash.live_len(now), model.live());
    prop_assert_eq!(hash.next_expiry(), model.next_expiry());
    for number in 0..60 {
        let name = name(number);
        let found = hash.get_timed(&name, now);
        let found = found.map(|(value, expiry)| (value.to_vec(), expiry));
        prop_assert_eq!(found.as_ref(), model.get(&name));
    }
    let seen: HashMap<Vec<u8>, Vec<u8>> = hash
        .iter(now)
        .map(|(name, value)| (name.to_vec(), value.to_vec()))
        .collect();
    prop_assert_eq!(seen.len(), hash.iter(now).count());
    prop_assert!(
        seen.iter()
            .all(|(name, value)| model.get(name).is_some_and(|field| field.0 == *value))
    );
    prop_assert_eq!(seen.len(), model.live());
    if let Some(pack) = hash.listpack() {
        prop_assert!(Listpack::from_bytes(pack.bytes().to_vec()).is_some());
    }
    Ok(())
}

fn limits(entries: u64, value: u64) -> Limits {
    Limits {
        hash_max_listpack_entries: entries,
        hash_max_listpack_value: value,
        ..Limits::default()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_form_is_a_map(
        steps in proptest::collection::vec(step(), 1..120),
        entries in prop_oneof![Just(0), Just(8), Just(30), Just(512)],
        value in prop_oneof![Just(16), Just(64), Just(2000)],
    ) {
        run(steps, &limits(entries, value))?;
    }
}

fn filled(fields: usize, limits: &Limits, expiry: impl Fn(usize) -> NewExpiry) -> Hash {
    let (mut hash, mut random) = (Hash::default(), Random::new(2));
    for number in 0..fields {
        let mut rules = Rules {
            now: UnixMillis(0),
            limits,
            random: &mut random,
        };
        let (name, value) = (format!("f{number}"), format!("v{number}"));
        assert!(hash.set(
            name.as_bytes(),
            value.as_bytes(),
            expiry(number),
            &mut rules
        ));
    }
    hash
}

#[test]
fn the_form_follows_the_limits() {
    let limits = limits(4, 8);
    let clear = |_| NewExpiry::Clear;
    assert_eq!(filled(4, &limits, clear).encoding(), "listpack");
    assert_eq!(filled(5, &limits, clear).encoding(), "hashtable");
    let timed = |number| match number {
        0 => NewExpiry::At(UnixMillis(9)),
        _ => NewExpiry::Clear,
    };
    assert_eq!(filled(4, &limits, timed).encoding(), "listpackex");
    let large = filled(5, &limits, timed);
    assert_eq!(large.encoding(), "hashtable");
    assert_eq!(large.next_expiry(), Some(UnixMillis(9)));
    let mut hash = filled(2, &limits, clear);
    let mut random = Random::new(3);
    let mut rules = Rules {
        now: UnixMillis(0),
        limits: &limits,
        random: &mut random,
    };
    hash.set(b"f1", b"12345678", NewExpiry::Clear, &mut rules);
    assert_eq!(hash.encoding(), "listpack");
    hash.set(b"f1", b"123456789", NewExpiry::Clear, &mut rules);
    assert_eq!(hash.encoding(), "hashtable");
}

#[test]
fn timed_fields_stand_in_the_order_in_which_they_go() {
    let hash = filled(6, &limits(10, 10), |number| match number {
        0 | 3 => NewExpiry::Clear,
        number => NewExpiry::At(UnixMillis(100 - number as i64)),
    });
    let mut seen = Vec::new();
    hash.for_each_timed(&mut |name, _, expiry| {
        seen.push((
            String::from_utf8(name.to_vec()).unwrap(),
            expiry.map_or(0, |at| at.0),
        ));
    });
    let seen: Vec<(&str, i64)> = seen.iter().map(|(name, at)| (name.as_str(), *at)).collect();
    assert_eq!(
        seen,
        [
            ("f5", 95),
            ("f4", 96),
            ("f2", 98),
            ("f1", 99),
            ("f0", 0),
            ("f3", 0)
        ]
    );
}

#[test]
fn chance_picks_every_live_field_and_no_other() {
    for entries in [0, 100] {
        let hash = filled(20, &limits(entries, 64), |number| match number {
            0..10 => NewExpiry::At(UnixMillis(5)),
            _ => NewExpiry::Clear,
        });
        let mut random = Random::new(4);
        let seen: std::collections::HashSet<Vec<u8>> = (0..500)
            .filter_map(|_| hash.random(UnixMillis(5), &mut random))
            .map(|(name, _)| name.to_vec())
            .collect();
        assert_eq!(seen.len(), 10);
        assert!(
            seen.iter()
                .all(|name| hash.get(name, UnixMillis(5)).is_some())
        );
    }
}

#[test]
fn a_walk_survives_growth() {
    let limits = limits(0, 64);
    let (mut hash, mut random) = (filled(300, &limits, |_| NewExpiry::Clear), Random::new(5));
    let (mut cursor, mut seen, mut added) = (0, std::collections::HashSet::new(), 0);
    loop {
        cursor = hash.scan_step(cursor, UnixMillis(0), &mut |name, _| {
            seen.insert(name.to_vec());
        });
        if cursor == 0 {
            break;
        }
        for _ in 0..3 {
            let mut rules = Rules {
                now: UnixMillis(0),
                limits: &limits,
                random: &mut random,
            };
            hash.set(
                format!("new{added}").as_bytes(),
                b"",
                NewExpiry::Clear,
                &mut rules,
            );
            added += 1;
        }
    }
    assert!((0..300).all(|number| seen.contains(format!("f{number}").as_bytes())));
    while !hash.release_some(10) {}
}

#[test]
fn a_large_hash_takes_little_memory() {
    let hash = filled(100_000, &limits(512, 64), |_| NewExpiry::Clear);
    let each = hash.allocated() as f64 / 100_000.0;
    // Two numbers of up to six digits: 16 bytes, and a place in the table.
    assert!(each < 30.0, "{each}");
}
