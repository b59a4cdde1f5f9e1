//! Files that are whole, cut off, changed in a byte, or made up.

use super::*;
use crate::disk::MemoryDisk;
use crate::rdb::format::Version;
use crate::snapshot::batch::{Batch, Duplicates, Loaded};
use crate::snapshot::chunk::{Chunk, ChunkMaker, Encoding, Outlet, Usage};
use crate::snapshot::file::{SnapshotFile, Target};
use crate::snapshot::header::{DatabaseSize, Header};
use engine::keyspace::entry::Entry;
use engine::keyspace::key::{HashSeed, Key};
use engine::limits::Limits;
use engine::shard::Shard;
use engine::value::string::StringValue;
use engine::value::{Value, ValueRef};
use proptest::prelude::*;
use std::path::Path;
use std::sync::{Arc, Mutex};

#[derive(Clone, Default)]
struct Chunks(Arc<Mutex<Vec<Chunk>>>);

impl Outlet for Chunks {
    fn take(&mut self, chunk: Chunk) {
        self.0.lock().expect("nobody panics with it").push(chunk);
    }

    fn note_key(&mut self) {}

    fn end(&mut self) {}
}

fn shard() -> Shard {
    Shard::new(HashSeed(3), 4, Limits::default())
}

fn text(bytes: &[u8]) -> Value {
    Value::String(StringValue::Raw(bytes.to_vec()))
}

/// Some keys in two databases, one of them large.
fn filled() -> Shard {
    let mut shard = shard();
    for number in 0..300_u32 {
        let (key, value) = (format!("key:{number}"), "v".repeat(number as usize * 10));
        let expiry = (number % 3 == 0).then(|| UnixMillis(i64::from(number) * 1000));
        shard.load(
            number % 2 * 5,
            key.as_bytes(),
            text(value.as_bytes()),
            expiry,
            0,
        );
    }
    shard.load(0, b"large", text(&vec![b'x'; 3 * BLOCK]), None, 0);
    shard
}

fn saved(shard: &mut Shard, compresses: bool) -> Vec<u8> {
    let chunks = Chunks::default();
    let encoding = Encoding {
        version: Version::V10,
        compresses,
        usage: Usage::None,
    };
    shard.begin_snapshot(|db| Box::new(ChunkMaker::new(db.0, encoding, chunks.clone())));
    while shard.walk_some() {}
    let disk = MemoryDisk::default();
    let target = Target {
        path: "dump.rdb".into(),
        temp: "temp.rdb".into(),
        has_checksum: true,
        syncs_early: true,
    };
    let header = Header {
        version: Version::V10,
        aux: vec![("redis-ver", "7.2.4".to_owned())],
        functions: vec![b"#!lua name=f".to_vec()],
        databases: vec![DatabaseSize {
            db: 5,
            keys: 150,
            expiring: 50,
        }],
    };
    let mut file = SnapshotFile::create(&disk, target, &header).expect("there is room");
    for chunk in chunks.0.lock().expect("nobody panics with it").drain(..) {
        file.append(&chunk.bytes).expect("there is room");
    }
    file.finish().expect("there is room");
    disk.read(Path::new("dump.rdb")).expect("it is there")
}

fn reader(bytes: &[u8]) -> Result<SnapshotReader<&[u8]>, LoadFault> {
    SnapshotReader::new(bytes, bytes.len() as u64, 16, true)
}

/// Loads a file; returns how many keys were kept.
fn load(bytes: &[u8], shard: &mut Shard) -> Result<usize, LoadFault> {
    let (mut reader, mut batch) = (reader(bytes)?, Batch::default());
    loop {
        match reader.next_record()? {
            Record::Key(key) => batch.push(&key),
            Record::End => break,
            Record::Aux(..) | Record::Function(_) => {}
        }
    }
    let mut kept = 0;
    for index in 0..batch.len() {
        let loaded = batch.load(index, shard, UnixMillis(1), Duplicates::Refuse)?;
        kept += usize::from(loaded == Loaded::Kept);
    }
    Ok(kept)
}

fn same(one: &Shard, other: &Shard) -> bool {
    let bytes = |entry: Entry<'_>| match entry.value() {
        ValueRef::String(string) => string.to_vec(),
        other => panic!("{other:?} is no string"),
    };
    let mut databases = one.databases().zip(other.databases());
    databases.all(|((_, one), (_, other))| {
        let mut all = one.len() == other.len();
        one.for_each(&mut |entry| {
            let twin = other.get(Key::new(entry.key(), one.seed()));
            all &= twin
                .is_some_and(|twin| twin.expiry() == entry.expiry() && bytes(twin) == bytes(entry));
        });
        all
    })
}

