use super::ROWS;
use crate::rdb::format::Version;
use crate::rdb::payload;
use engine::command::args::OwnedArgs;
use engine::command::spec::Command;
use engine::effect::log_form::LogForm;
use engine::keyspace::key::HashSeed;
use engine::limits::{AccessPolicy, Limits};
use engine::resp::reply::Protocol;
use engine::shard::context::{Caller, ShardContext, Ttl};
use engine::shard::execute::execute;
use engine::shard::{DbIndex, Shard};
use engine::time::UnixMillis;
use engine::value::string::StringRef;
use engine::value::{NewValue, ValueRef};

const NOW: UnixMillis = UnixMillis(1_711_800_000_000);

fn shard() -> Shard {
    Shard::new(HashSeed(1), 2, Limits::default())
}

fn context(shard: &mut Shard) -> ShardContext<'_> {
    ShardContext::new(shard, DbIndex(0), NOW, Caller::default())
}

fn set(shard: &mut Shard, key: &str, value: &str) {
    let value = NewValue::from_bytes(value.as_bytes());
    let event = engine::effect::event::Event::SET;
    context(shard).put(key.as_bytes(), value, Ttl::Clear, event);
}

fn get(shard: &mut Shard, key: &str) -> Option<Vec<u8>> {
    let mut context = context(shard);
    let string = context.read_string(key.as_bytes()).expect("a string");
    string.map(|string| string.to_vec())
}

fn payload(text: &str) -> Vec<u8> {
    let value = ValueRef::String(StringRef::Embedded(text.as_bytes()));
    payload::dump(value, Version::V10, true)
}

/// RESTORE with these words behind the payload.
fn restore(shard: &mut Shard, key: &str, ttl: &str, payload: &[u8], options: &str) -> String {
    let head = ["restore", key, ttl].map(str::as_bytes);
    let options = options.split_whitespace().map(str::as_bytes);
    let words: OwnedArgs = head.into_iter().chain([payload]).chain(options).collect();
    let reply = run(shard, "restore", &words);
    String::from_utf8_lossy(&reply).trim_end().to_owned()
}

fn run(shard: &mut Shard, name: &str, words: &OwnedArgs) -> Vec<u8> {
    let row: &Command = ROWS
        .iter()
        .find(|row| row.name == name)
        .expect("there is such a row");
    let caller = Caller::speaking(Protocol::Resp2);
    let mut reply = Vec::new();
    execute(
        shard,
        row,
        DbIndex(0),
        caller,
        NOW,
        &words.as_args(),
        &mut reply,
    );
    reply
}

#[test]
fn what_is_dumped_is_restored() {
    let mut shard = shard();
    set(&mut shard, "a", "text");
    let words: OwnedArgs = [b"dump".as_slice(), b"a"].into_iter().collect();
    let reply = run(&mut shard, "dump", &words);
    let expected = payload("text");
    assert_eq!(reply, [b"$16\r\n", &expected[..], b"\r\n"].concat());
    assert_eq!(restore(&mut shard, "b", "0", &expected, ""), "+OK");
    assert_eq!(get(&mut shard, "b").as_deref(), Some(&b"text"[..]));
    let missing: OwnedArgs = [b"dump".as_slice(), b"c"].into_iter().collect();
    assert_eq!(run(&mut shard, "dump", &missing), b"$-1\r\n");
}

#[test]
fn a_key_that_is_there_stays_without_replace() {
    let mut shard = shard();
    set(&mut shard, "a", "old");
    let new = payload("new");
    let busy = "-BUSYKEY Target key name already exists.";
    assert_eq!(restore(&mut shard, "a", "x", b"", ""), busy);
    assert_eq!(restore(&mut shard, "a", "0", &new, "REPLACE"), "+OK");
    assert_eq!(get(&mut shard, "a").as_deref(), Some(&b"new"[..]));
}

