//! What transcripts can't show of stream commands: what they tell the log and watchers, and what they do with time.

use crate::commands::driver::{LATER, NOW, logged, run, run_at, run_later, shard};
use crate::resp::reply::Protocol;
use crate::shard::watch::WatcherId;
use crate::shard::{DbIndex, Shard};

/// The moment at which [`run`] runs.
fn now() -> String {
    NOW.0.to_string()
}

fn with_entries(count: usize) -> Shard {
    let mut shard = shard();
    for id in 1..=count {
        run(&mut shard, &format!("XADD s {id} f v"));
    }
    shard
}

#[test]
fn added_entries_are_logged_with_their_ids_and_exact_trims() {
    let mut shard = shard();
    shard.limits.stream_node_max_entries = 2;
    let now = now();
    assert_eq!(logged(&mut shard, "XADD s 1 f v"), "verbatim");
    assert_eq!(logged(&mut shard, "XADD s 1-* f v"), "XADD s 1-1 f v");
    assert_eq!(logged(&mut shard, "XADD s maxlen 9 2 f v"), "verbatim");
    assert_eq!(
        logged(&mut shard, "XADD s maxlen ~ 2 * f v"),
        format!("XADD s maxlen = 2 {now}-0 f v"),
    );
    assert_eq!(
        logged(&mut shard, "XADD s NOMKSTREAM MAXLEN ~ 1 LIMIT 1 * f v"),
        format!("XADD s NOMKSTREAM MAXLEN = 3 {now}-1 f v"),
    );
    assert_eq!(
        logged(&mut shard, "XADD s LIMIT 2 MINID ~ 5 9999999999999 f v"),
        "XADD s MINID = 2-0 9999999999999 f v",
    );
    assert_eq!(logged(&mut shard, "XADD s 1 f v"), "");
    assert_eq!(logged(&mut shard, "XADD none NOMKSTREAM * f v"), "");
    assert_eq!(
        logged(&mut shard, "XADD e MAXLEN ~ 0 1 f v"),
        "XADD e MAXLEN = 0 1 f v"
    );
}

#[test]
fn trims_are_logged_exactly() {
    let mut shard = with_entries(0);
    shard.limits.stream_node_max_entries = 2;
    for id in 1..=7 {
        run(&mut shard, &format!("XADD s {id} f v"));
    }
    assert_eq!(logged(&mut shard, "XTRIM s MAXLEN 6"), "verbatim");
    assert_eq!(logged(&mut shard, "XTRIM s MAXLEN 6"), "");
    assert_eq!(
        logged(&mut shard, "XTRIM s MAXLEN ~ 4 LIMIT 9"),
        "XTRIM s MAXLEN = 5"
    );
    assert_eq!(
        logged(&mut shard, "XTRIM s MINID ~ 6"),
        "XTRIM s MINID = 5-0"
    );
    assert_eq!(
        logged(&mut shard, "XTRIM s MAXLEN ~ 0"),
        "XTRIM s MAXLEN = 0"
    );
    assert_eq!(logged(&mut shard, "XTRIM none MAXLEN 0"), "");
    assert_eq!(logged(&mut shard, "XDEL s 1"), "");
    run(&mut shard, "XADD s 9 f v");
    assert_eq!(logged(&mut shard, "XDEL s 1 9"), "verbatim");
}

