//! Snapshots of the real binary: they go to redis-server 7.0.15 and come from it, hold one moment of everything, and a
//! killed server leaves the last good one.
//!
//! `DARTER` names the binary (else the one beside this test), `SNAPSHOT_KEYS` how many random keys there are.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use darter_tests::real::filling::{bytes, fill, say};
use darter_tests::real::{Client, Reply, Server};
use engine::random::Random;

const KEYS: u64 = 1500;

/// A folder of its own, empty.
fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("darter-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("there is room for a folder");
    folder
}

fn options(folder: &Path) -> [&str; 4] {
    let folder = folder.to_str().expect("temporary folders have plain names");
    ["--dir", folder, "--enable-debug-command", "yes"]
}

fn ours(shards: u16, folder: &Path) -> (Server, Client) {
    ready(Server::with_options(shards, &options(folder)))
}

/// Waits until the server has loaded its data.
fn ready(server: Server) -> (Server, Client) {
    let mut client = Client::connect(server.address()).expect("it accepts");
    let end = Instant::now() + Duration::from_secs(60);
    while matches!(say(&mut client, &[b"PING"]), Reply::Error(_)) {
        assert!(Instant::now() < end, "it loads its data");
        std::thread::sleep(Duration::from_millis(20));
    }
    (server, client)
}

fn digest(client: &mut Client) -> Vec<u8> {
    bytes(say(client, &[b"DEBUG", b"DIGEST"]))
}

fn ok(client: &mut Client, words: &[&[u8]]) {
    let reply = say(client, words);
    assert!(!matches!(reply, Reply::Error(_)), "{reply}");
}

#[test]
#[ignore = "starts the server and redis-server"]
fn snapshots_go_to_redis_and_come_back() {
    let keys = std::env::var("SNAPSHOT_KEYS").ok();
    let keys = keys.and_then(|keys| keys.parse().ok()).unwrap_or(KEYS);
    let (folder, mut random) = (folder("exchange"), Random::new(2));
    let before = {
        let (_server, mut client) = ours(2, &folder);
        for number in 0..keys {
            if number % 100 == 0 {
                let db = (random.below(16)).to_string();
                ok(&mut client, &[b"SELECT", db.as_bytes()]);
            }
            let key = format!("key-{number}");
            fill(&mut client, key.as_bytes(), &mut random);
            if random.below(4) == 0 {
                let seconds = (3600 + random.below(100_000)).to_string();
                ok(
                    &mut client,
                    &[b"EXPIRE", key.as_bytes(), seconds.as_bytes()],
                );
            }
        }
        ok(&mut client, &[b"SAVE"]);
        digest(&mut client)
    };
    {
        let (_server, mut client) = ready(Server::redis(&options(&folder)));
        assert_eq!(digest(&mut client), before, "redis-server has what we had");
        ok(&mut client, &[b"SAVE"]);
    }
    for shards in [1, 3] {
        let (_server, mut client) = ours(shards, &folder);
        assert_eq!(digest(&mut client), before, "we have what redis-server had");
    }
    let _ = std::fs::remove_dir_all(&folder);
}

/// Sets pairs of keys to the same number, without waiting for replies, until `end`.
fn write_pairs(client: &mut Client, end: Instant) {
    let mut number = 0_u64;
    while Instant::now() < end {
        for pair in 0..50 {
            number += 1;
            let value = number.to_string();
            let names = [format!("one-{pair}"), format!("other-{pair}")];
            let words: [&[u8]; 5] = [
                b"MSET",
                names[0].as_bytes(),
                value.as_bytes(),
                names[1].as_bytes(),
                value.as_bytes(),
            ];
            client.queue_words(&words);
        }
        client.flush().expect("the server answers");
    }
}

