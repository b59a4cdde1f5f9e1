//! Set commands on one shard: replies, errors, encodings, and what the log is told.

use crate::commands::driver::{NOW, logged, run, run_at, shard};
use crate::resp::reply::Protocol;
use crate::shard::Shard;

fn sorted(reply: &str) -> Vec<&str> {
    let mut words: Vec<&str> = reply
        .split(' ')
        .skip(1)
        .filter(|word| !word.starts_with('$'))
        .collect();
    words.sort_unstable();
    words
}

fn encoding(shard: &mut Shard, key: &str) -> String {
    let reply = run(shard, &format!("OBJECT ENCODING {key}"));
    reply.split(' ').next_back().unwrap_or_default().to_owned()
}

fn fill(shard: &mut Shard, key: &str, members: impl Iterator<Item = String>) {
    members.for_each(|member| drop(run(shard, &format!("SADD {key} {member}"))));
}

#[test]
fn members_come_and_go() {
    let shard = &mut shard();
    assert_eq!(run(shard, "SADD k a b a"), ":2");
    assert_eq!(run(shard, "SADD k a"), ":0");
    assert_eq!(run(shard, "SCARD k"), ":2");
    assert_eq!(run(shard, "SISMEMBER k a"), ":1");
    assert_eq!(run(shard, "SISMEMBER none a"), ":0");
    assert_eq!(run(shard, "SMISMEMBER k a x b"), "*3 :1 :0 :1");
    assert_eq!(run(shard, "SMISMEMBER none a x"), "*2 :0 :0");
    assert_eq!(run(shard, "SMEMBERS k"), "*2 $1 a $1 b");
    assert_eq!(run(shard, "SREM k a x"), ":1");
    assert_eq!(run(shard, "SREM k b b"), ":1");
    assert_eq!(run(shard, "EXISTS k"), ":0");
    assert_eq!(run(shard, "SREM k b"), ":0");
    assert_eq!(run(shard, "SMEMBERS k"), "*0");
    assert_eq!(run_at(shard, NOW, Protocol::Resp3, "SMEMBERS k"), "~0");
    assert_eq!(run(shard, "TYPE k"), "+none");
}

#[test]
fn encodings_follow_the_limits() {
    let shard = &mut shard();
    run(shard, "SADD ints 1 2 3");
    assert_eq!(encoding(shard, "ints"), "intset");
    run(shard, "SADD ints a");
    assert_eq!(encoding(shard, "ints"), "listpack");
    assert_eq!(run(shard, "SMEMBERS ints"), "*4 $1 1 $1 2 $1 3 $1 a");
    run(shard, "SREM ints a");
    assert_eq!(encoding(shard, "ints"), "listpack");
    run(shard, &format!("SADD ints {}", "x".repeat(65)));
    assert_eq!(encoding(shard, "ints"), "hashtable");
    fill(shard, "many", (0..512).map(|number| number.to_string()));
    assert_eq!(encoding(shard, "many"), "intset");
    run(shard, "SADD many 512");
    assert_eq!(encoding(shard, "many"), "hashtable");
    fill(shard, "words", (0..128).map(|number| format!("w{number}")));
    assert_eq!(encoding(shard, "words"), "listpack");
    run(shard, "SADD words w128");
    assert_eq!(encoding(shard, "words"), "hashtable");
    fill(shard, "mixed", (0..128).map(|number| number.to_string()));
    run(shard, "SADD mixed a");
    assert_eq!(encoding(shard, "mixed"), "hashtable");
    let many: String = (0..129).map(|number| format!(" m{}", number % 3)).collect();
    run(shard, &format!("SADD announced{many}"));
    assert_eq!(encoding(shard, "announced"), "hashtable");
}

#[test]
fn popped_members_are_logged() {
    let shard = &mut shard();
    run(shard, "SADD k a");
    assert_eq!(logged(shard, "SPOP k"), "SREM k a");
    assert_eq!(run(shard, "SPOP k"), "$-1");
    assert_eq!(run(shard, "SPOP k 3"), "*0");
    run(shard, "SADD k a b");
    assert_eq!(logged(shard, "SPOP k 0"), "");
    assert_eq!(logged(shard, "SPOP k 2"), "DEL k");
    assert_eq!(run(shard, "EXISTS k"), ":0");
    fill(shard, "many", (0..3000).map(|number| number.to_string()));
    let log = logged(shard, "SPOP many 2500");
    let entries: Vec<&str> = log.split("; ").collect();
    assert_eq!(entries.len(), 3);
    assert!(entries.iter().all(|entry| entry.starts_with("SREM many ")));
    assert_eq!(log.split(' ').count(), 2500 + 3 * 2);
    assert_eq!(run(shard, "SCARD many"), ":500");
    assert_eq!(
        run(shard, "SPOP many -1"),
        "-ERR value is out of range, must be positive"
    );
    assert_eq!(
        run(shard, "SPOP many x"),
        "-ERR value is out of range, must be positive"
    );
    assert_eq!(run(shard, "SPOP many 1 2"), "-ERR syntax error");
    run(shard, "SADD one x");
    assert_eq!(run_at(shard, NOW, Protocol::Resp3, "SPOP one 5"), "~1 $1 x");
    run(shard, "SPOP many 495");
    assert_eq!(encoding(shard, "many"), "listpack");
}

