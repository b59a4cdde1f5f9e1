use crate::commands::driver::{NOW, logged, run, run_at, shard};
use crate::effect::event::EventClass;
use crate::effect::notice::EventMask;
use crate::limits::Limits;
use crate::resp::reply::Protocol;
use crate::shard::Shard;

/// A shard whose lists have nodes of `size`, see `list-max-listpack-size`.
fn shard_with(size: i32) -> Shard {
    let mut shard = shard();
    shard.limits = Limits {
        list_max_listpack_size: size,
        ..Limits::default()
    };
    shard
}

fn check(shard: &mut Shard, steps: &[(&str, &str)]) {
    for (command, reply) in steps {
        assert_eq!(run(shard, command), *reply, "{command}");
    }
}

#[test]
fn elements_are_added_and_taken_at_both_ends() {
    check(
        &mut shard(),
        &[
            ("RPUSH k b c", ":2"),
            ("LPUSH k a 1", ":4"),
            ("LRANGE k 0 -1", "*4 $1 1 $1 a $1 b $1 c"),
            ("RPOP k", "$1 c"),
            ("LPOP k 2", "*2 $1 1 $1 a"),
            ("LLEN k", ":1"),
            ("RPOP k 5", "*1 $1 b"),
            ("EXISTS k", ":0"),
            ("LPOP k", "$-1"),
            ("LPOP k 0", "*-1"),
            ("LPUSHX k a", ":0"),
            ("RPUSHX k a", ":0"),
        ],
    );
}

#[test]
fn arguments_are_looked_at_in_redis_order() {
    let mut shard = shard();
    let wrong_type = "-WRONGTYPE Operation against a key holding the wrong kind of value";
    let no_integer = "-ERR value is not an integer or out of range";
    run(&mut shard, "RPUSH l a b c");
    run(&mut shard, "SET s 1");
    check(
        &mut shard,
        &[
            (
                "LPOP none x",
                "-ERR value is out of range, must be positive",
            ),
            ("LPOP s -1", "-ERR value is out of range, must be positive"),
            (
                "LPOP l 1 2",
                "-ERR wrong number of arguments for 'lpop' command",
            ),
            (
                "RPOP l 1 2",
                "-ERR wrong number of arguments for 'rpop' command",
            ),
            ("LINDEX none x", "$-1"),
            ("LINDEX s x", wrong_type),
            ("LINDEX l x", no_integer),
            ("LSET none x v", "-ERR no such key"),
            ("LSET s x v", wrong_type),
            ("LSET l x v", no_integer),
            ("LSET l 3 v", "-ERR index out of range"),
            ("LRANGE s x 1", no_integer),
            ("LTRIM none 1 x", no_integer),
            ("LREM s x a", no_integer),
            ("LINSERT s beside a b", "-ERR syntax error"),
            ("LMOVE none s LEFT RIGHT", "$-1"),
            ("LMOVE none s LEFT UP", "-ERR syntax error"),
            ("LMOVE l s LEFT RIGHT", wrong_type),
            ("LMPOP 2 none s LEFT", wrong_type),
            ("LMPOP 2 l s LEFT", "*2 $1 l *1 $1 a"),
            ("LPOS s a RANK x", no_integer),
            ("LRANGE l 0 -1", "*2 $1 b $1 c"),
        ],
    );
    for command in [
        "LPUSH",
        "RPUSHX",
        "LPOP",
        "LLEN",
        "RPOPLPUSH l",
        "LREM s 0",
        "LPOS s",
    ] {
        let line = match command.split_once(' ') {
            Some((_, "l")) => "RPOPLPUSH l s".to_owned(),
            Some(_) => format!("{command} a"),
            None if command.contains("PUSH") => format!("{command} s a"),
            None => format!("{command} s"),
        };
        assert_eq!(run(&mut shard, &line), wrong_type, "{line}");
    }
}

#[test]
fn the_encoding_follows_the_size() {
    let mut shard = shard_with(4);
    let (listpack, quicklist) = ("$8 listpack", "$9 quicklist");
    check(
        &mut shard,
        &[
            ("RPUSH k a b c d", ":4"),
            ("OBJECT ENCODING k", listpack),
            ("LINSERT k BEFORE missing x", ":-1"),
            ("OBJECT ENCODING k", quicklist),
            ("LPOP k", "$1 a"),
            ("OBJECT ENCODING k", quicklist),
            ("LTRIM k 0 1", "+OK"),
            ("OBJECT ENCODING k", listpack),
            ("RPUSH k d e f", ":5"),
            ("LREM k 0 d", ":1"),
            ("LMOVE k k LEFT RIGHT", "$1 b"),
            ("OBJECT ENCODING k", quicklist),
            ("LMPOP 1 k LEFT COUNT 2", "*2 $1 k *2 $1 c $1 e"),
            ("OBJECT ENCODING k", listpack),
            ("LRANGE k 0 -1", "*2 $1 f $1 b"),
        ],
    );
    let mut shard = shard_with(-1);
    let long = "x".repeat(5000);
    run(&mut shard, &format!("RPUSH k {long} a"));
    assert_eq!(run(&mut shard, "OBJECT ENCODING k"), quicklist);
    run(&mut shard, "LSET k 0 short");
    assert_eq!(run(&mut shard, "OBJECT ENCODING k"), listpack);
    run(&mut shard, &format!("LSET k 1 {long}"));
    assert_eq!(run(&mut shard, "OBJECT ENCODING k"), quicklist);
    assert_eq!(run(&mut shard, "LINDEX k 1"), format!("$5000 {long}"));
}

