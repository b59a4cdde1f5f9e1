use crate::commands::driver::{LATER, NOW, logged, run, run_at, run_later, shard};
use crate::resp::reply::Protocol;
use crate::shard::{DbIndex, Shard};
use crate::time::UnixMillis;
use std::collections::HashSet;

/// Runs each command and compares its reply.
fn play(shard: &mut Shard, steps: &[(&str, &str)]) {
    for (command, reply) in steps {
        assert_eq!(run(shard, command), *reply, "{command}");
    }
}

/// A shard whose hashes are tables from the first field on, and one whose hashes are not.
fn shards() -> [Shard; 2] {
    let mut large = shard();
    large.limits.hash_max_listpack_entries = 0;
    [shard(), large]
}

#[test]
fn fields_are_set_and_read() {
    for mut shard in shards() {
        play(
            &mut shard,
            &[
                ("HGET h a", "$-1"),
                ("HSET h a 1 b 2 a 3", ":2"),
                ("HGET h a", "$1 3"),
                ("HSET h a x", ":0"),
                ("HMSET h c 007 d \"\"", "+OK"),
                ("HMGET h a nope c d b", "*5 $1 x $-1 $3 007 $0  $1 2"),
                ("HSETNX h a y", ":0"),
                ("HSETNX h e y", ":1"),
                ("HSETNX new e y", ":1"),
                ("HLEN h", ":5"),
                ("HLEN nope", ":0"),
                ("HSTRLEN h c", ":3"),
                ("HSTRLEN h b", ":1"),
                ("HSTRLEN h nope", ":0"),
                ("HEXISTS h a", ":1"),
                ("HEXISTS h nope", ":0"),
                ("HEXISTS nope a", ":0"),
                ("HDEL h a b nope a", ":2"),
                ("HDEL h nope", ":0"),
                ("HDEL nope a", ":0"),
                ("HDEL h c d e f", ":3"),
                ("EXISTS h", ":0"),
                ("HMGET nope a b", "*2 $-1 $-1"),
                ("HGETALL nope", "*0"),
                ("TYPE new", "+hash"),
            ],
        );
    }
}

#[test]
fn small_hashes_keep_their_order() {
    let mut shard = shard();
    run(&mut shard, "HSET h b 1 a 2 c 3");
    run(&mut shard, "HSET h a 4");
    assert_eq!(run(&mut shard, "HKEYS h"), "*3 $1 b $1 a $1 c");
    assert_eq!(run(&mut shard, "HVALS h"), "*3 $1 1 $1 4 $1 3");
    assert_eq!(
        run(&mut shard, "HGETALL h"),
        "*6 $1 b $1 1 $1 a $1 4 $1 c $1 3"
    );
    let reply = run_at(&mut shard, NOW, Protocol::Resp3, "HGETALL h");
    assert_eq!(reply, "%3 $1 b $1 1 $1 a $1 4 $1 c $1 3");
}

#[test]
fn other_types_are_refused() {
    let mut shard = shard();
    run(&mut shard, "SET s 1");
    for command in [
        "HSET s a 1",
        "HSETNX s a 1",
        "HGET s a",
        "HMGET s a",
        "HLEN s",
        "HSTRLEN s a",
        "HEXISTS s a",
        "HGETALL s",
        "HDEL s a",
        "HINCRBY s a 1",
        "HINCRBYFLOAT s a 1",
        "HRANDFIELD s",
        "HSCAN s 0",
        "HEXPIRE s 1 FIELDS 1 a",
        "HTTL s FIELDS 1 a",
        "HPERSIST s FIELDS 1 a",
        "HGETEX s FIELDS 1 a",
        "HSETEX s FIELDS 1 a 1",
        "HGETDEL s FIELDS 1 a",
    ] {
        assert!(
            run(&mut shard, command).starts_with("-WRONGTYPE "),
            "{command}"
        );
    }
    assert_eq!(run(&mut shard, "GET s"), "$1 1");
}

