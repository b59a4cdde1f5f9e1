//! DUMP and RESTORE between the real binary and redis-server 7.0.15, in both directions: random keys of all types and
//! encodings must have the same digests on both.
//!
//! `DARTER` names the binary (else the one beside this test), `EXCHANGE_KEYS` how many keys each of them makes.

use darter_tests::real::filling::{bytes, fill, say};
use darter_tests::real::{Client, Server};
use engine::random::Random;

const KEYS: u64 = 300;

/// Makes a key on one server, brings it to the other, and compares.
fn exchange(from: &mut Client, to: &mut Client, key: &[u8], random: &mut Random) {
    fill(from, key, random);
    let payload = bytes(say(from, &[b"DUMP", key]));
    let restored = say(to, &[b"RESTORE", key, b"0", &payload]);
    let name = String::from_utf8_lossy(key);
    assert!(restored.is_ok(), "{name}: {restored}");
    let digest: [&[u8]; 3] = [b"DEBUG", b"DIGEST-VALUE", key];
    assert_eq!(say(from, &digest), say(to, &digest), "{name}");
    let kind = bytes(say(from, &[b"TYPE", key]));
    // Lists and sets have forms of 7.2 here.
    if kind != b"list" && kind != b"set" {
        let encoding: [&[u8]; 3] = [b"OBJECT", b"ENCODING", key];
        assert_eq!(say(from, &encoding), say(to, &encoding), "{name}");
    }
}

#[test]
#[ignore = "starts the server and redis-server"]
fn values_go_to_redis_and_come_from_it() {
    let keys = std::env::var("EXCHANGE_KEYS").ok();
    let keys = keys.and_then(|keys| keys.parse().ok()).unwrap_or(KEYS);
    let options = ["--enable-debug-command", "yes"];
    let ours = Server::with_options(2, &options);
    let redis = Server::redis(&options);
    let connect = |server: &Server| Client::connect(server.address()).expect("it accepts");
    let (mut ours, mut redis) = (connect(&ours), connect(&redis));
    let mut random = Random::new(1);
    for number in 0..keys {
        let key = format!("from-redis-{number}");
        exchange(&mut redis, &mut ours, key.as_bytes(), &mut random);
        let key = format!("to-redis-{number}");
        exchange(&mut ours, &mut redis, key.as_bytes(), &mut random);
    }
    let digest: [&[u8]; 2] = [b"DEBUG", b"DIGEST"];
    assert_eq!(say(&mut ours, &digest), say(&mut redis, &digest));
}