#[test]
fn elements_are_found_from_both_ends() {
    for size in [-2, 3] {
        let mut shard = shard_with(size);
        run(&mut shard, "RPUSH k a b c 1 2 3 c c");
        check(
            &mut shard,
            &[
                ("LPOS k c", ":2"),
                ("LPOS k c RANK -1", ":7"),
                ("LPOS k c RANK 2", ":6"),
                ("LPOS k c RANK 9223372036854775807", "$-1"),
                ("LPOS k c COUNT 0", "*3 :2 :6 :7"),
                ("LPOS k c COUNT 0 RANK -2", "*2 :6 :2"),
                ("LPOS k c COUNT 1 RANK 2", "*1 :6"),
                ("LPOS k c COUNT 0 MAXLEN 3 RANK -1", "*2 :7 :6"),
                ("LPOS k x", "$-1"),
                ("LPOS k x COUNT 1", "*0"),
                ("LPOS none x COUNT 1", "*0"),
                ("LPOS none x", "$-1"),
                ("LPOS k c COUNT -1", "-ERR COUNT can't be negative"),
                ("LPOS k c MAXLEN -1", "-ERR MAXLEN can't be negative"),
                ("LPOS k c RANK", "-ERR syntax error"),
            ],
        );
        let none = run(&mut shard, "LPOS k c RANK 0");
        assert!(none.starts_with("-ERR RANK can't be zero: use 1 to start from the first match"));
        let least = run(&mut shard, "LPOS k c RANK -9223372036854775808");
        assert!(least.starts_with("-ERR value is out of range"));
    }
}

#[test]
fn a_list_that_rotates_keeps_its_expiry() {
    let mut shard = shard();
    run(&mut shard, "RPUSH k only");
    run(&mut shard, "PEXPIRE k 1000");
    assert_eq!(run(&mut shard, "RPOPLPUSH k k"), "$4 only");
    assert_eq!(run(&mut shard, "PTTL k"), ":1000");
}

#[test]
fn each_protocol_has_its_own_nulls() {
    let mut shard = shard();
    for command in [
        "LPOP k",
        "LPOP k 1",
        "LMPOP 1 k LEFT",
        "LMOVE k k LEFT LEFT",
        "LPOS k a",
    ] {
        let reply = run_at(&mut shard, NOW, Protocol::Resp3, command);
        assert_eq!(reply, "_", "{command}");
    }
}

#[test]
fn the_log_gets_what_was_done() {
    let mut shard = shard();
    for (command, log) in [
        ("RPUSH k a b c d e f g", "verbatim"),
        ("LPOP k", "verbatim"),
        ("RPOP k 0", ""),
        ("LMOVE k o LEFT RIGHT", "LMOVE k o LEFT RIGHT"),
        ("RPOPLPUSH k k", "RPOPLPUSH k k"),
        ("LMPOP 2 none k LEFT COUNT 2", "LPOP k 2"),
        ("LMPOP 1 k RIGHT", "RPOP k 1"),
        ("LMPOP 1 k RIGHT COUNT 100", "RPOP k 2"),
        ("LMPOP 1 k RIGHT", ""),
        ("LSET o 0 x", "verbatim"),
        ("LINSERT o BEFORE missing x", ""),
        ("LREM o 0 missing", ""),
        ("LPUSHX none x", ""),
        ("LTRIM o 1 0", "verbatim"),
        ("LMOVE none o LEFT RIGHT", ""),
    ] {
        assert_eq!(logged(&mut shard, command), log, "{command}");
    }
    assert_eq!(run(&mut shard, "DBSIZE"), ":0");
}

#[test]
fn transfers_are_logged_once_and_without_a_timeout() {
    let mut shard = shard();
    run(&mut shard, "RPUSH k a b c d e");
    for (line, entry) in [
        ("LMOVE k m LEFT RIGHT", "LMOVE k m LEFT RIGHT"),
        ("BLMOVE k m RIGHT LEFT 0", "LMOVE k m RIGHT LEFT"),
        ("BLMOVE k k RIGHT LEFT 0", "LMOVE k k RIGHT LEFT"),
        ("RPOPLPUSH k m", "RPOPLPUSH k m"),
        ("BRPOPLPUSH k m 1", "RPOPLPUSH k m"),
        ("BLMOVE none m RIGHT LEFT 0", ""),
    ] {
        assert_eq!(logged(&mut shard, line), entry, "{line}");
    }
}

#[test]
fn a_push_is_told_before_the_pop_it_came_from() {
    let mut shard = shard();
    run(&mut shard, "RPUSH k a");
    shard.limits.notify = EventMask::default()
        .with(EventClass::List)
        .with(EventClass::Generic);
    run(&mut shard, "LMOVE k m LEFT RIGHT");
    let told: Vec<&str> = shard
        .take_notices()
        .iter()
        .map(|notice| notice.event.name)
        .collect();
    assert_eq!(told, ["rpush", "lpop", "del"]);
}
