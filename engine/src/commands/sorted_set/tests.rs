//! Sorted set commands on one shard: replies, errors, encodings, and what the log is told.

use crate::commands::driver::{NOW, logged, run, run_at, shard};
use crate::resp::reply::Protocol;
use crate::shard::Shard;

fn resp3(shard: &mut Shard, line: &str) -> String {
    run_at(shard, NOW, Protocol::Resp3, line)
}

fn encoding(shard: &mut Shard, key: &str) -> String {
    let reply = run(shard, &format!("OBJECT ENCODING {key}"));
    reply.split(' ').next_back().unwrap_or_default().to_owned()
}

/// Runs `check` over the same members in a listpack and in a tree.
fn in_both_forms(check: impl Fn(&mut Shard)) {
    for entries in [128, 0] {
        let mut shard = shard();
        shard.limits.zset_max_listpack_entries = entries;
        check(&mut shard);
    }
}

#[test]
fn options_of_zadd_choose_who_is_touched() {
    in_both_forms(|shard| {
        assert_eq!(run(shard, "ZADD z XX 1 a"), ":0");
        assert_eq!(run(shard, "ZADD z XX INCR 1 a"), "$-1");
        assert_eq!(run(shard, "EXISTS z"), ":0");
        assert_eq!(run(shard, "ZADD z 1 a 2 b 3 c"), ":3");
        assert_eq!(run(shard, "ZADD z NX 9 a 4 d"), ":1");
        assert_eq!(run(shard, "ZADD z XX CH 5 a 9 e"), ":1");
        assert_eq!(run(shard, "ZADD z GT CH 1 a 8 b 7 f"), ":2");
        assert_eq!(run(shard, "ZADD z LT CH 9 a 1 b 1 c"), ":2");
        assert_eq!(run(shard, "ZADD z LT INCR 1 a"), "$-1");
        assert_eq!(run(shard, "ZADD z INCR 1.5 a"), "$3 6.5");
        assert_eq!(resp3(shard, "ZADD z INCR 0 a"), ",6.5");
        assert_eq!(
            run(shard, "ZRANGE z 0 -1 WITHSCORES"),
            "*10 $1 b $1 1 $1 c $1 1 $1 d $1 4 $1 a $3 6.5 $1 f $1 7"
        );
    });
}

#[test]
fn zadd_checks_its_words_in_order() {
    let shard = &mut shard();
    run(shard, "SET s x");
    for (line, error) in [
        ("ZADD s x a", "-ERR value is not a valid float"),
        ("ZADD s 1 a 2", "-ERR syntax error"),
        ("ZADD s NX CH", "-ERR syntax error"),
        (
            "ZADD s NX XX 1 a",
            "-ERR XX and NX options at the same time are not compatible",
        ),
        (
            "ZADD s NX LT 1 a",
            "-ERR GT, LT, and/or NX options at the same time are not compatible",
        ),
        (
            "ZADD s INCR 1 a 2 b",
            "-ERR INCR option supports a single increment-element pair",
        ),
        ("ZINCRBY s XX a", "-ERR syntax error"),
        (
            "ZADD s 1 a",
            "-WRONGTYPE Operation against a key holding the wrong kind of value",
        ),
    ] {
        assert_eq!(run(shard, line), error, "{line}");
    }
    run(shard, "ZADD z inf a");
    let changes = shard.changes;
    assert_eq!(
        run(shard, "ZINCRBY z -inf a"),
        "-ERR resulting score is not a number (NaN)"
    );
    assert_eq!(shard.changes, changes);
    assert_eq!(
        run(shard, "ZADD z 1 b nan c"),
        "-ERR value is not a valid float"
    );
    assert_eq!(run(shard, "ZCARD z"), ":1");
}

#[test]
fn a_set_without_members_is_gone() {
    in_both_forms(|shard| {
        for remove in [
            "ZREM z a b",
            "ZPOPMIN z 5",
            "ZPOPMAX z 2",
            "ZREMRANGEBYRANK z 0 -1",
            "ZREMRANGEBYSCORE z -inf +inf",
            "ZREMRANGEBYLEX z - +",
            "ZMPOP 1 z MAX COUNT 3",
        ] {
            run(shard, "ZADD z 1 a 1 b");
            run(shard, remove);
            assert_eq!(run(shard, "EXISTS z"), ":0", "{remove}");
        }
    });
}

#[test]
fn ranks_have_scores() {
    in_both_forms(|shard| {
        run(shard, "ZADD z 1 a 2 b 2.5 c");
        assert_eq!(run(shard, "ZRANK z c"), ":2");
        assert_eq!(run(shard, "ZREVRANK z c"), ":0");
        assert_eq!(run(shard, "ZRANK z c WITHSCORE"), "*2 :2 $3 2.5");
        assert_eq!(resp3(shard, "ZREVRANK z b withscore"), "*2 :1 ,2");
        assert_eq!(run(shard, "ZRANK z x"), "$-1");
        assert_eq!(run(shard, "ZRANK z x WITHSCORE"), "*-1");
        assert_eq!(run(shard, "ZRANK none x WITHSCORE"), "*-1");
        assert_eq!(run(shard, "ZRANK z a b"), "-ERR syntax error");
        assert_eq!(
            run(shard, "ZRANK z a WITHSCORE x"),
            "-ERR wrong number of arguments for 'zrank' command"
        );
    });
}