#[test]
fn group_reads_are_logged_as_what_became_pending() {
    let mut shard = with_entries(3);
    let now = now();
    let claim = |id: &str, deliveries: u32, consumer: &str, last: &str| {
        format!(
            "XCLAIM s g {consumer} 0 {id} TIME {now} RETRYCOUNT {deliveries} FORCE JUSTID LASTID {last}"
        )
    };
    assert_eq!(logged(&mut shard, "XGROUP CREATE s g 0"), "verbatim");
    assert_eq!(
        logged(&mut shard, "XREADGROUP GROUP g c COUNT 2 STREAMS s >"),
        format!(
            "{}; {}; XGROUP SETID s g 2-0 ENTRIESREAD 2",
            claim("1-0", 1, "c", "1-0"),
            claim("2-0", 1, "c", "2-0"),
        ),
    );
    assert_eq!(
        logged(&mut shard, "XREADGROUP GROUP g d NOACK STREAMS s >"),
        "XGROUP CREATECONSUMER s g d; XGROUP SETID s g 3-0 ENTRIESREAD 3",
    );
    // Nothing is there to read, but the consumer is made.
    assert_eq!(
        logged(&mut shard, "XREADGROUP GROUP g e STREAMS s >"),
        "XGROUP CREATECONSUMER s g e",
    );
    assert_eq!(logged(&mut shard, "XREADGROUP GROUP g e STREAMS s >"), "");
    assert_eq!(logged(&mut shard, "XREADGROUP GROUP g c STREAMS s 0"), "");
    assert_eq!(
        logged(&mut shard, "XCLAIM s g d 0 1 2 9"),
        // It was delivered twice by now, and once more.
        format!(
            "{}; {}",
            claim("1-0", 3, "d", "3-0"),
            claim("2-0", 3, "d", "3-0")
        ),
    );
    assert_eq!(
        logged(&mut shard, "XCLAIM s g d 0 9 LASTID 4"),
        "XGROUP SETID s g 4-0 ENTRIESREAD 3",
    );
    assert_eq!(logged(&mut shard, "XCLAIM s g d 99999 1"), "");
    run(&mut shard, "XDEL s 1");
    assert_eq!(
        logged(&mut shard, "XAUTOCLAIM s g f 0 - JUSTID"),
        format!(
            "{}; {}",
            claim("1-0", 3, "d", "4-0"),
            claim("2-0", 3, "f", "4-0")
        ),
    );
    assert_eq!(logged(&mut shard, "XACK s g 1"), "");
    assert_eq!(logged(&mut shard, "XACK s g 2"), "verbatim");
    assert_eq!(logged(&mut shard, "XGROUP SETID s g $"), "verbatim");
    assert_eq!(logged(&mut shard, "XGROUP DELCONSUMER s g d"), "verbatim");
    assert_eq!(logged(&mut shard, "XGROUP DELCONSUMER s g d"), "");
    assert_eq!(logged(&mut shard, "XSETID s 9"), "verbatim");
    assert_eq!(logged(&mut shard, "XGROUP DESTROY s g"), "verbatim");
    assert_eq!(logged(&mut shard, "XGROUP DESTROY s g"), "");
}

#[test]
fn a_replayed_log_leaves_the_same_stream() {
    let mut shard = with_entries(0);
    shard.limits.stream_node_max_entries = 3;
    let mut copy = self::shard();
    for id in 1..=9 {
        replay(
            &mut shard,
            &mut copy,
            &format!("XADD s MAXLEN ~ 6 {id}-* f {id}"),
        );
    }
    for line in [
        "XGROUP CREATE s g 0",
        "XREADGROUP GROUP g a COUNT 2 STREAMS s >",
        "XREADGROUP GROUP g b COUNT 2 STREAMS s >",
        "XDEL s 5-0 8-0",
        "XCLAIM s g c 0 4-0 5-0 6-0 JUSTID",
        "XAUTOCLAIM s g b 0 - COUNT 2",
        "XREADGROUP GROUP g d NOACK STREAMS s >",
        "XREADGROUP GROUP g e STREAMS s >",
        "XTRIM s MINID ~ 9",
        "XACK s g 6-0",
    ] {
        replay(&mut shard, &mut copy, line);
        let full = "XINFO STREAM s FULL COUNT 0";
        let (mut own, mut other) = (run(&mut shard, full), run(&mut copy, full));
        // A copy has no nodes of three, and does not know who was active with NOACK.
        for reply in [&mut own, &mut other] {
            let cut = reply
                .find("last-generated-id")
                .expect("a field of the reply");
            reply.drain(..cut);
        }
        assert_eq!(own, other, "{line}");
    }
}

fn replay(shard: &mut Shard, copy: &mut Shard, line: &str) {
    match logged(shard, line).as_str() {
        "" => {}
        "verbatim" => drop(run(copy, line)),
        entries => {
            for entry in entries.split("; ") {
                let reply = run(copy, entry);
                assert!(!reply.starts_with('-'), "{entry}: {reply}");
            }
        }
    }
}

