//! The family as clients see it.

use crate::command::args::OwnedArgs;
use crate::commands::driver::{NOW, logged, run, run_at, run_words, shard};
use crate::keyspace::key::Key;
use crate::resp::reply::Protocol;
use crate::shard::{DbIndex, Shard};
use crate::time::UnixMillis;

fn encoding(shard: &Shard, key: &str) -> &'static str {
    let key = Key::new(key.as_bytes(), shard.seed());
    shard
        .database(DbIndex(0))
        .get(key)
        .expect("the key is there")
        .value()
        .encoding()
}

fn expiry(shard: &Shard, key: &str) -> Option<i64> {
    let key = Key::new(key.as_bytes(), shard.seed());
    shard
        .database(DbIndex(0))
        .get(key)
        .and_then(|entry| entry.expiry())
        .map(|at| at.0 - NOW.0)
}

#[track_caller]
fn expect(shard: &mut Shard, steps: &[(&str, &str)]) {
    for (line, reply) in steps {
        assert_eq!(run(shard, line), *reply, "{line}");
    }
}

#[test]
fn set_stores_in_the_encoding_redis_would_choose() {
    let mut shard = shard();
    let long = "x".repeat(45);
    for (value, kind) in [
        ("12", "int"),
        ("-0", "embstr"),
        ("hello", "embstr"),
        (&long[1..], "embstr"),
        (&long, "raw"),
    ] {
        expect(
            &mut shard,
            &[
                (&format!("set k {value}"), "+OK"),
                ("strlen k", &format!(":{}", value.len())),
            ],
        );
        assert_eq!(
            run(&mut shard, "get k"),
            format!("${} {value}", value.len())
        );
        assert_eq!(encoding(&shard, "k"), kind, "{value}");
    }
    expect(
        &mut shard,
        &[
            ("get none", "$-1"),
            ("strlen none", ":0"),
            ("set \"\" \"\"", "+OK"),
            ("get \"\"", "$0"),
        ],
    );
    assert_eq!(run_at(&mut shard, NOW, Protocol::Resp3, "get none"), "_");
}

#[test]
fn set_conditions_and_get_go_together() {
    let mut shard = shard();
    expect(
        &mut shard,
        &[
            ("set k 1 xx", "$-1"),
            ("set k 1 nx", "+OK"),
            ("set k 2 nx", "$-1"),
            ("set k 2 XX", "+OK"),
            ("set k 3 get", "$1 2"),
            ("set k 4 nx get", "$1 3"),
            ("get k", "$1 3"),
            ("set k 4 xx get", "$1 3"),
            ("set new 1 nx get", "$-1"),
            ("get new", "$1 1"),
            ("set gone 1 xx get", "$-1"),
            ("get gone", "$-1"),
            ("set k 1 nx xx", "-ERR syntax error"),
            ("set k 1 xx nx get", "-ERR syntax error"),
            ("set k 1 foo", "-ERR syntax error"),
            ("set k 1 persist", "-ERR syntax error"),
            ("set k 1 nx nx", "$-1"),
            ("set k", "-ERR wrong number of arguments for 'set' command"),
        ],
    );
}

