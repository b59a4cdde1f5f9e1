use crate::commands::driver::{NOW, logged, run, run_at, shard};
use crate::resp::reply::Protocol;
use crate::shard::Shard;

fn sicily() -> Shard {
    let mut shard = shard();
    let added = run(
        &mut shard,
        "GEOADD s 13.361389 38.115556 Palermo 15.087269 37.502669 Catania",
    );
    assert_eq!(added, ":2");
    run(
        &mut shard,
        "GEOADD s 12.758489 38.788135 edge1 17.241510 38.788135 edge2",
    );
    shard
}

#[test]
fn places_are_added_as_zadd_does() {
    let mut shard = shard();
    assert_eq!(run(&mut shard, "GEOADD g XX 1 2 a"), ":0");
    assert_eq!(run(&mut shard, "EXISTS g"), ":0");
    assert_eq!(run(&mut shard, "GEOADD g 1 2 a 3 4 b"), ":2");
    assert_eq!(run(&mut shard, "GEOADD g 1 2 a"), ":0");
    assert_eq!(run(&mut shard, "GEOADD g ch 1 3 a 5 6 c"), ":2");
    assert_eq!(run(&mut shard, "GEOADD g nx ch 1 4 a"), ":0");
    assert_eq!(run(&mut shard, "GEOADD g xx ch 1 4 a 7 8 d"), ":1");
    assert_eq!(run(&mut shard, "TYPE g"), "+zset");
    assert_eq!(
        logged(&mut shard, "GEOADD g CH 13.361389 38.115556 p"),
        "ZADD g CH 3479099956230698 p"
    );
    assert_eq!(
        logged(&mut shard, "GEOADD g 13.361389 38.115556 p"),
        "ZADD g 3479099956230698 p"
    );
    for (command, error) in [
        ("GEOADD g nx xx 1 2 a", "-ERR syntax error"),
        ("GEOADD g foo 1 2 a", "-ERR syntax error"),
        ("GEOADD g nx ch nx", "-ERR syntax error"),
        ("GEOADD g x 2 a", "-ERR value is not a valid float"),
        (
            "GEOADD g 200 100 a",
            "-ERR invalid longitude,latitude pair 200.000000,100.000000",
        ),
        (
            "GEOADD g 1 2 a 0 -86 b",
            "-ERR invalid longitude,latitude pair 0.000000,-86.000000",
        ),
    ] {
        assert_eq!(run(&mut shard, command), error, "{command}");
    }
}

#[test]
fn members_are_inspected() {
    let mut shard = sicily();
    assert_eq!(
        run(&mut shard, "GEOPOS s Palermo nobody"),
        "*2 *2 $20 13.36138933897018433 $20 38.11555639549629859 *-1"
    );
    assert_eq!(
        run_at(&mut shard, NOW, Protocol::Resp3, "GEOPOS s Palermo nobody"),
        "*2 *2 ,13.36138933897018433 ,38.11555639549629859 _"
    );
    assert_eq!(
        run(&mut shard, "GEOHASH s Palermo x Catania"),
        "*3 $11 sqc8b49rny0 $-1 $11 sqdtr74hyu0"
    );
    assert_eq!(
        run(&mut shard, "GEODIST s Palermo Catania"),
        "$11 166274.1516"
    );
    assert_eq!(
        run(&mut shard, "GEODIST s Palermo Catania KM"),
        "$8 166.2742"
    );
    assert_eq!(run(&mut shard, "GEODIST s Palermo x"), "$-1");
    assert_eq!(run(&mut shard, "GEODIST nothing a b"), "$-1");
    assert_eq!(run(&mut shard, "GEOPOS nothing a"), "*1 *-1");
    assert_eq!(run(&mut shard, "GEOHASH nothing a"), "*1 $-1");
    assert_eq!(run(&mut shard, "GEOPOS s"), "*0");
    assert_eq!(
        run(&mut shard, "GEODIST s Palermo Catania parsec"),
        "-ERR unsupported unit provided. please use M, KM, FT, MI"
    );
    assert_eq!(run(&mut shard, "GEODIST s a b m x"), "-ERR syntax error");
}

#[test]
fn circles_and_boxes_are_searched() {
    let mut shard = sicily();
    assert_eq!(
        run(
            &mut shard,
            "GEOSEARCH s FROMLONLAT 15 37 BYRADIUS 200 km ASC"
        ),
        "*2 $7 Catania $7 Palermo"
    );
    assert_eq!(
        run(
            &mut shard,
            "GEOSEARCH s FROMLONLAT 15 37 BYBOX 400 400 km DESC COUNT 3 WITHDIST"
        ),
        "*3 *2 $5 edge1 $8 279.7405 *2 $5 edge2 $8 279.7403 *2 $7 Palermo $8 190.4424"
    );
    assert_eq!(
        run(
            &mut shard,
            "GEOSEARCH s FROMMEMBER Palermo BYRADIUS 1 m WITHCOORD WITHHASH"
        ),
        "*1 *3 $7 Palermo :3479099956230698 *2 $20 13.36138933897018433 $20 38.11555639549629859"
    );
    assert_eq!(
        run(
            &mut shard,
            "GEOSEARCH s FROMLONLAT 15 37 BYRADIUS 300 km COUNT 1"
        ),
        "*1 $7 Catania"
    );
    let any = run(
        &mut shard,
        "GEOSEARCH s FROMLONLAT 15 37 BYRADIUS 300 km COUNT 2 ANY",
    );
    assert!(any.starts_with("*2 "));
    assert_eq!(
        run(&mut shard, "GEORADIUS s 15 37 200 km"),
        run(&mut shard, "GEORADIUS_RO s 15 37 200 km")
    );
    assert_eq!(
        run(&mut shard, "GEORADIUSBYMEMBER s Palermo 200 km ASC"),
        run(&mut shard, "GEORADIUSBYMEMBER_RO s Palermo 200 km ASC")
    );
}

