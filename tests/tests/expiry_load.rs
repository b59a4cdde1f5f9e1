//! Very many keys that expire in the same second, on the real binary with 3 shards: others are served meanwhile, and the
//! keys' memory comes back without anybody touching them.
//!
//! `DARTER` names the binary (else the one beside this test), `EXPIRY_KEYS` how many keys there are (a million is what it
//! is for).

#![allow(
    clippy::print_stdout,
    reason = "figures are for whoever runs it by hand"
)]

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use darter_tests::real::{Client, Reply, Server};

/// Keys when nobody asks for more.
const KEYS: u64 = 100_000;
/// Deliberately generous, because machines are shared: only a server that stands still fails.
const BEARABLE: Duration = Duration::from_millis(250);
/// After their second the keys are gone within this.
const PATIENCE: Duration = Duration::from_secs(10);
/// Bytes that a server may keep of what the keys took, as a divisor.
const KEPT: u64 = 4;

fn wanted() -> u64 {
    std::env::var("EXPIRY_KEYS").map_or(KEYS, |value| {
        value.parse().expect("EXPIRY_KEYS is a number")
    })
}

fn ask(client: &mut Client, command: &str) -> Reply {
    client.ask(command).expect("the server answers")
}

fn used_memory(client: &mut Client) -> u64 {
    match ask(client, "INFO memory") {
        Reply::Bulk(Some(text)) => String::from_utf8_lossy(&text)
            .lines()
            .find_map(|line| line.strip_prefix("used_memory:")?.parse().ok())
            .expect("INFO memory tells used_memory"),
        other => panic!("{other:?}"),
    }
}

/// Makes keys that expire at `at`, in Unix milliseconds, which must not come before it is done.
fn fill(client: &mut Client, count: u64, at: u64) {
    let mut key = 0;
    while key < count {
        let until = count.min(key + 1000);
        for key in key..until {
            // The moments are spread over the second.
            let moment = at + key % 1000;
            client.queue(&format!(
                "SET key:{key} some-value-of-some-length:{key} PXAT {moment}"
            ));
        }
        let replies = client.flush().expect("the server answers");
        assert!(replies.iter().all(Reply::is_ok), "a key was not stored");
        key = until;
    }
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.expect("it is later than 1970").as_millis() as u64
}

/// The slowest of each thousand, and the slowest of all.
fn slowest(latencies: &mut [Duration]) -> (Duration, Duration) {
    latencies.sort_unstable();
    let last = latencies.len() - 1;
    (latencies[last * 999 / 1000], latencies[last])
}

#[test]
#[ignore = "starts the server"]
fn a_second_in_which_everything_expires() {
    let (server, count) = (Server::start(3), wanted());
    let mut client = Client::connect(server.address()).expect("the server accepts connections");
    let mut observer = Client::connect(server.address()).expect("the server accepts connections");
    let before = used_memory(&mut observer);
    // A slow machine stores at least 20 keys in a millisecond.
    let at = now() + 1500 + count / 20;
    fill(&mut client, count, at);
    assert_eq!(
        ask(&mut observer, "DBSIZE").number(),
        Some(count as i64),
        "too slow to fill"
    );
    let full = used_memory(&mut observer);
    std::thread::sleep(Duration::from_millis((at - 50).saturating_sub(now())));

    let (mut latencies, mut next_look) = (Vec::new(), now());
    let end = at + 1000 + PATIENCE.as_millis() as u64;
    let gone = loop {
        let start = Instant::now();
        assert_eq!(ask(&mut client, "PING"), Reply::Simple("PONG".into()));
        latencies.push(start.elapsed());
        if now() >= next_look {
            next_look = now() + 50;
            if ask(&mut observer, "DBSIZE").number() == Some(0) {
                break now();
            }
            assert!(
                now() < end,
                "{:?} keys are left",
                ask(&mut observer, "DBSIZE")
            );
        }
    };
    let pings = latencies.len();
    let (p999, max) = slowest(&mut latencies);
    let mut after = used_memory(&mut observer);
    while after.saturating_sub(before) > (full - before) / KEPT {
        assert!(now() < end, "{before} bytes became {full}, then {after}");
        std::thread::sleep(Duration::from_millis(50));
        after = used_memory(&mut observer);
    }
    println!(
        "{count} keys: gone {} ms after their second, {pings} PINGs, p99.9 {p999:?}, max {max:?}; used_memory {before}, \
         full {full}, after {after}",
        gone as i64 - at as i64 - 1000
    );
    assert!(max < BEARABLE, "a PING took {max:?}");
}