#[test]
fn numbers_are_counted_in_fields() {
    for mut shard in shards() {
        play(
            &mut shard,
            &[
                ("HINCRBY h n 5", ":5"),
                ("HINCRBY h n -7", ":-2"),
                (
                    "HSET h text abc max 9223372036854775807 long 1.25 space \" 1\"",
                    ":4",
                ),
                ("HINCRBY h text 1", "-ERR hash value is not an integer"),
                ("HINCRBY h space 1", "-ERR hash value is not an integer"),
                (
                    "HINCRBY h max 1",
                    "-ERR increment or decrement would overflow",
                ),
                (
                    "HINCRBY h n x",
                    "-ERR value is not an integer or out of range",
                ),
                ("HINCRBYFLOAT h long 1.5", "$4 2.75"),
                ("HINCRBYFLOAT h n 0.5", "$4 -1.5"),
                ("HINCRBYFLOAT h new 3", "$1 3"),
                ("HINCRBYFLOAT h text 1", "-ERR hash value is not a float"),
                ("HINCRBYFLOAT h n x", "-ERR value is not a valid float"),
                ("HINCRBYFLOAT h n inf", "-ERR value is NaN or Infinity"),
                (
                    "HINCRBY fresh n x",
                    "-ERR value is not an integer or out of range",
                ),
                ("EXISTS fresh", ":0"),
                ("HINCRBYFLOAT fresh n inf", "-ERR value is NaN or Infinity"),
                ("EXISTS fresh", ":0"),
                ("HSET h far inf", ":1"),
                (
                    "HINCRBYFLOAT h far 1",
                    "-ERR increment would produce NaN or Infinity",
                ),
            ],
        );
    }
}

#[test]
fn chance_draws_as_many_as_asked_for() {
    for mut shard in shards() {
        play(
            &mut shard,
            &[
                ("HRANDFIELD nope", "$-1"),
                ("HRANDFIELD nope 3", "*0"),
                ("HRANDFIELD nope -3 WITHVALUES", "*0"),
            ],
        );
        (0..30).for_each(|n| drop(run(&mut shard, &format!("HSET h f{n} v{n}"))));
        let words = |reply: &str| {
            reply
                .split(' ')
                .filter(|word| word.starts_with('f'))
                .count()
        };
        let distinct = |reply: &str| {
            let fields: HashSet<&str> = reply
                .split(' ')
                .filter(|word| word.starts_with('f'))
                .collect();
            fields.len()
        };
        for count in [0, 1, 5, 9, 10, 11, 29, 30, 31, 1000] {
            let reply = run(&mut shard, &format!("HRANDFIELD h {count}"));
            let expected = count.min(30);
            assert!(reply.starts_with(&format!("*{expected}")));
            assert_eq!((words(&reply), distinct(&reply)), (expected, expected));
        }
        let reply = run(&mut shard, "HRANDFIELD h -200");
        assert_eq!(words(&reply), 200);
        let reply = run(&mut shard, "HRANDFIELD h -3 withvalues");
        assert!(reply.starts_with("*6 $"), "{reply}");
        let reply = run_at(
            &mut shard,
            NOW,
            Protocol::Resp3,
            "HRANDFIELD h 30 WITHVALUES",
        );
        assert!(reply.starts_with("*30 *2 $"), "{reply}");
        let seen: HashSet<String> = (0..600).map(|_| run(&mut shard, "HRANDFIELD h")).collect();
        assert_eq!(seen.len(), 30);
        let seen: HashSet<String> = (0..600)
            .map(|_| run(&mut shard, "HRANDFIELD h 1"))
            .collect();
        assert_eq!(seen.len(), 30);
        play(
            &mut shard,
            &[
                (
                    "HRANDFIELD h x",
                    "-ERR value is not an integer or out of range",
                ),
                ("HRANDFIELD h 1 values", "-ERR syntax error"),
                ("HRANDFIELD h 1 WITHVALUES more", "-ERR syntax error"),
                (
                    "HRANDFIELD h -9223372036854775807 WITHVALUES",
                    "-ERR value is out of range",
                ),
            ],
        );
    }
}