#[test]
fn bad_words_are_refused_in_their_order() {
    let mut shard = shard();
    let whole = payload("text");
    for (ttl, payload, options, error) in [
        ("x", &b""[..], "nope", "-ERR syntax error"),
        ("x", b"", "IDLETIME", "-ERR syntax error"),
        ("x", b"", "IDLETIME 1 FREQ 1", "-ERR syntax error"),
        (
            "x",
            b"",
            "IDLETIME -1",
            "-ERR Invalid IDLETIME value, must be >= 0",
        ),
        (
            "x",
            b"",
            "FREQ 256",
            "-ERR Invalid FREQ value, must be >= 0 and <= 255",
        ),
        (
            "x",
            b"",
            "FREQ y",
            "-ERR value is not an integer or out of range",
        ),
        ("x", b"", "", "-ERR value is not an integer or out of range"),
        ("-1", b"", "", "-ERR Invalid TTL value, must be >= 0"),
        (
            "0",
            b"",
            "",
            "-ERR DUMP payload version or checksum are wrong",
        ),
        (
            "0",
            &whole[..15],
            "",
            "-ERR DUMP payload version or checksum are wrong",
        ),
    ] {
        let reply = restore(&mut shard, "a", ttl, payload, options);
        assert_eq!(reply, error, "{ttl} {options}");
    }
    let mut strange = b"\x63\x0a\0".to_vec();
    let checksum = crate::rdb::crc64::crc64(0, &strange).to_le_bytes();
    strange.extend_from_slice(&checksum);
    let reply = restore(&mut shard, "a", "0", &strange, "");
    assert_eq!(reply, "-ERR Bad data format");
    assert_eq!(get(&mut shard, "a"), None);
}

#[test]
fn lives_are_logged_as_moments() {
    let mut shard = shard();
    shard.log.is_read = true;
    let text = payload("text");
    assert_eq!(restore(&mut shard, "a", "50", &text, "REPLACE"), "+OK");
    let (_, LogForm::Instead(entries)) = shard.log.take() else {
        panic!("it is logged in another form")
    };
    let words: Vec<&[u8]> = entries[0].as_args().iter().collect();
    let at = (NOW.0 + 50).to_string();
    let expected: [&[u8]; 6] = [
        b"restore",
        b"a",
        at.as_bytes(),
        &text,
        b"REPLACE",
        b"ABSTTL",
    ];
    assert_eq!(words, expected);
    let expiry = context(&mut shard)
        .peek(b"a")
        .and_then(|entry| entry.expiry());
    assert_eq!(expiry, Some(UnixMillis(NOW.0 + 50)));
    restore(&mut shard, "a", &at, &text, "REPLACE ABSTTL");
    assert!(matches!(shard.log.take().1, LogForm::Verbatim));
}

#[test]
fn what_has_expired_only_takes_the_old_value_away() {
    let mut shard = shard();
    set(&mut shard, "a", "old");
    let text = payload("text");
    let reply = restore(&mut shard, "a", "1000", &text, "ABSTTL REPLACE");
    assert_eq!(reply, "+OK");
    assert_eq!(get(&mut shard, "a"), None);
    let changes = shard.changes;
    assert_eq!(restore(&mut shard, "a", "1000", &text, "ABSTTL"), "+OK");
    assert_eq!((get(&mut shard, "a"), shard.changes), (None, changes));
}

#[test]
fn use_is_restored_where_it_is_counted() {
    let mut shard = shard();
    let text = payload("text");
    let bits = |shard: &mut Shard| {
        let mut context = context(shard);
        context.peek(b"a").expect("it is there").access()
    };
    restore(&mut shard, "a", "0", &text, "REPLACE IDLETIME 100");
    let idle = engine::shard::access::idle_millis(bits(&mut shard), NOW);
    assert_eq!(idle, 100_000);
    restore(&mut shard, "a", "0", &text, "REPLACE FREQ 100");
    let idle = engine::shard::access::idle_millis(bits(&mut shard), NOW);
    assert_eq!(idle, 0);
    shard.limits.access = AccessPolicy::Frequency;
    restore(&mut shard, "a", "0", &text, "REPLACE FREQ 100");
    let limits = shard.limits;
    let counter = engine::shard::access::frequency(bits(&mut shard), &limits, NOW);
    assert_eq!(counter, 100);
}
