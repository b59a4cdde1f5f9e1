//! Snapshots against the state at their beginning, while random commands run between random slices of the walk.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use proptest::prelude::*;

use crate::commands::driver::{NOW, run, run_in, shard};
use crate::keyspace::entry::Entry;
use crate::keyspace::key::Key;
use crate::keyspace::walk::Sink;
use crate::shard::{DbIndex, Shard};
use crate::time::UnixMillis;
use crate::value::{NewValue, Value};

/// Keys by database and name, with value and expiry.
type Image = BTreeMap<(u32, Vec<u8>), (Value, Option<UnixMillis>)>;

#[derive(Clone, Default)]
struct Film(Arc<Mutex<(Image, usize)>>);

impl Film {
    fn begin(&self, shard: &mut Shard) {
        shard.begin_snapshot(|db| {
            let film = self.clone();
            Box::new(Camera { db: db.0, film })
        });
    }

    /// What was taken, and how many databases have ended.
    fn take(&self) -> (Image, usize) {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

struct Camera {
    db: u32,
    film: Film,
}

impl Sink for Camera {
    fn entry(&mut self, entry: Entry<'_>) {
        let mut film = self.film.0.lock().expect("nobody panics with it");
        let taken = (entry.value().to_owned(), entry.expiry());
        let former = film.0.insert((self.db, entry.key().to_vec()), taken);
        assert!(former.is_none(), "an entry is handed over once");
    }

    fn end(self: Box<Self>) {
        self.film.0.lock().expect("nobody panics with it").1 += 1;
    }
}

fn image(shard: &Shard) -> Image {
    let mut image = Image::new();
    for (db, database) in shard.databases() {
        database.for_each(&mut |entry| {
            let seen = (entry.value().to_owned(), entry.expiry());
            image.insert((db.0, entry.key().to_vec()), seen);
        });
    }
    image
}

/// The digest of what an image holds, and when each key expires.
fn digest(image: Image) -> (String, Vec<Option<UnixMillis>>) {
    let mut shard = shard();
    let mut expiries = Vec::new();
    for ((db, name), (value, expiry)) in image {
        let key = Key::new(&name, shard.seed());
        let database = shard.database_mut(DbIndex(db));
        database.put(key, NewValue::Owned(value), expiry, 0);
        expiries.push(expiry);
    }
    (run(&mut shard, "DEBUG DIGEST"), expiries)
}

const KEYS: usize = 40;

/// A command over few keys, of a kind that changes something.
fn command() -> impl Strategy<Value = (u32, String)> {
    let key = || (0..KEYS).prop_map(|key| format!("k{key}"));
    let one = (key(), 0..26_u32, any::<i16>()).prop_map(|(key, kind, n)| {
        let long = "x".repeat(80);
        match kind {
            0..=3 => format!("SET {key} {n}"),
            4 => format!("SET {key} {long}{n} PX {}", 100 + i32::from(n).abs()),
            5 => format!("APPEND {key} {n}"),
            6 => format!("SETRANGE {key} 3 {n}"),
            7 => format!("INCRBY {key} {n}"),
            8 => format!("RPUSH {key} {n} {long}"),
            9 => format!("LPOP {key}"),
            10 => format!("HSET {key} f{} {n}", n % 8),
            11 => format!("HDEL {key} f{}", n % 8),
            12 => format!("SADD {key} {n} {}", n % 5),
            13 => format!("SPOP {key}"),
            14 => format!("ZADD {key} {n} m{}", n % 9),
            15 => format!("ZREM {key} m{}", n % 9),
            16 => format!("XADD {key} * f {n}"),
            17 => format!("XTRIM {key} MAXLEN 1"),
            18 => format!("PEXPIRE {key} {n}"),
            19 => format!("PERSIST {key}"),
            20 => format!("GETDEL {key}"),
            21 => format!("GETEX {key} PX 5000"),
            22 => format!("HPEXPIRE {key} 50 FIELDS 1 f{}", n % 8),
            23 => format!("UNLINK {key}"),
            24 => format!("PFADD {key} {n}"),
            _ => format!("GET {key}"),
        }
    });
    let two = (key(), key(), 0..5_u32, 0..3_u32).prop_map(|(one, other, kind, db)| match kind {
        0 => format!("RENAME {one} {other}"),
        1 => format!("COPY {one} {other} DB {db} REPLACE"),
        2 => format!("MOVE {one} {db}"),
        3 => format!("SINTERSTORE {one} {other} {one}"),
        _ => format!("LMOVE {one} {other} LEFT RIGHT"),
    });
    let all = prop_oneof![
        Just("FLUSHDB".to_owned()),
        Just("FLUSHDB ASYNC".to_owned()),
        (0..3_u32, 0..3_u32).prop_map(|(one, other)| format!("SWAPDB {one} {other}")),
        Just("FLUSHALL".to_owned()),
    ];
    (0..3_u32, prop_oneof![20 => one, 5 => two, 1 => all])
}

#[derive(Clone, Debug)]
enum Step {
    Command(u32, String),
    Walk(usize),
    Expire(i64),
    Evict,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => command().prop_map(|(db, line)| Step::Command(db, line)),
        3 => (1..30_usize).prop_map(Step::Walk),
        1 => (0..2000_i64).prop_map(Step::Expire),
        1 => Just(Step::Evict),
    ]
}

/// Does a step. FLUSHALL would give the snapshot up where the server runs it.
fn take(shard: &mut Shard, step: &Step) {
    match step {
        Step::Command(db, line) => drop(run_in(shard, DbIndex(*db), line)),
        Step::Walk(steps) => walk(shard, *steps),
        Step::Expire(later) => drop(shard.expire_some(UnixMillis(NOW.0 + later), 100)),
        Step::Evict => {
            let victim = shard.choose_victim(NOW, |_| true);
            victim
                .into_iter()
                .for_each(|(db, key)| shard.evict(db, &key));
        }
    }
}

fn walk(shard: &mut Shard, steps: usize) {
    for _ in 0..steps {
        shard.walk_some();
    }
}

fn finish(shard: &mut Shard) {
    while shard.walk_some() {}
    assert!(!shard.is_walking());
    while shard.free_some(1000) {}
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn a_snapshot_is_the_state_at_its_cut(
        before in proptest::collection::vec(command(), 0..150),
        rounds in proptest::collection::vec(proptest::collection::vec(step(), 0..80), 1..4),
    ) {
        let mut shard = shard();
        shard.limits.eviction = crate::shard::eviction::Policy::Random(crate::shard::eviction::Among::All);
        before.iter().for_each(|(db, line)| drop(run_in(&mut shard, DbIndex(*db), line)));
        for steps in rounds {
            let (film, at_cut) = (Film::default(), image(&shard));
            let databases = shard.databases().filter(|(_, db)| !db.is_empty()).count();
            film.begin(&mut shard);
            steps.iter().for_each(|step| take(&mut shard, step));
            finish(&mut shard);
            let (taken, ended) = film.take();
            prop_assert_eq!(ended, databases);
            prop_assert_eq!(taken.keys().collect::<Vec<_>>(), at_cut.keys().collect::<Vec<_>>());
            prop_assert_eq!(digest(taken), digest(at_cut));
        }
    }
}

#[test]
fn what_is_given_up_leaves_nothing_behind() {
    let mut shard = shard();
    (0..2000).for_each(|key| drop(run(&mut shard, &format!("SET key{key} {key}"))));
    let (first, second) = (Film::default(), Film::default());
    first.begin(&mut shard);
    walk(&mut shard, 100);
    run(&mut shard, "SET key7 new");
    shard.give_up_snapshot();
    finish(&mut shard);
    let (taken, ended) = first.take();
    assert!(ended == 0 && !taken.is_empty() && taken.len() < 2000);
    let at_cut = image(&shard);
    second.begin(&mut shard);
    run(&mut shard, "FLUSHALL");
    finish(&mut shard);
    assert_eq!(digest(second.take().0), digest(at_cut));
    assert_eq!(shard.retired(), 0);
}