#[test]
fn random_members_are_members() {
    let shard = &mut shard();
    assert_eq!(run(shard, "SRANDMEMBER k"), "$-1");
    assert_eq!(run(shard, "SRANDMEMBER k 2"), "*0");
    for key in ["few", "many"] {
        let count = if key == "few" { 5 } else { 400 };
        fill(shard, key, (0..count).map(|number| format!("m{number}")));
        assert_eq!(run(shard, &format!("SRANDMEMBER {key} 0")), "*0");
        assert!(run(shard, &format!("SRANDMEMBER {key}")).contains(" m"));
        for (asked, got) in [
            ("3", 3),
            ("300", count.min(300)),
            ("1000", count),
            ("-7", 7),
            ("-1000", 1000),
        ] {
            let reply = run(shard, &format!("SRANDMEMBER {key} {asked}"));
            let mut words = sorted(&reply);
            assert_eq!(words.len(), got, "{asked}");
            if !asked.starts_with('-') {
                words.dedup();
                assert_eq!(words.len(), got, "{asked}");
            }
        }
    }
    assert_eq!(
        run(shard, "SRANDMEMBER few -9223372036854775808"),
        "-ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807"
    );
    assert_eq!(run(shard, "SRANDMEMBER few 1 2"), "-ERR syntax error");
}

#[test]
fn sets_are_combined() {
    let shard = &mut shard();
    run(shard, "SADD a 1 2 3 x");
    run(shard, "SADD b 2 3 y");
    run(shard, "SADD c 3 x y z");
    for (command, members) in [
        ("SINTER a b", "2 3"),
        ("SINTER a b c", "3"),
        ("SINTER a a", "1 2 3 x"),
        ("SINTER a none", ""),
        ("SUNION a b c none", "1 2 3 x y z"),
        ("SUNION none", ""),
        ("SDIFF a b", "1 x"),
        ("SDIFF a b c", "1"),
        ("SDIFF a none", "1 2 3 x"),
        ("SDIFF none a", ""),
        ("SDIFF a a", ""),
        ("SDIFF b a a c c", ""),
    ] {
        let reply = run(shard, command);
        assert_eq!(sorted(&reply).join(" "), members, "{command}");
    }
    assert_eq!(run_at(shard, NOW, Protocol::Resp3, "SINTER a none"), "~0");
    assert_eq!(run(shard, "SINTERCARD 2 a b"), ":2");
    assert_eq!(run(shard, "SINTERCARD 2 a b LIMIT 1"), ":1");
    assert_eq!(run(shard, "SINTERCARD 2 a b limit 0"), ":2");
    for (command, error) in [
        ("SINTERCARD 0 a", "numkeys should be greater than 0"),
        ("SINTERCARD x a", "numkeys should be greater than 0"),
        (
            "SINTERCARD 3 a b",
            "Number of keys can't be greater than number of args",
        ),
        ("SINTERCARD 1 a b", "syntax error"),
        ("SINTERCARD 1 a LIMIT", "syntax error"),
        ("SINTERCARD 1 a LIMIT -1", "LIMIT can't be negative"),
        ("SINTERCARD 1 a LIMIT x", "LIMIT can't be negative"),
    ] {
        assert_eq!(run(shard, command), format!("-ERR {error}"), "{command}");
    }
}

#[test]
fn combinations_are_stored() {
    let shard = &mut shard();
    run(shard, "SADD a 1 2 3 x");
    run(shard, "SADD b 2 3 y");
    assert_eq!(run(shard, "SINTERSTORE r a b"), ":2");
    assert_eq!(encoding(shard, "r"), "intset");
    assert_eq!(run(shard, "SMEMBERS r"), "*2 $1 2 $1 3");
    assert_eq!(run(shard, "SUNIONSTORE r a b"), ":5");
    assert_eq!(encoding(shard, "r"), "listpack");
    run(shard, "PEXPIRE r 100000");
    assert_eq!(run(shard, "SDIFFSTORE r r a"), ":1");
    assert_eq!(run(shard, "SMEMBERS r"), "*1 $1 y");
    assert_eq!(run(shard, "TTL r"), ":-1");
    assert_eq!(run(shard, "SINTERSTORE a a b none"), ":0");
    assert_eq!(run(shard, "EXISTS a b"), ":1");
    run(shard, "SET s text");
    assert_eq!(run(shard, "SUNIONSTORE s b"), ":3");
    assert_eq!(run(shard, "TYPE s"), "+set");
    assert_eq!(logged(shard, "SUNIONSTORE none2 none"), "");
    assert_eq!(logged(shard, "SDIFFSTORE s b b"), "verbatim");
}