#[test]
fn set_expiries_are_moments() {
    let mut shard = shard();
    for (option, left) in [
        ("ex 10", Some(10_000)),
        ("keepttl", Some(10_000)),
        ("px 15", Some(15)),
        ("exat 1711800001", Some(1000)),
        ("pxat 1711800000007", Some(7)),
        ("ex 5 ex 6", Some(6_000)),
        ("", None),
    ] {
        assert_eq!(
            run(&mut shard, &format!("set k v {option}")),
            "+OK",
            "{option}"
        );
        assert_eq!(expiry(&shard, "k"), left, "{option}");
    }
    for option in [
        "ex",
        "px",
        "ex 1 px 1",
        "keepttl ex 1",
        "ex 1 keepttl",
        "exat 1 ex 1",
        "ex 1 persist",
    ] {
        assert_eq!(
            run(&mut shard, &format!("set k v {option}")),
            "-ERR syntax error",
            "{option}"
        );
    }
    for option in [
        "ex 0",
        "px -1",
        "ex 9223372036854776",
        "px 9223372036854775807",
        "exat -5",
        "pxat 0",
    ] {
        let refusal = "-ERR invalid expire time in 'set' command";
        assert_eq!(
            run(&mut shard, &format!("set k v {option}")),
            refusal,
            "{option}"
        );
    }
    assert_eq!(
        run(&mut shard, "set k v ex a"),
        "-ERR value is not an integer or out of range"
    );
    expect(
        &mut shard,
        &[
            ("set k v pxat 1", "+OK"),
            ("get k", "$-1"),
            ("set k v px 100", "+OK"),
        ],
    );
    assert_eq!(
        run_at(&mut shard, UnixMillis(NOW.0 + 99), Protocol::Resp2, "get k"),
        "$1 v"
    );
    assert_eq!(
        run_at(
            &mut shard,
            UnixMillis(NOW.0 + 100),
            Protocol::Resp2,
            "get k"
        ),
        "$-1"
    );
}

#[test]
fn old_spellings_of_set() {
    let mut shard = shard();
    expect(
        &mut shard,
        &[
            ("setnx k 1", ":1"),
            ("setnx k 2", ":0"),
            ("getset k 3", "$1 1"),
            ("getset other 3", "$-1"),
            ("setex k 7 v", "+OK"),
            ("setex k 0 v", "-ERR invalid expire time in 'setex' command"),
            (
                "psetex k -7 v",
                "-ERR invalid expire time in 'psetex' command",
            ),
            (
                "setex k x v",
                "-ERR value is not an integer or out of range",
            ),
        ],
    );
    assert_eq!(expiry(&shard, "k"), Some(7000));
    expect(&mut shard, &[("psetex k 7 v", "+OK")]);
    assert_eq!(expiry(&shard, "k"), Some(7));
    expect(&mut shard, &[("getset k w", "$1 v")]);
    assert_eq!(expiry(&shard, "k"), None);
}

#[test]
fn getex_and_getdel() {
    let mut shard = shard();
    expect(
        &mut shard,
        &[
            ("getex k ex 0", "$-1"),
            ("getdel k", "$-1"),
            ("set k v", "+OK"),
            ("getex k", "$1 v"),
            ("getex k ex 10", "$1 v"),
            ("getex k keepttl", "-ERR syntax error"),
            ("getex k ex", "-ERR syntax error"),
            ("getex k ex 1 persist", "-ERR syntax error"),
            (
                "getex k ex 0",
                "-ERR invalid expire time in 'getex' command",
            ),
            (
                "getex k px x",
                "-ERR value is not an integer or out of range",
            ),
        ],
    );
    assert_eq!(expiry(&shard, "k"), Some(10_000));
    expect(&mut shard, &[("getex k persist", "$1 v")]);
    assert_eq!(expiry(&shard, "k"), None);
    expect(
        &mut shard,
        &[
            ("getex k pxat 1", "$1 v"),
            ("get k", "$-1"),
            ("set k w", "+OK"),
            ("getdel k", "$1 w"),
            ("get k", "$-1"),
        ],
    );
}

#[test]
fn many_at_once() {
    let mut shard = shard();
    expect(
        &mut shard,
        &[
            ("mset a 1 b two a 3", "+OK"),
            ("mget a b c a", "*4 $1 3 $3 two $-1 $1 3"),
            (
                "mset a 1 b",
                "-ERR wrong number of arguments for 'mset' command",
            ),
            (
                "msetnx a 1 b",
                "-ERR wrong number of arguments for 'msetnx' command",
            ),
            ("msetnx c 1 a 2", ":0"),
            ("mget c a", "*2 $-1 $1 3"),
            ("msetnx c 1 d xyz c 2", ":1"),
            ("mget c d", "*2 $1 2 $3 xyz"),
        ],
    );
    assert_eq!(
        (encoding(&shard, "c"), encoding(&shard, "d")),
        ("int", "embstr")
    );
}