#[test]
fn a_walk_shows_names_and_values() {
    for mut shard in shards() {
        play(
            &mut shard,
            &[
                ("HSCAN nope 0", "*2 $1 0 *0"),
                ("HSCAN nope x", "-ERR invalid cursor"),
                ("HSET h a1 1", ":1"),
                ("HSCAN h 0 COUNT 100", "*2 $1 0 *2 $2 a1 $1 1"),
                ("HSCAN h 0 COUNT 100 NOVALUES", "*2 $1 0 *1 $2 a1"),
                ("HSCAN h 0 novalues count 100 MATCH b*", "*2 $1 0 *0"),
                ("HSCAN h 0 COUNT 0", "-ERR syntax error"),
                ("HSCAN h 0 MATCH", "-ERR syntax error"),
                ("HSCAN h 0 TYPE hash", "-ERR syntax error"),
            ],
        );
        (0..200).for_each(|n| drop(run(&mut shard, &format!("HSET h f{n} v"))));
        let (mut cursor, mut seen) = ("0".to_owned(), HashSet::new());
        loop {
            let reply = run(&mut shard, &format!("HSCAN h {cursor} MATCH f* NOVALUES"));
            let words: Vec<&str> = reply.split(' ').collect();
            cursor = words[2].to_owned();
            seen.extend(
                words
                    .iter()
                    .filter(|word| word.starts_with('f'))
                    .map(|word| (*word).to_owned()),
            );
            if cursor == "0" {
                break;
            }
        }
        assert_eq!(seen.len(), 200);
    }
}

#[test]
fn hashes_grow_by_number_and_length() {
    let mut shard = shard();
    shard.limits.hash_max_listpack_entries = 3;
    let encoding = |shard: &mut Shard, key: &str| run(shard, &format!("OBJECT ENCODING {key}"));
    run(&mut shard, "HSET h a 1 b 2 c 3");
    assert_eq!(encoding(&mut shard, "h"), "$8 listpack");
    run(&mut shard, "HEXPIRE h 100 FIELDS 1 b");
    assert_eq!(encoding(&mut shard, "h"), "$10 listpackex");
    run(&mut shard, "HPERSIST h FIELDS 1 b");
    assert_eq!(encoding(&mut shard, "h"), "$10 listpackex");
    run(&mut shard, "HSET h d 4");
    assert_eq!(encoding(&mut shard, "h"), "$9 hashtable");
    let long = "x".repeat(65);
    for key in ["HSET long f ", "HSETNX long2 f ", "HINCRBYFLOAT long3 "] {
        let command = format!(
            "{key}{long}{}",
            if key.starts_with("HI") { " 1" } else { "" }
        );
        run(&mut shard, &command);
    }
    for key in ["long", "long2", "long3"] {
        assert_eq!(encoding(&mut shard, key), "$9 hashtable");
    }
}

#[test]
fn fields_expire() {
    for mut shard in shards() {
        play(
            &mut shard,
            &[
                ("HEXPIRE nope 10 FIELDS 2 a b", "*2 :-2 :-2"),
                ("HSET h a 1 b 2 c 3", ":3"),
                ("HPEXPIRE h 500 FIELDS 2 a x", "*2 :1 :-2"),
                ("HPTTL h FIELDS 3 a b x", "*3 :500 :-1 :-2"),
                ("HTTL h FIELDS 1 a", "*1 :1"),
                ("HEXPIRE h 7 NX FIELDS 2 a b", "*2 :0 :1"),
                ("HEXPIRE h 9 XX FIELDS 2 b c", "*2 :1 :0"),
                ("HEXPIRE h 8 GT FIELDS 2 b c", "*2 :0 :0"),
                ("HEXPIRE h 10 gt FIELDS 1 b", "*1 :1"),
                ("HEXPIRE h 11 LT FIELDS 2 b c", "*2 :0 :1"),
                ("HEXPIRE h 6 lt FIELDS 2 b c", "*2 :1 :1"),
                ("HTTL h FIELDS 2 b c", "*2 :6 :6"),
                ("HPERSIST h FIELDS 3 b b x", "*3 :1 :-1 :-2"),
                ("HPERSIST nope FIELDS 1 b", "*1 :-2"),
                ("HTTL nope FIELDS 1 b", "*1 :-2"),
                ("HEXPIRE h 0 FIELDS 1 c", "*1 :2"),
                ("HLEN h", ":2"),
            ],
        );
        assert_eq!(run_later(&mut shard, "HGET h a"), "$-1");
        assert_eq!(run_later(&mut shard, "HLEN h"), ":1");
        assert_eq!(run_later(&mut shard, "HGETALL h"), "*2 $1 b $1 2");
        assert_eq!(shard.stats.expired_fields, 1);
    }
}