/// Large sets are taken out of the keyspace while they are combined.
#[test]
fn large_sets_come_back() {
    let shard = &mut shard();
    fill(shard, "a", (0..1000).map(|number| number.to_string()));
    fill(shard, "b", (500..1500).map(|number| number.to_string()));
    run(shard, "PEXPIRE a 100000");
    run(shard, "SET s text");
    assert_eq!(sorted(&run(shard, "SINTER a b")).len(), 500);
    assert_eq!(sorted(&run(shard, "SINTER a a b a")).len(), 500);
    assert_eq!(sorted(&run(shard, "SUNION b a b")).len(), 1500);
    assert_eq!(run(shard, "SDIFF a b a"), "*0");
    assert!(run(shard, "SINTER a b s").starts_with("-WRONGTYPE"));
    assert_eq!(
        run(shard, "SINTERCARD 2 a b LIMIT x"),
        "-ERR LIMIT can't be negative"
    );
    assert_eq!(run(shard, "PTTL a"), ":100000");
    assert_eq!(run(shard, "SCARD a"), ":1000");
    assert_eq!(run(shard, "SINTERSTORE a a b a"), ":500");
    assert_eq!(run(shard, "SUNIONSTORE b a a b b"), ":1000");
    assert_eq!(run(shard, "SCARD a"), ":500");
    assert_eq!(run(shard, "PTTL a"), ":-1");
    assert_eq!(run(shard, "SDIFFSTORE b a b"), ":0");
    assert_eq!(run(shard, "EXISTS a b"), ":1");
}

#[test]
fn members_move() {
    let shard = &mut shard();
    run(shard, "SADD a 1 x");
    run(shard, "SET s text");
    assert_eq!(run(shard, "SMOVE a b x"), ":1");
    assert_eq!(run(shard, "SMOVE a b x"), ":0");
    assert_eq!(run(shard, "SMEMBERS b"), "*1 $1 x");
    assert_eq!(run(shard, "SMOVE a a 1"), ":1");
    assert_eq!(run(shard, "SMOVE a a 2"), ":0");
    assert_eq!(run(shard, "SMOVE none s 1"), ":0");
    assert!(run(shard, "SMOVE a s 1").starts_with("-WRONGTYPE"));
    assert!(run(shard, "SMOVE a s 2").starts_with("-WRONGTYPE"));
    assert!(run(shard, "SMOVE s a 1").starts_with("-WRONGTYPE"));
    assert_eq!(logged(shard, "SMOVE a b 1"), "verbatim");
    assert_eq!(run(shard, "EXISTS a"), ":0");
    assert_eq!(run(shard, "SCARD b"), ":2");
    run(shard, "SADD c 1");
    assert_eq!(run(shard, "SMOVE c b 1"), ":1");
    assert_eq!(run(shard, "EXISTS c"), ":0");
    assert_eq!(run(shard, "SMOVE b ints 1"), ":1");
    assert_eq!(encoding(shard, "ints"), "intset");
}

#[test]
fn walks_meet_all_members() {
    let shard = &mut shard();
    assert_eq!(run(shard, "SSCAN none 0 NOPE"), "*2 $1 0 *0");
    assert_eq!(run(shard, "SSCAN none x"), "-ERR invalid cursor");
    run(shard, "SADD few a b 1");
    assert_eq!(
        run(shard, "SSCAN few 5 COUNT 1"),
        "*2 $1 0 *3 $1 a $1 b $1 1"
    );
    assert_eq!(run(shard, "SSCAN few 0 MATCH [ab]"), "*2 $1 0 *2 $1 a $1 b");
    assert_eq!(run(shard, "SSCAN few 0 TYPE set"), "-ERR syntax error");
    assert_eq!(run(shard, "SSCAN few 0 COUNT 0"), "-ERR syntax error");
    fill(shard, "many", (0..1000).map(|number| format!("m{number}")));
    let (mut cursor, mut all) = ("0".to_owned(), std::collections::BTreeSet::new());
    loop {
        let reply = run(shard, &format!("SSCAN many {cursor} COUNT 50 MATCH m*"));
        let words: Vec<&str> = reply.split(' ').collect();
        cursor = words[2].to_owned();
        all.extend(
            words[4..]
                .iter()
                .skip(1)
                .step_by(2)
                .map(|word| (*word).to_owned()),
        );
        if cursor == "0" {
            break;
        }
    }
    assert_eq!(all.len(), 1000);
}

#[test]
fn other_types_are_refused() {
    let shard = &mut shard();
    run(shard, "SET s text");
    for command in [
        "SADD s a",
        "SREM s a",
        "SISMEMBER s a",
        "SMISMEMBER s a",
        "SCARD s",
        "SMEMBERS s",
        "SPOP s",
        "SPOP s 2",
        "SPOP s 0",
        "SRANDMEMBER s",
        "SRANDMEMBER s 2",
        "SMOVE s t a",
        "SINTER none s",
        "SINTERSTORE t none s",
        "SINTERCARD 1 s",
        "SUNION s",
        "SUNIONSTORE t s",
        "SDIFF none s",
        "SDIFFSTORE t s",
        "SSCAN s 0",
    ] {
        assert!(run(shard, command).starts_with("-WRONGTYPE"), "{command}");
    }
    assert_eq!(run(shard, "GET s"), "$4 text");
    assert_eq!(run(shard, "EXISTS t"), ":0");
}