#[test]
fn what_was_saved_is_loaded() {
    for compresses in [false, true] {
        let mut shard_one = filled();
        let bytes = saved(&mut shard_one, compresses);
        let mut shard_two = shard();
        let kept = load(&bytes, &mut shard_two).expect("it is whole");
        // That of key 0 is over.
        assert_eq!(kept, 300);
        shard_two.load(0, b"key:0", text(b""), Some(UnixMillis(0)), 0);
        assert!(same(&shard_one, &shard_two));
    }
}

#[test]
fn what_is_cut_off_is_noticed() {
    let bytes = saved(&mut filled(), true);
    for end in (0..bytes.len())
        .step_by(97)
        .chain(bytes.len() - 20..bytes.len())
    {
        let fault = load(&bytes[..end], &mut shard()).expect_err("its end is missing");
        let text = fault.to_string();
        assert!(text.starts_with("Short read"), "{end}: {text}");
    }
}

#[test]
fn every_changed_byte_is_noticed() {
    let bytes = saved(&mut filled(), true);
    for at in (0..bytes.len()).step_by(61) {
        let mut broken = bytes.clone();
        broken[at] ^= 0x41;
        assert!(load(&broken, &mut shard()).is_err(), "byte {at}");
    }
}

#[test]
fn faults_are_told_in_words_that_tools_know() {
    for (bytes, words) in [
        (
            &b"REDIS0013\xff\0\0\0\0\0\0\0\0"[..],
            "Can't handle RDB format version 0013",
        ),
        (
            b"REDIS0000\xff\0\0\0\0\0\0\0\0",
            "Can't handle RDB format version 0000",
        ),
        (
            b"RUBIS0010\xff\0\0\0\0\0\0\0\0",
            "Wrong signature trying to load DB from file",
        ),
        (
            b"REDIS0010\xff\x01\0\0\0\0\0\0\0",
            "Wrong RDB checksum expected: (1)",
        ),
        (
            b"REDIS0010\xfe\x10\xff\0\0\0\0\0\0\0\0",
            "FATAL: Data file was created",
        ),
        (
            b"REDIS0010\x07\x01k\x81\0\0\0\0\0\0\0\0",
            "The RDB file contains module data",
        ),
        (
            b"REDIS0010\x08\x01k\x01v\xff\0\0\0\0\0\0\0\0",
            "Internal error in RDB reading offset 9",
        ),
        (
            b"REDIS0010\0\x01k\x01v\0\x01k\x01v\xff\0\0\0\0\0\0\0\0",
            "RDB has duplicated key 'k' in DB 0",
        ),
        (
            b"REDIS0010\0\x81\x7f\xff\xff\xff\xff\xff\xff\xff",
            "Short read",
        ),
    ] {
        let fault = load(bytes, &mut shard()).expect_err(words).to_string();
        assert!(fault.starts_with(words), "{fault}");
    }
}

#[test]
fn records_of_all_kinds_are_read_or_passed_over() {
    let file = b"REDIS0012\xf7\x05\x02\x01\x05\x03abc\x04\0\0\0\0\0\0\0\0\0\xf4\x01\x02\x03\xfb\x05\x01\xfe\x03\
        \xfd\x10\0\0\0\xf8\x05\0\x01a\x01b\xf9\x07\0\x01c\xc0\x05\xff\0\0\0\0\0\0\0\0";
    let mut reader = reader(file).expect("it begins well");
    let Ok(Record::Key(key)) = reader.next_record() else {
        panic!("the first key is there")
    };
    assert_eq!(
        (key.db, key.expiry, key.usage),
        (3, Some(UnixMillis(16_000)), Some(RawUsage::Idle(5)))
    );
    assert_eq!((&*key.key, key.value), (&b"a"[..], &b"\x01b"[..]));
    let Ok(Record::Key(key)) = reader.next_record() else {
        panic!("the second key is there")
    };
    assert_eq!(
        (key.expiry, key.usage),
        (None, Some(RawUsage::Frequency(7)))
    );
    assert!(matches!(reader.next_record(), Ok(Record::End)));
}

proptest! {
    #[test]
    fn made_up_bytes_end_in_a_fault_or_well(
        bytes in prop::collection::vec(prop_oneof![any::<u8>(), 0..26_u8, 244..=255_u8], 0..300),
    ) {
        let mut file = b"REDIS0012".to_vec();
        file.extend(bytes);
        let _ = load(&file, &mut shard());
    }
}