#[test]
fn moments_are_told_in_every_unit() {
    let mut shard = shard();
    run(&mut shard, "HSET h a 1");
    let at = NOW.0 + 70_500;
    assert_eq!(
        run(&mut shard, &format!("HPEXPIREAT h {at} FIELDS 1 a")),
        "*1 :1"
    );
    assert_eq!(
        run(&mut shard, "HPEXPIRETIME h FIELDS 1 a"),
        format!("*1 :{at}")
    );
    let seconds = at / 1000 + 1;
    assert_eq!(
        run(&mut shard, "HEXPIRETIME h FIELDS 1 a"),
        format!("*1 :{seconds}")
    );
    assert_eq!(run(&mut shard, "HTTL h FIELDS 1 a"), "*1 :71");
    assert_eq!(
        run(&mut shard, &format!("HEXPIREAT h {seconds} FIELDS 1 a")),
        "*1 :1"
    );
    let at = seconds * 1000;
    assert_eq!(
        run(&mut shard, "HPEXPIRETIME h FIELDS 1 a"),
        format!("*1 :{at}")
    );
}

#[test]
fn what_makes_no_sense_is_refused() {
    const FIELDS: &str = "-ERR Mandatory argument FIELDS is missing or not at the right position";
    const MATCH: &str = "-ERR The `numfields` parameter must match the number of arguments";
    const POSITIVE: &str = "-ERR Number of fields must be a positive integer";
    const NUMBER: &str = "-ERR value is not an integer or out of range";
    const ONE_EXPIRY: &str =
        "-ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified";
    let mut shard = shard();
    run(&mut shard, "HSET h a 1");
    play(
        &mut shard,
        &[
            ("HEXPIRE h x FIELDS 1 a", NUMBER),
            (
                "HEXPIRE h -1 FIELDS 1 a",
                "-ERR invalid expire time, must be >= 0",
            ),
            (
                "HEXPIRE h 70368744178 FIELDS 1 a",
                "-ERR invalid expire time in 'hexpire' command",
            ),
            (
                "HPEXPIREAT h 70368744177664 FIELDS 1 a",
                "-ERR invalid expire time in 'hpexpireat' command",
            ),
            ("HPEXPIREAT h 70368744177663 FIELDS 1 a", "*1 :1"),
            ("HEXPIRE h 1 FOO 1 a b", FIELDS),
            ("HEXPIRE h 1 NX XX FIELDS 1 a", FIELDS),
            (
                "HEXPIRE h 1 FIELDS 0 a",
                "-ERR Parameter `numFields` should be greater than 0",
            ),
            ("HEXPIRE h 1 FIELDS 2 a", MATCH),
            ("HEXPIRE h 1 FIELDS 1 a b", MATCH),
            ("HTTL h FOO 1 a", FIELDS),
            ("HTTL h FIELDS x a", POSITIVE),
            ("HPERSIST h FIELDS 2 a", MATCH),
            (
                "HPERSIST h FIELDS 1",
                "-ERR wrong number of arguments for 'hpersist' command",
            ),
            ("HGETEX h PXAT 1 1", FIELDS),
            ("HGETEX h PERSIST 1 FIELDS 1 a", FIELDS),
            ("HGETEX h FIELDS -1 a", POSITIVE),
            ("HGETEX h EX x FIELDS 1 a", NUMBER),
            (
                "HGETEX h PX -1 FIELDS 1 a",
                "-ERR invalid expire time, must be >= 0",
            ),
            ("HGETDEL h FIELDS 2 a", MATCH),
            ("HSETEX h NX FIELDS 1 a b", "-ERR unknown argument: NX"),
            (
                "HSETEX h FNX FXX FIELDS 1 a b",
                "-ERR Only one of FXX or FNX arguments can be specified",
            ),
            ("HSETEX h EX 1 KEEPTTL FIELDS 1 a b", ONE_EXPIRY),
            ("HSETEX h KEEPTTL PX 5 FIELDS 1 a b", ONE_EXPIRY),
            ("HSETEX h EX FIELDS 1 a b", NUMBER),
            (
                "HSETEX h EXAT -1 1 a b",
                "-ERR invalid expire time, must be >= 0",
            ),
            ("HSETEX h FIELDS x a b", "-ERR invalid number of fields"),
            (
                "HSETEX h FIELDS 2 a b",
                "-ERR wrong number of arguments for 'hsetex' command",
            ),
            (
                "HSETEX h FIELDS 1 a b c",
                "-ERR wrong number of arguments for 'hsetex' command",
            ),
            (
                "HSETEX h FNX KEEPTTL FXX FIELDS",
                "-ERR Only one of FXX or FNX arguments can be specified",
            ),
            ("HSETEX h FNX PX 5 KEEPTTL 1", ONE_EXPIRY),
            (
                "HSETEX h FNX PX 5",
                "-ERR wrong number of arguments for 'hsetex' command",
            ),
            (
                "HSETEX h FNX KEEPTTL FIELDS 1",
                "-ERR wrong number of arguments for 'hsetex' command",
            ),
            ("HSETEX h FNX EX 5 FIELDS", "-ERR invalid number of fields"),
        ],
    );
}