#[test]
fn append_and_ranges() {
    let mut shard = shard();
    expect(
        &mut shard,
        &[
            ("append k 12", ":2"),
            ("setrange none 5 \"\"", ":0"),
            ("get none", "$-1"),
            ("setrange new 2 ab", ":4"),
            ("get new", "$4 \0\0ab"),
            ("setrange k -1 a", "-ERR offset is out of range"),
            (
                "setrange k x a",
                "-ERR value is not an integer or out of range",
            ),
            (
                "setrange k 536870912 a",
                "-ERR string exceeds maximum allowed size (proto-max-bulk-len)",
            ),
            (
                "setrange k 9223372036854775807 a",
                "-ERR string exceeds maximum allowed size (proto-max-bulk-len)",
            ),
            ("setrange k 5 \"\"", ":2"),
        ],
    );
    assert_eq!(
        (encoding(&shard, "k"), encoding(&shard, "new")),
        ("int", "raw")
    );
    expect(&mut shard, &[("append k 3", ":3"), ("incr k", ":124")]);
    assert_eq!(encoding(&shard, "k"), "int");
    expect(
        &mut shard,
        &[("setrange k 1 99", ":3"), ("get k", "$3 199")],
    );
    assert_eq!(encoding(&shard, "k"), "raw");
    expect(&mut shard, &[("set k \"Hello World\"", "+OK")]);
    for (range, text) in [
        ("0 -1", "Hello World"),
        ("0 4", "Hello"),
        ("-5 -1", "World"),
        ("-1 -5", ""),
        ("5 3", ""),
        ("3 100", "lo World"),
        ("-100 3", "Hell"),
        ("-100 -100", "H"),
        ("-100 -101", ""),
        ("-9223372036854775808 9223372036854775807", "Hello World"),
        ("11 12", ""),
    ] {
        let reply = format!("${} {text}", text.len());
        assert_eq!(
            run(&mut shard, &format!("getrange k {range}")),
            reply.trim_end(),
            "{range}"
        );
        assert_eq!(
            run(&mut shard, &format!("substr k {range}")),
            reply.trim_end(),
            "{range}"
        );
    }
    expect(
        &mut shard,
        &[
            ("getrange none 0 -1", "$0"),
            (
                "getrange k a 1",
                "-ERR value is not an integer or out of range",
            ),
        ],
    );
}

#[test]
fn appending_stops_at_the_limit() {
    let mut shard = shard();
    shard.limits.max_bulk = 5;
    let refusal = "-ERR string exceeds maximum allowed size (proto-max-bulk-len)";
    expect(
        &mut shard,
        &[
            ("append k abc", ":3"),
            ("append k def", refusal),
            ("append k de", ":5"),
            ("setrange k 5 a", refusal),
        ],
    );
}

#[test]
fn lcs_takes_no_more_memory_than_a_string_may() {
    let mut shard = shard();
    shard.limits.max_bulk = 4 * 4 * 5;
    let refusal = "-ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len";
    expect(
        &mut shard,
        &[
            ("mset a abc b abcd c abcde", "+OK"),
            ("lcs a b len", ":3"),
            ("lcs a c len", refusal),
        ],
    );
}

#[test]
fn counting() {
    let mut shard = shard();
    let (not_integer, overflow) = (
        "-ERR value is not an integer or out of range",
        "-ERR increment or decrement would overflow",
    );
    expect(
        &mut shard,
        &[
            ("incr k", ":1"),
            ("incrby k 10", ":11"),
            ("decrby k 12", ":-1"),
            ("decr k", ":-2"),
            ("decr fresh", ":-1"),
            ("set k \" 11\"", "+OK"),
            ("incr k", not_integer),
            ("incrby k 1x", not_integer),
            ("set k 9223372036854775807", "+OK"),
            ("incr k", overflow),
            ("incrby k -9223372036854775808", ":-1"),
            (
                "decrby k -9223372036854775808",
                "-ERR decrement would overflow",
            ),
            ("set k -9223372036854775808", "+OK"),
            ("decr k", overflow),
            ("set k 1 ex 10", "+OK"),
            ("incr k", ":2"),
        ],
    );
    assert_eq!(expiry(&shard, "k"), Some(10_000));
    expect(
        &mut shard,
        &[
            ("incrbyfloat k 1", "$1 3"),
            ("incrbyfloat k 0.5", "$3 3.5"),
            ("incr k", not_integer),
        ],
    );
    assert_eq!(
        (expiry(&shard, "k"), encoding(&shard, "k")),
        (Some(10_000), "embstr")
    );
    expect(
        &mut shard,
        &[
            ("incrbyfloat new 1.5e2", "$3 150"),
            ("incrbyfloat new x", "-ERR value is not a valid float"),
            ("set word x", "+OK"),
            ("incrbyfloat word 1", "-ERR value is not a valid float"),
            (
                "incrbyfloat new inf",
                "-ERR increment would produce NaN or Infinity",
            ),
            ("incrbyfloat new nan", "-ERR value is not a valid float"),
        ],
    );
    assert_eq!(encoding(&shard, "new"), "embstr");
}