#[test]
fn results_are_stored() {
    let mut shard = sicily();
    assert_eq!(
        run(
            &mut shard,
            "GEOSEARCHSTORE t s FROMLONLAT 15 37 BYRADIUS 200 km"
        ),
        ":2"
    );
    assert_eq!(run(&mut shard, "GEOHASH t Palermo"), "*1 $11 sqc8b49rny0");
    assert_eq!(
        run(
            &mut shard,
            "GEOSEARCHSTORE s s FROMLONLAT 15 37 BYRADIUS 1 km"
        ),
        ":0"
    );
    assert_eq!(run(&mut shard, "EXISTS s"), ":0");
    assert_eq!(
        run(&mut shard, "GEORADIUS t 15 37 200 km STORE u COUNT 1"),
        ":1"
    );
    assert_eq!(
        run(&mut shard, "GEOHASH u Palermo Catania"),
        "*2 $-1 $11 sqdtr74hyu0"
    );
    assert_eq!(
        run(
            &mut shard,
            "GEORADIUSBYMEMBER t Palermo 200 km STORE a STOREDIST b"
        ),
        ":2"
    );
    assert_eq!(run(&mut shard, "EXISTS a"), ":0");
    assert_eq!(run(&mut shard, "TYPE b"), "+zset");
    assert_eq!(
        run(
            &mut shard,
            "GEOSEARCHSTORE b gone FROMMEMBER x BYRADIUS 1 m"
        ),
        ":0"
    );
    assert_eq!(run(&mut shard, "EXISTS b"), ":0");
    run(&mut shard, "SET x 1");
    assert_eq!(run(&mut shard, "GEORADIUS t 0 0 1 m STORE x"), ":0");
    assert_eq!(
        run(&mut shard, "EXISTS x"),
        ":0",
        "an empty result takes away what it would replace"
    );
}

#[test]
fn words_that_do_not_fit_are_refused() {
    let mut shard = sicily();
    run(&mut shard, "SET x 1");
    for (command, error) in [
        (
            "GEOSEARCH s FROMLONLAT 1 2 FROMMEMBER a BYRADIUS 1 m",
            "syntax error",
        ),
        (
            "GEOSEARCH s FROMLONLAT 1 2 BYRADIUS 1 m BYBOX 1 1 m",
            "syntax error",
        ),
        (
            "GEOSEARCH s FROMLONLAT 1 2 BYRADIUS 1 m STORE t",
            "syntax error",
        ),
        (
            "GEOSEARCH s FROMLONLAT 1 2 BYRADIUS 1 m STOREDIST",
            "syntax error",
        ),
        ("GEORADIUS_RO s 1 2 3 m STORE t", "syntax error"),
        (
            "GEOSEARCH s BYRADIUS 1 m ASC ASC",
            "exactly one of FROMMEMBER or FROMLONLAT can be specified for GEOSEARCH",
        ),
        (
            "geosearch s FROMLONLAT 1 2 ASC ASC",
            "exactly one of BYRADIUS and BYBOX can be specified for geosearch",
        ),
        (
            "GEOSEARCH s FROMMEMBER a BYRADIUS 1 m",
            "could not decode requested zset member",
        ),
        (
            "GEOSEARCH s FROMLONLAT 1 2 BYRADIUS -1 m",
            "radius cannot be negative",
        ),
        (
            "GEOSEARCH s FROMLONLAT 1 2 BYRADIUS a m",
            "need numeric radius",
        ),
        (
            "GEOSEARCH s FROMLONLAT 1 2 BYBOX a 1 m",
            "need numeric width",
        ),
        (
            "GEOSEARCH s FROMLONLAT 1 2 BYBOX 1 a m",
            "need numeric height",
        ),
        (
            "GEOSEARCH s FROMLONLAT 1 2 BYBOX 1 -1 m",
            "height or width cannot be negative",
        ),
        (
            "GEOSEARCH s FROMLONLAT 1 2 BYRADIUS 1 m COUNT 0",
            "COUNT must be > 0",
        ),
        (
            "GEOSEARCH s FROMLONLAT 1 2 BYRADIUS 1 m COUNT a",
            "value is not an integer or out of range",
        ),
        (
            "GEOSEARCH s FROMLONLAT 1 2 BYRADIUS 1 m ANY",
            "the ANY argument requires COUNT argument",
        ),
        (
            "GEORADIUS s 1 2 3 m STORE t WITHDIST",
            "STORE option in GEORADIUS is not compatible with WITHDIST, WITHHASH and WITHCOORD options",
        ),
        (
            "GEOSEARCHSTORE t s FROMLONLAT 1 2 BYRADIUS 1 m WITHHASH",
            "GEOSEARCHSTORE is not compatible with WITHDIST, WITHHASH and WITHCOORD options",
        ),
    ] {
        assert_eq!(
            run(&mut shard, command),
            format!("-ERR {error}"),
            "{command}"
        );
    }
    for command in [
        "GEOSEARCH x FROMLONLAT 1 2 nonsense 1 m",
        "GEOSEARCHSTORE t x FROMLONLAT 1 2 nonsense 1 m",
        "GEORADIUS x 1 2 3 m STORE t",
        "GEOADD x 1 2 a",
        "GEOPOS x a",
    ] {
        let error = "-WRONGTYPE Operation against a key holding the wrong kind of value";
        assert_eq!(run(&mut shard, command), error, "{command}");
    }
}