#[test]
fn values_are_read_with_a_change_of_their_expiry() {
    for mut shard in shards() {
        play(
            &mut shard,
            &[
                ("HGETEX nope EX 1 FIELDS 2 a b", "*2 $-1 $-1"),
                ("HSET h a 1 b 2", ":2"),
                ("HGETEX h FIELDS 2 a x", "*2 $1 1 $-1"),
                ("HTTL h FIELDS 1 a", "*1 :-1"),
                ("HGETEX h EX 10 FIELDS 2 a x", "*2 $1 1 $-1"),
                ("HTTL h FIELDS 2 a b", "*2 :10 :-1"),
                ("HGETEX h persist FIELDS 2 a b", "*2 $1 1 $1 2"),
                ("HTTL h FIELDS 1 a", "*1 :-1"),
                ("HGETEX h PXAT 1 FIELDS 1 a", "*1 $1 1"),
                ("HEXISTS h a", ":0"),
                ("HGETDEL nope FIELDS 1 a", "*1 $-1"),
                ("HGETDEL h FIELDS 1 a", "*1 $-1"),
                ("HGETDEL h FIELDS 2 b b", "*2 $1 2 $-1"),
                ("EXISTS h", ":0"),
            ],
        );
    }
}

#[test]
fn values_are_set_with_an_expiry() {
    for mut shard in shards() {
        play(
            &mut shard,
            &[
                ("HSETEX h FXX FIELDS 1 a 1", ":0"),
                ("EXISTS h", ":0"),
                ("HSETEX h FNX EX 10 FIELDS 2 a 1 b 2", ":1"),
                ("HSETEX h FNX FIELDS 2 c 1 b 2", ":0"),
                ("HTTL h FIELDS 3 a b c", "*3 :10 :10 :-2"),
                ("HSETEX h KEEPTTL FXX FIELDS 1 a 5", ":1"),
                ("HTTL h FIELDS 1 a", "*1 :10"),
                ("HGET h a", "$1 5"),
                ("HINCRBY h a 1", ":6"),
                ("HINCRBYFLOAT h b 0.5", "$3 2.5"),
                ("HTTL h FIELDS 2 a b", "*2 :10 :10"),
                ("HSET h a 7", ":0"),
                ("HSETEX h FIELDS 1 b 8", ":1"),
                ("HTTL h FIELDS 2 a b", "*2 :-1 :-1"),
                ("HSETEX h EXAT 1 FIELDS 2 a 1 x 2", ":1"),
                ("HKEYS h", "*1 $1 b"),
                ("HSETEX fresh PXAT 1 FIELDS 1 a 1", ":1"),
                ("EXISTS fresh", ":0"),
                ("HSETEX h PX 0 FIELDS 1 b 1", ":1"),
                ("EXISTS h", ":0"),
            ],
        );
    }
}