#[test]
#[ignore = "starts the server"]
fn a_snapshot_under_writers_is_one_moment() {
    let folder = folder("moment");
    {
        let (server, mut client) = ours(3, &folder);
        ok(&mut client, &[b"DEBUG", b"POPULATE", b"20000"]);
        let (address, end) = (server.address(), Instant::now() + Duration::from_secs(3));
        let writer = std::thread::spawn(move || {
            let mut client = Client::connect(address).expect("it accepts");
            write_pairs(&mut client, end);
        });
        std::thread::sleep(Duration::from_millis(500));
        // Slow enough for many writes meanwhile.
        ok(
            &mut client,
            &[b"CONFIG", b"SET", b"rdb-key-save-delay", b"30"],
        );
        ok(&mut client, &[b"SAVE"]);
        assert!(Instant::now() < end, "it was saved under writers");
        writer.join().expect("the writer ends");
    }
    let (_server, mut client) = ours(2, &folder);
    assert_eq!(say(&mut client, &[b"DBSIZE"]).number(), Some(20_100));
    for pair in 0..50 {
        let [one, other] = ["one", "other"].map(|name| format!("{name}-{pair}"));
        let one = say(&mut client, &[b"GET", one.as_bytes()]);
        assert!(one.number().is_some());
        assert_eq!(one, say(&mut client, &[b"GET", other.as_bytes()]), "{pair}");
    }
    let _ = std::fs::remove_dir_all(&folder);
}

#[test]
#[ignore = "starts the server"]
fn what_cannot_be_saved_must_not_change() {
    let folder = folder("refused");
    let (_server, mut client) = ours(2, &folder);
    ok(&mut client, &[b"CONFIG", b"SET", b"save", b"3600 1000000"]);
    ok(&mut client, &[b"SET", b"key", b"value"]);
    // No file can take the place of a folder.
    let obstacle = folder.join("dump.rdb");
    std::fs::create_dir(&obstacle).expect("there is room for a folder");
    let save = |client: &mut Client| {
        ok(client, &[b"BGSAVE"]);
        let end = Instant::now() + Duration::from_secs(20);
        loop {
            let info = bytes(say(client, &[b"INFO", b"persistence"]));
            let info = String::from_utf8_lossy(&info).into_owned();
            if info.contains("rdb_bgsave_in_progress:0") {
                return info.contains("rdb_last_bgsave_status:ok");
            }
            assert!(Instant::now() < end, "it ends");
        }
    };
    assert!(!save(&mut client));
    let refused =
        |reply: Reply| matches!(reply, Reply::Error(line) if line.starts_with("MISCONF "));
    assert!(refused(say(&mut client, &[b"SET", b"key", b"other"])));
    assert!(refused(say(&mut client, &[b"PING"])));
    assert_eq!(bytes(say(&mut client, &[b"GET", b"key"])), b"value");
    ok(&mut client, &[b"MULTI"]);
    ok(&mut client, &[b"GET", b"key"]);
    ok(&mut client, &[b"EXEC"]);
    std::fs::remove_dir(&obstacle).expect("it is empty");
    assert!(save(&mut client));
    ok(&mut client, &[b"SET", b"key", b"other"]);
    let _ = std::fs::remove_dir_all(&folder);
}

#[test]
#[ignore = "starts the server"]
fn a_killed_server_leaves_the_last_good_snapshot() {
    let (folder, mut random) = (folder("killed"), Random::new(3));
    let mut expected = None;
    for round in 0..6_u64 {
        let (server, mut client) = ours(2, &folder);
        if let Some(expected) = &expected {
            assert_eq!(&digest(&mut client), expected, "round {round}");
        }
        let prefix = format!("round-{round}");
        ok(
            &mut client,
            &[b"DEBUG", b"POPULATE", b"3000", prefix.as_bytes()],
        );
        ok(&mut client, &[b"SAVE"]);
        expected = Some(digest(&mut client));
        ok(
            &mut client,
            &[b"CONFIG", b"SET", b"rdb-key-save-delay", b"100"],
        );
        ok(&mut client, &[b"SET", b"never", b"saved"]);
        ok(&mut client, &[b"BGSAVE"]);
        std::thread::sleep(Duration::from_millis(random.below(150)));
        // It is killed here.
        drop(server);
    }
    let _ = std::fs::remove_dir_all(&folder);
}