#[test]
fn longest_common_subsequences() {
    let mut shard = shard();
    expect(
        &mut shard,
        &[
            ("mset a ohmytext b mynewtext", "+OK"),
            ("lcs a b", "$6 mytext"),
            ("lcs a b len", ":6"),
            (
                "lcs a b idx",
                "*4 $7 matches *2 *2 *2 :4 :7 *2 :5 :8 *2 *2 :2 :3 *2 :0 :1 $3 len :6",
            ),
            (
                "lcs a b idx minmatchlen 4 withmatchlen",
                "*4 $7 matches *1 *3 *2 :4 :7 *2 :5 :8 :4 $3 len :6",
            ),
            ("lcs a none", "$0"),
            ("lcs a none idx", "*4 $7 matches *0 $3 len :0"),
            ("lcs a a len", ":8"),
            (
                "lcs a b idx len",
                "-ERR If you want both the length and indexes, please just use IDX.",
            ),
            ("lcs a b minmatchlen", "-ERR syntax error"),
            ("lcs a b foo", "-ERR syntax error"),
            (
                "lcs a b minmatchlen x",
                "-ERR value is not an integer or out of range",
            ),
        ],
    );
}

#[test]
fn the_log_gets_effects() {
    let mut shard = shard();
    for (line, entry) in [
        ("set k v", "verbatim"),
        ("set k v nx", ""),
        ("set k v ex 1", "SET k v PXAT 1711800001000"),
        ("set k v pxat 1711800002000", "verbatim"),
        ("set k v get xx", "set k v xx"),
        ("set k v get px 5", "SET k v PXAT 1711800000005"),
        ("setex k 1 v", "SET k v PXAT 1711800001000"),
        ("psetex k 1 v", "SET k v PXAT 1711800000001"),
        ("getset k 5", "SET k 5"),
        ("getex k", ""),
        ("getex k px 9", "PEXPIREAT k 1711800000009"),
        ("getex k persist", "PERSIST k"),
        ("getex k persist", ""),
        ("getex k exat 5", "DEL k"),
        ("getdel k", ""),
        ("incr k", "verbatim"),
        ("incrbyfloat k 1.5", "SET k 2.5 KEEPTTL"),
        ("getdel k", "DEL k"),
        ("append k a", "verbatim"),
        ("setrange k 0 \"\"", ""),
        ("mset a 1 b 2", "verbatim"),
        ("msetnx a 1 c 2", ""),
        ("mget a b", ""),
    ] {
        assert_eq!(logged(&mut shard, line), entry, "{line}");
    }
}

#[test]
fn values_are_bytes() {
    let mut shard = shard();
    let all: Vec<u8> = (0..=255).cycle().take(3000).collect();
    let words: OwnedArgs = [b"SET".as_slice(), b"k\r\n\0", &all].into_iter().collect();
    assert_eq!(
        run_words(&mut shard, NOW, Protocol::Resp2, &words),
        b"+OK\r\n"
    );
    let words: OwnedArgs = [b"GET".as_slice(), b"k\r\n\0"].into_iter().collect();
    let reply = run_words(&mut shard, NOW, Protocol::Resp2, &words);
    assert_eq!(reply, [b"$3000\r\n".as_slice(), &all, b"\r\n"].concat());
}