#[test]
fn a_hash_goes_with_its_last_field() {
    for mut shard in shards() {
        run(&mut shard, "HSETEX h PX 10 FIELDS 2 a 1 b 2");
        for command in [
            "EXISTS h",
            "HLEN h",
            "TYPE h",
            "OBJECT ENCODING h",
            "HGET h a",
        ] {
            let reply = run_later(&mut shard, command);
            assert!(
                [":0", "+none", "$-1"].contains(&reply.as_str()),
                "{command} {reply}"
            );
            run(&mut shard, "HSETEX h PX 10 FIELDS 2 a 1 b 2");
        }
        for (command, reply) in [
            ("HSET h c 1", ":1"),
            ("HSETNX h a 1", ":1"),
            ("HINCRBY h a 5", ":5"),
            ("HDEL h a", ":0"),
            ("HGETDEL h FIELDS 1 a", "*1 $-1"),
            ("HEXPIRE h 5 FIELDS 1 a", "*1 :-2"),
            ("HSETEX h FXX FIELDS 1 a 1", ":0"),
            ("HRANDFIELD h", "$-1"),
            ("SETNX h x", ":1"),
            ("DEL h", ":0"),
        ] {
            assert_eq!(run_later(&mut shard, command), reply, "{command}");
            run(&mut shard, "DEL h");
            run(&mut shard, "HSETEX h PX 10 FIELDS 2 a 1 b 2");
        }
        assert_eq!(run_later(&mut shard, "RENAME h i"), "-ERR no such key");
    }
}

#[test]
fn active_expiry_takes_fields_in_slices() {
    for mut shard in shards() {
        for key in ["h", "i"] {
            for n in 0..50 {
                run(
                    &mut shard,
                    &format!("HSETEX {key} PX {} FIELDS 1 f{n} {n}", n + 1),
                );
            }
        }
        run(&mut shard, "HSET i stays 1");
        run(&mut shard, "SET k 1 PX 5");
        assert_eq!(shard.expire_some(NOW, 1000), 0);
        assert_eq!(shard.expire_some(UnixMillis(NOW.0 + 10), 1000), 21);
        assert_eq!(run(&mut shard, "HLEN h"), ":40");
        assert_eq!(shard.expire_some(LATER, 30), 30);
        assert_eq!(shard.expire_some(LATER, 1000), 50);
        assert_eq!(shard.expire_some(LATER, 1000), 0);
        assert_eq!(run(&mut shard, "EXISTS h"), ":0");
        assert_eq!(run(&mut shard, "HGETALL i"), "*2 $5 stays $1 1");
        assert_eq!(shard.stats.expired_fields, 100);
    }
}

#[test]
fn expiries_move_with_their_hash() {
    for mut shard in shards() {
        run(&mut shard, "HSETEX h PX 10 FIELDS 1 a 1");
        run(&mut shard, "HSET h stays 1");
        run(&mut shard, "COPY h copy");
        run(&mut shard, "RENAME h renamed");
        run(&mut shard, "COPY renamed moved");
        run(&mut shard, "MOVE moved 1");
        assert_eq!(run(&mut shard, "HPTTL renamed FIELDS 1 a"), "*1 :10");
        assert_eq!(shard.expire_some(LATER, 1000), 3);
        for key in ["copy", "renamed"] {
            assert_eq!(run(&mut shard, &format!("HKEYS {key}")), "*1 $5 stays");
        }
    }
}

#[test]
fn a_pause_hides_what_it_keeps() {
    for mut shard in shards() {
        run(&mut shard, "HSETEX h PX 10 FIELDS 1 a 1");
        run(&mut shard, "HSET h stays 1");
        shard.keep_expired_until = UnixMillis(LATER.0 + 1);
        assert_eq!(run_later(&mut shard, "HLEN h"), ":1");
        assert_eq!(run_later(&mut shard, "HGET h a"), "$-1");
        assert_eq!(run_later(&mut shard, "HGETALL h"), "*2 $5 stays $1 1");
        assert_eq!(run_later(&mut shard, "HRANDFIELD h 5"), "*1 $5 stays");
        assert_eq!(
            run_later(&mut shard, "HSCAN h 0 COUNT 99"),
            "*2 $1 0 *2 $5 stays $1 1"
        );
        assert_eq!(shard.expire_some(LATER, 1000), 0);
        assert_eq!(run_later(&mut shard, "HDEL h a"), ":0");
        assert_eq!(run_later(&mut shard, "HSET h a 2"), ":1");
        assert_eq!(run_later(&mut shard, "HTTL h FIELDS 1 a"), "*1 :-1");
        assert_eq!(shard.stats.expired_fields, 0);
    }
}

