//! The database against a plain model of it, and its bounds.

use super::{Database, Entry, HashSeed, Key};
use crate::key::slot::Slot;
use crate::table::segment::moves;
use crate::time::UnixMillis;
use crate::value::string::StringValue;
use crate::value::{NewValue, Value};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet, HashMap};

const SEED: HashSeed = HashSeed(0x5EED);

fn key(bytes: &[u8]) -> Key<'_> {
    Key::new(bytes, SEED)
}

/// Splitmix: enough randomness for choosing keys.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed ^ (mixed >> 29)
    }

    fn below(&mut self, count: u64) -> u64 {
        self.roll() % count
    }
}

#[derive(Clone, Debug, PartialEq)]
struct Known {
    value: Vec<u8>,
    expiry: Option<i64>,
    access: u32,
}

#[derive(Default)]
struct Model {
    keys: HashMap<Vec<u8>, Known>,
    /// Keys that `take_due` gave and that were neither deleted nor given a new expiry since.
    given: BTreeSet<Vec<u8>>,
}

fn known(entry: Entry<'_>) -> Known {
    let crate::value::ValueRef::String(string) = entry.value() else {
        unreachable!("the model holds strings")
    };
    Known {
        value: string.to_vec(),
        expiry: entry.expiry().map(|at| at.0),
        access: entry.access(),
    }
}

impl Model {
    fn put(
        &mut self,
        db: &mut Database,
        name: &[u8],
        value: Vec<u8>,
        expiry: Option<i64>,
        access: u32,
    ) {
        let there = db.put(
            key(name),
            NewValue::from_bytes(&value),
            expiry.map(UnixMillis),
            access,
        );
        let access = access & 0xFF_FFFF;
        self.forget_due(name, expiry);
        let old = self.keys.insert(
            name.to_vec(),
            Known {
                value,
                expiry,
                access,
            },
        );
        assert_eq!(there, old.is_some());
    }

    /// Setting the very expiry a key has need not make it due again.
    fn forget_due(&mut self, name: &[u8], expiry: Option<i64>) {
        if self
            .keys
            .get(name)
            .is_some_and(|known| known.expiry != expiry)
        {
            self.given.remove(name);
        }
    }

    fn remove(&mut self, db: &mut Database, name: &[u8]) {
        self.given.remove(name);
        let detached = db.remove(key(name));
        let found = detached.map(|detached| Known {
            value: match detached.value {
                Value::String(string) => string.as_ref().to_vec(),
                _ => unreachable!("the model holds strings"),
            },
            expiry: detached.expiry.map(|at| at.0),
            access: detached.access,
        });
        assert_eq!(found, self.keys.remove(name));
    }

    fn set_expiry(&mut self, db: &mut Database, name: &[u8], expiry: Option<i64>) {
        let there = db.set_expiry(key(name), expiry.map(UnixMillis));
        self.forget_due(name, expiry);
        assert_eq!(there, self.keys.contains_key(name));
        if let Some(known) = self.keys.get_mut(name) {
            known.expiry = expiry;
        }
    }

    fn edit(&mut self, db: &mut Database, name: &[u8], how: u64) {
        let (entry, known) = (db.get_mut(key(name)), self.keys.get_mut(name));
        assert_eq!(entry.is_some(), known.is_some());
        let (Some(mut entry), Some(known)) = (entry, known) else {
            return;
        };
        match how % 3 {
            0 => {
                entry.set_int(how as i64);
                known.value = (how as i64).to_string().into_bytes();
            }
            1 => {
                entry.bytes_mut().extend_from_slice(b"more");
                known.value.extend_from_slice(b"more");
                assert_eq!(entry.value().encoding(), "raw");
            }
            _ => {
                let epoch = entry.epoch();
                entry.set_access(how as u32);
                entry.set_epoch(!epoch);
                assert_eq!(entry.epoch(), !epoch);
                known.access = how as u32 & 0xFF_FFFF;
            }
        }
    }

    /// Takes what is due; every second of these keys is deleted, the others stay.
    fn take_due(&mut self, db: &mut Database, now: i64) {
        let is_due = |known: &Known| known.expiry.is_some_and(|at| at <= now);
        while db.has_due(UnixMillis(now)) {
            let Some(name) = db.take_due(UnixMillis(now)) else {
                continue;
            };
            assert!(is_due(&self.keys[&*name]), "{name:?} is not due");
            assert!(self.given.insert(name.to_vec()), "{name:?} is given twice");
            if self.given.len().is_multiple_of(2) {
                assert!(db.delete(key(&name)));
                self.given.remove(&*name);
                self.keys.remove(&*name);
            }
        }
        for (name, known) in &self.keys {
            assert!(
                !is_due(known) || self.given.contains(name),
                "{name:?} is missed"
            );
        }
    }