#[test]
fn watchers_see_entries_but_not_groups() {
    let mut shard = with_entries(2);
    let watcher = WatcherId {
        core: 0,
        connection: 1,
    };
    let mut touches = |line: &str| {
        shard.watch.watch(watcher, DbIndex(0), b"s", false);
        shard.watch.watch(watcher, DbIndex(0), b"n", false);
        let reply = run(&mut shard, line);
        assert!(!reply.starts_with('-'), "{line}: {reply}");
        let dirty = !shard.watch.is_clean(watcher, |_, _| false);
        shard.watch.unwatch(watcher);
        dirty
    };
    for line in [
        "XGROUP CREATE s g 0",
        "XREADGROUP GROUP g c STREAMS s >",
        "XCLAIM s g d 0 1",
        "XAUTOCLAIM s g e 0 0",
        "XACK s g 1",
        "XGROUP SETID s g 0",
        "XGROUP CREATECONSUMER s g x",
        "XGROUP DELCONSUMER s g x",
        "XGROUP DESTROY s g",
        "XSETID s 5",
        "XDEL s 9",
        "XTRIM s MAXLEN 9",
    ] {
        assert!(!touches(line), "{line}");
    }
    for line in [
        "XADD s 9 f v",
        "XDEL s 9",
        "XTRIM s MAXLEN 0",
        "XGROUP CREATE n g 0 MKSTREAM",
    ] {
        assert!(touches(line), "{line}");
    }
}

#[test]
fn time_tells_who_is_idle() {
    let mut shard = with_entries(2);
    run(&mut shard, "XGROUP CREATE s g 0");
    run(&mut shard, "XREADGROUP GROUP g c STREAMS s >");
    assert_eq!(
        run_later(&mut shard, "XPENDING s g - + 1"),
        "*1 *4 $3 1-0 $1 c :1000 :1"
    );
    assert_eq!(run_later(&mut shard, "XPENDING s g IDLE 1001 - + 9"), "*0");
    assert_eq!(run_later(&mut shard, "XCLAIM s g d 1001 1 JUSTID"), "*0");
    assert_eq!(
        run_later(&mut shard, "XCLAIM s g d 1000 1 JUSTID"),
        "*1 $3 1-0"
    );
    assert_eq!(
        run_later(&mut shard, "XAUTOCLAIM s g d 1000 - JUSTID"),
        "*3 $3 0-0 *1 $3 2-0 *0"
    );
    assert_eq!(
        run_later(&mut shard, "XINFO CONSUMERS s g"),
        "*2 *8 $4 name $1 c $7 pending :0 $4 idle :1000 $8 inactive :1000 \
         *8 $4 name $1 d $7 pending :2 $4 idle :0 $8 inactive :0"
    );
    // Asking without getting anything is being seen, not being active.
    run_later(&mut shard, "XREADGROUP GROUP g c STREAMS s >");
    assert!(run_later(&mut shard, "XINFO CONSUMERS s g").contains("$4 idle :0 $8 inactive :1000"));
    let seen = run_at(&mut shard, LATER, Protocol::Resp3, "XINFO STREAM s FULL");
    assert!(seen.contains(&format!("seen-time :{}", LATER.0)));
    assert!(seen.contains(&format!("active-time :{}", NOW.0)));
}

#[test]
fn a_failed_command_makes_no_stream() {
    let mut shard = shard();
    for line in [
        "XADD s 0-0 f v",
        "XADD s x f v",
        "XADD s 1 f",
        "XGROUP CREATE s g x MKSTREAM",
        "XGROUP CREATE s g 0",
        "XADD s NOMKSTREAM 1 f v",
    ] {
        run(&mut shard, line);
        assert_eq!(run(&mut shard, "EXISTS s"), ":0", "{line}");
    }
    let changes = shard.changes;
    assert_eq!(run(&mut shard, "XACK s g 1"), ":0");
    assert_eq!(shard.changes, changes);
}

#[test]
fn a_member_logs_what_it_read_of_each_stream() {
    let mut shard = with_entries(2);
    run(&mut shard, "XADD t 1 f v");
    run(&mut shard, "XGROUP CREATE s g 0");
    run(&mut shard, "XGROUP CREATE t g 0");
    let log = logged(
        &mut shard,
        "XREADGROUP GROUP g c COUNT 1 STREAMS s s t > > >",
    );
    let claims: Vec<&str> = log
        .split("; ")
        .filter(|entry| entry.starts_with("XCLAIM"))
        .map(|entry| &entry[..18])
        .collect();
    assert_eq!(
        claims,
        [
            "XCLAIM s g c 0 1-0",
            "XCLAIM s g c 0 2-0",
            "XCLAIM t g c 0 1-0"
        ]
    );
}
