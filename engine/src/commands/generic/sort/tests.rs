use crate::commands::driver::{run, shard};
use crate::shard::Shard;

/// The values of an array of strings, `-` for nulls.
fn sorted(shard: &mut Shard, line: &str) -> String {
    let reply = run(shard, line);
    let mut words = reply.split(' ');
    let mut values = Vec::new();
    assert!(
        words.next().is_some_and(|head| head.starts_with('*')),
        "{line}: {reply}"
    );
    while let Some(head) = words.next() {
        values.push(if head == "$-1" {
            "-"
        } else {
            words.next().unwrap_or_default()
        });
    }
    values.join(" ")
}

#[test]
fn numbers_and_texts_are_sorted() {
    let mut shard = shard();
    run(&mut shard, "RPUSH l 3 1 10 2 -5 1.5 inf 0x10");
    assert_eq!(sorted(&mut shard, "SORT l"), "-5 1 1.5 2 3 10 0x10 inf");
    assert_eq!(
        sorted(&mut shard, "SORT l DESC"),
        "inf 0x10 10 3 2 1.5 1 -5"
    );
    assert_eq!(
        sorted(&mut shard, "SORT l ALPHA"),
        "-5 0x10 1 1.5 10 2 3 inf"
    );
    assert_eq!(sorted(&mut shard, "SORT_RO l ALPHA DESC LIMIT 1 2"), "3 2");
    run(&mut shard, "SADD s 4 2 a");
    let error = "-ERR One or more scores can't be converted into double";
    assert_eq!(run(&mut shard, "SORT s"), error);
    assert_eq!(run(&mut shard, "SORT s GET #"), error);
    assert_eq!(run(&mut shard, "SORT s GET w_*"), error);
    assert_eq!(run(&mut shard, "SORT s STORE t"), error);
    assert_eq!(sorted(&mut shard, "SORT s ALPHA"), "2 4 a");
    assert_eq!(sorted(&mut shard, "SORT missing"), "");
}

#[test]
fn limits_choose_a_window() {
    let mut shard = shard();
    run(&mut shard, "RPUSH l 5 3 1 4 2");
    for (limit, values) in [
        ("0 2", "1 2"),
        ("1 3", "2 3 4"),
        ("4 10", "5"),
        ("5 1", ""),
        ("-3 2", "1 2"),
        ("2 -1", "3 4 5"),
        ("0 0", ""),
        ("2 9223372036854775807", "3 4 5"),
    ] {
        assert_eq!(
            sorted(&mut shard, &format!("SORT l LIMIT {limit}")),
            values,
            "{limit}"
        );
    }
    assert_eq!(sorted(&mut shard, "SORT l BY x LIMIT 1 2"), "3 1");
    assert_eq!(sorted(&mut shard, "SORT l BY x LIMIT 1 2 DESC"), "4 1");
    assert_eq!(
        run(&mut shard, "SORT l LIMIT 1 x"),
        "-ERR value is not an integer or out of range"
    );
    assert_eq!(run(&mut shard, "SORT l LIMIT 1"), "-ERR syntax error");
}

#[test]
fn names_are_followed() {
    let mut shard = shard();
    run(&mut shard, "RPUSH l 1 2 3 4");
    run(
        &mut shard,
        "MSET w_1 30 w_2 10 w_3 20 n_1 one n_2 two n_3 three",
    );
    run(&mut shard, "HSET h_1 f 3 g x");
    run(&mut shard, "HSET h_2 f 1");
    run(&mut shard, "HSET h_4 f 2 g y");
    assert_eq!(sorted(&mut shard, "SORT l BY w_*"), "4 2 3 1");
    assert_eq!(
        sorted(&mut shard, "SORT l BY w_* GET # GET n_* GET x"),
        "4 - - 2 two - 3 three - 1 one -"
    );
    assert_eq!(
        sorted(&mut shard, "SORT l BY h_*->f GET h_*->g LIMIT 1 3"),
        "- y x"
    );
    assert_eq!(sorted(&mut shard, "SORT l BY n_* ALPHA DESC"), "2 3 1 4");
    assert_eq!(sorted(&mut shard, "SORT l BY none GET w_*"), "30 10 20 -");
    assert_eq!(
        sorted(&mut shard, "SORT l GET h_* GET w_*->f"),
        "- - - - - - - -"
    );
    run(&mut shard, "SET w_4 x");
    assert!(run(&mut shard, "SORT l BY w_*").starts_with("-ERR One or more"));
}

#[test]
fn results_are_stored() {
    let mut shard = shard();
    run(&mut shard, "RPUSH l 3 1 2");
    run(&mut shard, "SET t x EX 100");
    assert_eq!(run(&mut shard, "SORT l STORE t"), ":3");
    assert_eq!(run(&mut shard, "LRANGE t 0 -1"), "*3 $1 1 $1 2 $1 3");
    assert_eq!(run(&mut shard, "TTL t"), ":-1");
    assert_eq!(run(&mut shard, "OBJECT ENCODING t"), "$8 listpack");
    assert_eq!(
        run(&mut shard, "SORT l GET w_* GET # STORE l LIMIT 0 1"),
        ":2"
    );
    assert_eq!(run(&mut shard, "LRANGE l 0 -1"), "*2 $0  $1 1");
    assert_eq!(run(&mut shard, "SORT l LIMIT 5 5 ALPHA STORE t"), ":0");
    assert_eq!(run(&mut shard, "EXISTS t"), ":0");
    run(&mut shard, "SADD s c a b");
    assert_eq!(run(&mut shard, "SORT s BY none STORE t"), ":3");
    assert_eq!(run(&mut shard, "LRANGE t 0 -1"), "*3 $1 a $1 b $1 c");
    assert_eq!(run(&mut shard, "SORT_RO s STORE t"), "-ERR syntax error");
    assert_eq!(run(&mut shard, "SORT s STORE"), "-ERR syntax error");
}

#[test]
fn other_types_are_refused() {
    let mut shard = shard();
    run(&mut shard, "SET x 1");
    run(&mut shard, "HSET h a 1");
    let error = "-WRONGTYPE Operation against a key holding the wrong kind of value";
    for command in [
        "SORT x",
        "SORT h",
        "SORT x BY w_*",
        "SORT_RO x GET w_*",
        "SORT x STORE y",
    ] {
        assert_eq!(run(&mut shard, command), error, "{command}");
    }
    assert_eq!(run(&mut shard, "SORT x nonsense"), "-ERR syntax error");
    assert_eq!(run(&mut shard, "SORT x"), error);
}