    fn check(&self, db: &Database) {
        assert_eq!(db.len(), self.keys.len());
        assert_eq!(
            db.expiring_len(),
            self.keys
                .values()
                .filter(|known| known.expiry.is_some())
                .count()
        );
        let mut slots = BTreeMap::new();
        for (name, expected) in &self.keys {
            *slots.entry(Slot::of(name)).or_insert(0) += 1;
            assert_eq!(
                db.get(key(name)).map(known).as_ref(),
                Some(expected),
                "{name:?}"
            );
        }
        for (&slot, &count) in &slots {
            let mut visited = 0;
            db.for_each_in_slot(slot, &mut |_| visited += 1);
            assert_eq!((db.slot_len(slot), visited), (count, count));
        }
        let mut all = Vec::new();
        db.for_each(&mut |entry| all.push(entry.key().to_vec()));
        all.sort();
        let mut expected: Vec<_> = self.keys.keys().cloned().collect();
        expected.sort();
        assert_eq!(all, expected);
        assert_eq!(scan_all(db, 0, Slot::COUNT), expected);
    }
}

/// All keys in slots from the cursor's on, each visited once because nothing changes.
fn scan_all(db: &Database, mut cursor: u64, until: u16) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    let end = if until == Slot::COUNT {
        0
    } else {
        u64::from(until) << 48
    };
    loop {
        let next = db.scan(cursor, until, &mut |entry| found.push(entry.key().to_vec()));
        assert!(next == end || next > cursor);
        assert!(next < 1 << 62);
        cursor = next;
        if cursor == end {
            found.sort();
            return found;
        }
    }
}

#[derive(Clone, Debug)]
enum Action {
    Put(u8, Vec<u8>, Option<u16>),
    Remove(u8),
    SetExpiry(u8, Option<u16>),
    Edit(u8, u64),
    Turn(u16),
}

fn action() -> impl Strategy<Value = Action> {
    let value = prop_oneof![
        any::<i32>().prop_map(|number| number.to_string().into_bytes()),
        proptest::collection::vec(any::<u8>(), 0..60),
        (200..1200usize).prop_map(|length| vec![b'x'; length]),
    ];
    let expiry = || proptest::option::of(any::<u16>());
    prop_oneof![
        6 => (any::<u8>(), value, expiry()).prop_map(|(name, value, expiry)| Action::Put(name, value, expiry)),
        3 => any::<u8>().prop_map(Action::Remove),
        3 => (any::<u8>(), expiry()).prop_map(|(name, expiry)| Action::SetExpiry(name, expiry)),
        3 => (any::<u8>(), any::<u64>()).prop_map(|(name, how)| Action::Edit(name, how)),
        1 => (0..9000u16).prop_map(Action::Turn),
    ]
}

