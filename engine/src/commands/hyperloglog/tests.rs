use crate::commands::driver::{logged, run, shard};

const NO_SKETCH: &str = "-WRONGTYPE Key is not a valid HyperLogLog string value.";
const DAMAGED: &str = "-INVALIDOBJ Corrupted HLL object detected";

#[test]
fn elements_are_counted_once() {
    let mut shard = shard();
    assert_eq!(run(&mut shard, "PFADD a"), ":1");
    assert_eq!(run(&mut shard, "PFADD a"), ":0");
    assert_eq!(run(&mut shard, "PFADD a x y z"), ":1");
    assert_eq!(run(&mut shard, "PFADD a x y z"), ":0");
    assert_eq!(run(&mut shard, "PFCOUNT a"), ":3");
    assert_eq!(run(&mut shard, "PFCOUNT missing"), ":0");
    assert_eq!(run(&mut shard, "OBJECT ENCODING a"), "$3 raw");
    assert_eq!(run(&mut shard, "PFADD a \"\""), ":1");
    assert_eq!(run(&mut shard, "PFCOUNT a a missing"), ":4");
}

#[test]
fn the_count_is_remembered_until_a_register_changes() {
    let mut shard = shard();
    run(&mut shard, "PFADD a 1 2 3");
    assert_eq!(run(&mut shard, "GETRANGE a 15 15"), "$1 \u{fffd}");
    assert_eq!(logged(&mut shard, "PFCOUNT a"), "verbatim");
    assert_eq!(run(&mut shard, "GETRANGE a 15 15"), "$1 \0");
    assert_eq!(
        logged(&mut shard, "PFCOUNT a"),
        "",
        "nothing is written when it is known"
    );
    run(&mut shard, "PFADD a 1");
    assert_eq!(run(&mut shard, "GETRANGE a 15 15"), "$1 \0");
    run(&mut shard, "PFADD a 4");
    assert_eq!(run(&mut shard, "GETRANGE a 15 15"), "$1 \u{fffd}");
}

#[test]
fn sketches_are_merged() {
    let mut shard = shard();
    run(&mut shard, "PFADD a 1 2 3");
    run(&mut shard, "PFADD b 3 4");
    assert_eq!(run(&mut shard, "PFMERGE c a b missing"), "+OK");
    assert_eq!(run(&mut shard, "PFCOUNT c"), ":4");
    assert_eq!(run(&mut shard, "PFDEBUG ENCODING c"), "+sparse");
    assert_eq!(run(&mut shard, "PFDEBUG TODENSE b"), ":1");
    assert_eq!(run(&mut shard, "PFDEBUG TODENSE b"), ":0");
    run(&mut shard, "EXPIRE a 100");
    assert_eq!(run(&mut shard, "PFMERGE a b"), "+OK");
    assert_eq!(run(&mut shard, "TTL a"), ":100");
    assert_eq!(run(&mut shard, "PFDEBUG ENCODING a"), "+dense");
    assert_eq!(run(&mut shard, "PFCOUNT a"), ":4");
    assert_eq!(run(&mut shard, "PFCOUNT a b c c"), ":4");
    assert_eq!(run(&mut shard, "PFMERGE d"), "+OK");
    assert_eq!(run(&mut shard, "PFCOUNT d"), ":0");
}

#[test]
fn what_is_no_sketch_is_refused() {
    let mut shard = shard();
    run(&mut shard, "SET s foo");
    run(&mut shard, "SET i 12345678901234567");
    run(&mut shard, "PFADD good a b c");
    run(&mut shard, "PFADD bad a b c");
    run(&mut shard, "APPEND bad hello");
    for (command, error) in [
        ("PFADD s a", NO_SKETCH),
        ("PFADD i a", NO_SKETCH),
        ("PFCOUNT s", NO_SKETCH),
        ("PFCOUNT good s", NO_SKETCH),
        ("PFMERGE good s", NO_SKETCH),
        ("PFMERGE s good", NO_SKETCH),
        ("PFDEBUG GETREG s", NO_SKETCH),
        ("PFCOUNT bad", DAMAGED),
        ("PFCOUNT good bad", DAMAGED),
        ("PFMERGE good bad", DAMAGED),
        ("PFMERGE bad good", DAMAGED),
        ("PFDEBUG GETREG bad", DAMAGED),
        ("PFDEBUG TODENSE bad", DAMAGED),
        (
            "PFDEBUG GETREG missing",
            "-ERR The specified key does not exist",
        ),
        (
            "PFDEBUG nonsense good",
            "-ERR Unknown PFDEBUG subcommand 'nonsense'",
        ),
    ] {
        assert_eq!(run(&mut shard, command), error, "{command}");
    }
    assert_eq!(run(&mut shard, "OBJECT ENCODING s"), "$6 embstr");
    assert_eq!(run(&mut shard, "PFCOUNT good"), ":3");
}

#[test]
fn the_inside_is_shown() {
    let mut shard = shard();
    run(&mut shard, "PFADD a");
    assert_eq!(run(&mut shard, "PFDEBUG DECODE a"), "$7 Z:16384");
    run(&mut shard, "PFADD a a");
    assert_eq!(
        run(&mut shard, "PFDEBUG decode a"),
        "$20 Z:12711 v:2,1 Z:3672"
    );
    let registers = run(&mut shard, "PFDEBUG GETREG a");
    assert!(registers.starts_with("*16384 :0 "));
    assert_eq!(registers.matches(":2").count(), 1);
    assert_eq!(
        run(&mut shard, "PFDEBUG DECODE a"),
        "-ERR HLL encoding is not sparse"
    );
    assert_eq!(run(&mut shard, "PFSELFTEST"), "+OK");
}