#[test]
fn results_are_stored_in_the_form_the_limits_ask_for() {
    let shard = &mut shard();
    run(shard, "ZADD a 1 x 2 y 3 z");
    run(shard, "SADD s x w");
    assert_eq!(run(shard, "ZUNIONSTORE d 2 a s WEIGHTS 2 10"), ":4");
    assert_eq!(encoding(shard, "d"), "listpack");
    assert_eq!(
        run(shard, "ZRANGE d 0 -1 WITHSCORES"),
        "*8 $1 y $1 4 $1 z $1 6 $1 w $2 10 $1 x $2 12"
    );
    shard.limits.zset_max_listpack_entries = 2;
    assert_eq!(run(shard, "ZRANGESTORE d a 0 1"), ":2");
    assert_eq!(encoding(shard, "d"), "listpack");
    assert_eq!(run(shard, "ZRANGESTORE d a 0 2"), ":3");
    assert_eq!(encoding(shard, "d"), "skiplist");
    assert_eq!(run(shard, "ZRANGESTORE d a 5 6"), ":0");
    assert_eq!(run(shard, "EXISTS d"), ":0");
}

#[test]
fn a_target_may_be_a_source() {
    // With more than 64 members a value is lent itself, not as a copy.
    for members in [3, 100] {
        let shard = &mut shard();
        for n in 0..members {
            run(shard, &format!("ZADD a {n} m{n}"));
        }
        run(shard, "ZADD b 1 m1");
        assert_eq!(run(shard, "ZUNIONSTORE a 3 a b a"), format!(":{members}"));
        assert_eq!(run(shard, "ZSCORE a m1"), "$1 3");
        assert_eq!(run(shard, "ZSCORE a m2"), "$1 4");
        assert_eq!(run(shard, "ZINTERSTORE b 2 a b AGGREGATE MAX"), ":1");
        assert_eq!(run(shard, "ZSCORE b m1"), "$1 3");
        assert_eq!(run(shard, "ZDIFFSTORE a 2 a a"), ":0");
        assert_eq!(run(shard, "EXISTS a"), ":0");
        assert_eq!(run(shard, "ZCARD b"), ":1");
    }
}

#[test]
fn what_is_lent_comes_back_from_errors() {
    let shard = &mut shard();
    for n in 0..100 {
        run(shard, &format!("ZADD a {n} m{n}"));
    }
    run(shard, "SET s x");
    for (line, error) in [
        ("ZUNION 2 a a foo", "-ERR syntax error"),
        ("ZUNION 1 a WEIGHTS x", "-ERR weight value is not a float"),
        ("ZUNIONSTORE d 1 a WITHSCORES", "-ERR syntax error"),
        (
            "ZINTER 2 a s foo",
            "-WRONGTYPE Operation against a key holding the wrong kind of value",
        ),
        ("ZINTERCARD 1 a LIMIT -1", "-ERR LIMIT can't be negative"),
        (
            "ZDIFF 0 a",
            "-ERR at least 1 input key is needed for 'zdiff' command",
        ),
    ] {
        assert_eq!(run(shard, line), error, "{line}");
        assert_eq!(run(shard, "ZCARD a"), ":100", "{line}");
    }
    assert_eq!(run(shard, "ZINTERCARD 2 a a LIMIT 7"), ":7");
    assert_eq!(run(shard, "ZINTERCARD 2 a a"), ":100");
}

#[test]
fn the_log_is_told_effects() {
    let shard = &mut shard();
    for (line, log) in [
        ("ZADD z 1 a 2 b 3 c 4 d 5 e", "verbatim"),
        ("ZADD z 1 a", ""),
        ("ZADD z INCR 1 a", "verbatim"),
        ("ZINCRBY z 1 a", "verbatim"),
        ("ZPOPMIN z", "verbatim"),
        ("ZPOPMIN z 0", ""),
        ("ZMPOP 2 none z MAX", "ZPOPMAX z 1"),
        ("ZMPOP 2 none z MIN COUNT 2", "ZPOPMIN z 2"),
        ("ZMPOP 1 none MIN", ""),
        ("ZRANGESTORE d z 0 -1", "verbatim"),
        ("ZUNIONSTORE d 1 z", "verbatim"),
        ("ZREM z nobody", ""),
        ("ZREMRANGEBYRANK z 5 9", ""),
    ] {
        assert_eq!(logged(shard, line), log, "{line}");
    }
}

#[test]
fn a_random_choice_has_the_right_size() {
    in_both_forms(|shard| {
        for n in 0..100 {
            run(shard, &format!("ZADD z {n} m{n}"));
        }
        for (count, words) in [(0, 0), (5, 5), (40, 40), (99, 99), (100, 100), (500, 100)] {
            let reply = run(shard, &format!("ZRANDMEMBER z {count}"));
            let members: Vec<&str> = reply.split(' ').filter(|w| w.starts_with('m')).collect();
            let mut distinct = members.clone();
            distinct.sort_unstable();
            distinct.dedup();
            assert_eq!((members.len(), distinct.len()), (words, words));
        }
        let reply = run(shard, "ZRANDMEMBER z -300 WITHSCORES");
        assert!(reply.starts_with("*600 "));
        assert!(resp3(shard, "ZRANDMEMBER z -3 WITHSCORES").starts_with("*3 *2 $"));
    });
}

#[test]
fn a_scan_finds_everything() {
    in_both_forms(|shard| {
        for n in 0..100 {
            run(shard, &format!("ZADD z {n}.5 m{n}"));
        }
        let (mut cursor, mut seen) = ("0".to_owned(), std::collections::BTreeSet::new());
        loop {
            let reply = run(shard, &format!("ZSCAN z {cursor} COUNT 7"));
            let words: Vec<&str> = reply.split(' ').collect();
            cursor = words[2].to_owned();
            seen.extend(
                words
                    .iter()
                    .filter(|word| word.starts_with('m'))
                    .map(|word| (*word).to_owned()),
            );
            if cursor == "0" {
                break;
            }
        }
        assert_eq!(seen.len(), 100);
    });
    assert_eq!(run(&mut shard(), "ZSCAN none 0 BAD"), "*2 $1 0 *0");
}