/// Some keys share a slot, some are long.
fn name_of(number: u8) -> Vec<u8> {
    match number % 4 {
        0 => format!("key:{number}").into_bytes(),
        1 => format!("{}:{number}", "long".repeat(80)).into_bytes(),
        _ => format!("{{tag}}{number}").into_bytes(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn any_sequence_agrees_with_the_model(actions in proptest::collection::vec(action(), 1..400)) {
        let mut db = Database::new(SEED);
        let mut model = Model::default();
        let mut now = 1_700_000_000_000;
        for (turn, action) in actions.into_iter().enumerate() {
            let at = |after: Option<u16>| after.map(|after| now + i64::from(after));
            match action {
                Action::Put(name, value, after) => {
                    model.put(&mut db, &name_of(name), value, at(after), turn as u32 | 0xAA00_0000);
                }
                Action::Remove(name) => model.remove(&mut db, &name_of(name)),
                Action::SetExpiry(name, after) => model.set_expiry(&mut db, &name_of(name), at(after)),
                Action::Edit(name, how) => model.edit(&mut db, &name_of(name), how),
                Action::Turn(by) => {
                    now += i64::from(by);
                    model.take_due(&mut db, now);
                }
            }
        }
        model.check(&db);
        model.take_due(&mut db, i64::MAX);
        model.check(&db);
    }
}

/// A slot that grows to thousands of keys and shrinks again, twice.
#[test]
fn one_slot_grows_and_shrinks() {
    let mut db = Database::new(SEED);
    let mut model = Model::default();
    let mut dice = Dice(1);
    for round in 0..40 {
        let growing = round % 20 < 10;
        for _ in 0..800 {
            let name = format!("{{x}}{}", dice.below(6000)).into_bytes();
            if dice.below(10) < if growing { 9 } else { 1 } {
                let expiry = (dice.below(3) == 0).then(|| 1_000_000 + dice.below(1000) as i64);
                model.put(
                    &mut db,
                    &name,
                    dice.roll().to_string().into_bytes(),
                    expiry,
                    0,
                );
            } else {
                for _ in 0..6 {
                    model.remove(&mut db, &format!("{{x}}{}", dice.below(6000)).into_bytes());
                }
            }
        }
        model.check(&db);
        db.slot_check(Slot::of(b"x"));
    }
    let names: Vec<_> = model.keys.keys().cloned().collect();
    for name in names {
        model.remove(&mut db, &name);
    }
    model.check(&db);
    assert!(db.table_bytes() < 80_000, "{}", db.table_bytes());
}

/// SCAN's promise: what is there all the time is found, whatever comes and goes between two calls.
#[test]
fn scan_finds_what_stays() {
    for seed in 0..30 {
        let mut dice = Dice(seed);
        let mut db = Database::new(SEED);
        let tag = |number: u64| match seed % 3 {
            0 => format!("{{one}}{number}"),
            1 => format!("{{{}}}{number}", number % 5),
            _ => format!("{number}"),
        };
        let stay: BTreeSet<Vec<u8>> = (0..300).map(|number| tag(number).into_bytes()).collect();
        for name in &stay {
            db.put(key(name), NewValue::Int(1), None, 0);
        }
        let mut found = BTreeSet::new();
        let mut cursor = 0;
        let mut extra = 0;
        for turn in 0.. {
            cursor = db.scan(cursor, Slot::COUNT, &mut |entry| {
                found.insert(entry.key().to_vec());
            });
            if cursor == 0 {
                break;
            }
            // Waves of other keys, so that the table grows and shrinks under the scan.
            for _ in 0..dice.below(40) {
                if turn / 10 % 2 == 0 {
                    db.put(key(tag(1000 + extra).as_bytes()), NewValue::Int(1), None, 0);
                    extra += 1;
                } else {
                    db.delete(key(tag(1000 + extra).as_bytes()));
                    extra = extra.saturating_sub(1);
                }
            }
        }
        assert!(stay.is_subset(&found), "seed {seed}");
    }
}

#[test]
fn scan_keeps_to_its_slots() {
    let mut db = Database::new(SEED);
    let names: Vec<Vec<u8>> = (0..2000)
        .map(|number| format!("k{number}").into_bytes())
        .collect();
    for name in &names {
        db.put(key(name), NewValue::Int(0), None, 0);
    }
    let mut expected: Vec<_> = names
        .into_iter()
        .filter(|name| (5000..9000).contains(&Slot::of(name).index()))
        .collect();
    expected.sort();
    assert_eq!(scan_all(&db, 5000 << 48, 9000), expected);
    // A cursor nobody handed out ends the scan.
    assert_eq!(
        db.scan(u64::MAX, Slot::COUNT, &mut |_| panic!("no key is there")),
        0
    );
}

#[test]
fn random_is_fair() {
    let mut db = Database::new(SEED);
    for number in 0..2000 {
        let name = if number < 1500 {
            format!("{{x}}{number}")
        } else {
            format!("{number}")
        };
        db.put(key(name.as_bytes()), NewValue::Int(number), None, 0);
    }
    let mut dice = Dice(9);
    let mut counts = HashMap::new();
    for _ in 0..200_000 {
        let entry = db.random(|| dice.roll()).expect("there are keys");
        *counts.entry(entry.key().to_vec()).or_insert(0) += 1;
    }
    assert_eq!(counts.len(), 2000);
    assert!(
        counts.values().all(|count| (40..190).contains(count)),
        "{:?}",
        counts.values().max()
    );
}

/// No insert and no removal moves more than one segment's entries, however large the table gets.
#[test]
fn no_step_moves_many_entries() {
    for tag in ["", "{one slot}"] {
        let mut db = Database::new(SEED);
        let mut most = 0;
        let mut sum = 0;
        for number in 0..100_000 {
            moves::take();
            db.put(
                key(format!("{tag}{number}").as_bytes()),
                NewValue::Int(1),
                None,
                0,
            );
            let moved = moves::take();
            most = most.max(moved);
            sum += moved;
        }
        assert!(most <= 600, "{most}");
        assert!(sum < 100_000 * 5, "{sum}");
        for number in 0..100_000 {
            db.delete(key(format!("{tag}{number}").as_bytes()));
            assert!(moves::take() <= 600);
        }
    }
}

/// Keys that are deleted and set again with an expiry leave stale positions, which must not pile up.
#[test]
fn stale_positions_are_swept() {
    let mut db = Database::new(SEED);
    let mut dice = Dice(5);
    for turn in 0..300_000i64 {
        let name = format!("lock:{}", dice.below(1000));
        if turn % 3 == 0 {
            db.delete(key(name.as_bytes()));
        } else {
            db.put(
                key(name.as_bytes()),
                NewValue::Int(turn),
                Some(UnixMillis(86_400_000 + turn)),
                0,
            );
        }
        assert!(db.positions() < 20_000);
    }
    let expiring = db.expiring_len();
    let mut taken = 0;
    while db.has_due(UnixMillis(i64::MAX)) {
        taken += usize::from(db.take_due(UnixMillis(i64::MAX)).is_some());
    }
    assert_eq!(taken, expiring);
}

#[test]
fn hashes_that_collide_only_slow_things_down() {
    // A table of one slot, filled with one hash.
    let mut table = super::chunk::SlotTable::EMPTY;
    let same = key(b"same");
    for number in 0..3000u32 {
        let entry = super::entry::EntryBox::new(
            b"same",
            NewValue::Int(number.into()),
            None,
            0,
            super::entry::WheelMark::Absent,
            false,
        );
        table.insert(same.hash(), entry, SEED);
    }
    table.check();
    assert_eq!(table.len(), 3000);
    for _ in 0..3000 {
        assert!(table.remove(same.probe(), SEED).is_some());
    }
    assert_eq!(table.len(), 0);
}

#[test]
fn flushed_keys_are_freed_in_slices() {
    let mut db = Database::new(SEED);
    for number in 0..30_000 {
        let name = if number % 2 == 0 {
            format!("{{x}}{number}")
        } else {
            format!("{number}")
        };
        db.put(
            key(name.as_bytes()),
            NewValue::Int(number),
            Some(UnixMillis(number)),
            0,
        );
    }
    let mut retired = db.take_all();
    assert!(db.is_empty() && db.expiring_len() == 0 && db.random(|| 0).is_none());
    assert!(db.take_due(UnixMillis(i64::MAX)).is_none());
    db.put(key(b"new"), NewValue::Int(1), None, 0);
    let mut slices = 0;
    while !retired.drop_some(100) {
        slices += 1;
    }
    assert!(slices > 100, "{slices}");
    assert_eq!(db.len(), 1);
}

#[test]
fn values_keep_their_encoding_through_the_table() {
    let mut db = Database::new(SEED);
    let long = vec![b'v'; 5000];
    for (value, encoding) in [
        (NewValue::from_bytes(b"12"), "int"),
        (NewValue::from_bytes(b"short"), "embstr"),
        (NewValue::from_bytes(&[b'm'; 300]), "raw"),
        (NewValue::from_bytes(&long), "raw"),
        (
            NewValue::Owned(Value::String(StringValue::Raw(long.clone()))),
            "raw",
        ),
        (
            NewValue::Owned(Value::String(StringValue::Raw(b"abc".to_vec()))),
            "raw",
        ),
        (
            NewValue::Owned(Value::String(StringValue::Embedded(b"abc"[..].into()))),
            "embstr",
        ),
    ] {
        db.put(key(b"k"), value, None, 0);
        let entry = db.get(key(b"k")).expect("just put");
        assert_eq!(entry.value().encoding(), encoding);
        assert!(entry.allocated() >= entry.key().len() + 8);
        let owned = entry.value().to_owned();
        db.put(key(b"copy"), NewValue::Owned(owned), Some(UnixMillis(7)), 0);
        let copy = db.get(key(b"copy")).expect("just put");
        assert_eq!(copy.value().encoding(), encoding);
        assert_eq!(copy.expiry(), Some(UnixMillis(7)));
        assert!(db.set_expiry(key(b"copy"), None));
        assert_eq!(
            db.get(key(b"copy"))
                .expect("still there")
                .value()
                .encoding(),
            encoding
        );
    }
    fn is_send<T: Send>() {}
    is_send::<Database>();
    is_send::<super::Retired>();
    is_send::<super::Detached>();
}