#[test]
fn many_due_fields_are_hidden_before_they_go() {
    let mut shard = shard();
    for n in 0..2500 {
        run(&mut shard, &format!("HSETEX h PX 10 FIELDS 1 f{n} {n}"));
    }
    run(&mut shard, "HSET h stays 1");
    assert_eq!(run_later(&mut shard, "HLEN h"), ":1");
    assert_eq!(shard.stats.expired_fields, 1000);
    assert_eq!(run_later(&mut shard, "HKEYS h"), "*1 $5 stays");
    assert_eq!(shard.expire_some(LATER, 10_000), 500);
}

#[test]
fn the_log_has_effects() {
    for mut shard in shards() {
        for (command, entry) in [
            ("HSET h a 1 b 2 c 3 d 4", "verbatim".to_owned()),
            ("HSETNX h a 1", String::new()),
            ("HINCRBY h a 1", "verbatim".to_owned()),
            ("HINCRBYFLOAT h a 0.5", "HSET h a 2.5".to_owned()),
            (
                "HEXPIRE h 10 FIELDS 2 x a",
                format!("HPEXPIREAT h {} FIELDS 1 a", NOW.0 + 10_000),
            ),
            ("HEXPIRE h 10 XX FIELDS 2 x b", String::new()),
            (
                "HINCRBYFLOAT h a 0.5",
                "HSETEX h KEEPTTL FIELDS 1 a 3".to_owned(),
            ),
            ("HPERSIST h FIELDS 1 a", "verbatim".to_owned()),
            ("HPERSIST h FIELDS 1 a", String::new()),
            ("HGETEX h FIELDS 1 a", String::new()),
            (
                "HGETEX h PX 5 FIELDS 2 a x",
                format!("HPEXPIREAT h {} FIELDS 1 a", NOW.0 + 5),
            ),
            (
                "HGETEX h PERSIST FIELDS 2 a b",
                "HPERSIST h FIELDS 1 a".to_owned(),
            ),
            ("HEXPIREAT h 1 FIELDS 2 a x", "HDEL h a".to_owned()),
            (
                "HSETEX h FNX EX 1 FIELDS 1 a 1",
                format!("HSETEX h PXAT {} FIELDS 1 a 1", LATER.0),
            ),
            (
                "HSETEX h KEEPTTL FIELDS 1 a 1",
                "HSETEX h KEEPTTL FIELDS 1 a 1".to_owned(),
            ),
            ("HSETEX h FXX FIELDS 1 x 1", String::new()),
            ("HSETEX h PX 0 FIELDS 2 a 1 x 1", "HDEL h a".to_owned()),
            ("HGETDEL h FIELDS 2 b x", "HDEL h b".to_owned()),
            ("HDEL h c x", "verbatim".to_owned()),
            ("HDEL h x", String::new()),
        ] {
            assert_eq!(logged(&mut shard, command), entry, "{command}");
        }
        run(&mut shard, "HPEXPIREAT h 1711799999999 FIELDS 1 d");
        run(&mut shard, "HSETEX h PX 10 FIELDS 2 a 1 b 2");
        shard.log.is_read = true;
        shard.expire_some(LATER, 10);
        let (expired, _) = shard.log.take();
        let words: HashSet<Vec<u8>> = expired[0].1.as_args().iter().map(<[u8]>::to_vec).collect();
        assert_eq!(expired.len(), 1);
        assert_eq!(
            words,
            ["HDEL", "h", "a", "b"]
                .map(|word| word.as_bytes().to_vec())
                .into()
        );
    }
}

#[test]
fn hashes_that_come_and_go_leave_no_trace() {
    let mut shard = shard();
    for n in 0..50 {
        run(
            &mut shard,
            &format!("HSETEX live{n} PX {} FIELDS 1 a 1", n + 1),
        );
    }
    let before = shard.database(DbIndex(0)).table_bytes();
    for n in 0..10_000 {
        let command = format!("HSETEX h{} EX 100 FIELDS 1 a 1", n % 100);
        run(&mut shard, &command);
        run(&mut shard, &format!("DEL h{}", n % 100));
    }
    // Eight bytes for each time that is noted.
    let after = shard.database(DbIndex(0)).table_bytes();
    assert!(after < before + 5000 * 8, "{before} {after}");
    assert_eq!(shard.expire_some(LATER, 1000), 50);
    assert_eq!(run(&mut shard, "DBSIZE"), ":0");
    assert_eq!(shard.expire_some(UnixMillis(NOW.0 + 200_000), 1000), 0);
}
