//! One append-only folder, written and read in turn by redis-server 7.0.15 and the real binary: what each of them finds must
//! have the digest of what the other left.
//!
//! `DARTER` names the binary (else the one beside this test), `EXCHANGE_KEYS` how many keys each of them makes.

use std::path::Path;
use std::time::{Duration, Instant};

use darter_tests::real::filling::{fill, say};
use darter_tests::real::{Client, Reply, Server};
use engine::random::Random;

const KEYS: u64 = 400;

/// Starts a server on the folder and waits until it knows what is there.
fn open(is_redis: bool, shards: u16, folder: &Path) -> (Server, Client) {
    let folder = folder.to_str().expect("a path that is text");
    let log = ["--appendonly", "yes", "--appendfsync", "no"];
    let options = [
        &log[..],
        &["--dir", folder, "--enable-debug-command", "yes"],
    ]
    .concat();
    let server = match is_redis {
        true => Server::redis(&options),
        false => Server::with_options(shards, &options),
    };
    let mut client = Client::connect(server.address()).expect("it accepts");
    let end = Instant::now() + Duration::from_secs(120);
    while say(&mut client, &[b"GET", b"x"])
        .to_string()
        .contains("LOADING")
    {
        assert!(Instant::now() < end, "it never ends to load");
        std::thread::sleep(Duration::from_millis(10));
    }
    (server, client)
}

/// Makes keys, some of which expire, some soon; a new base is written halfway.
fn live(client: &mut Client, name: &str, keys: u64, random: &mut Random) {
    let mut due = Vec::new();
    for number in 0..keys {
        let key = format!("{name}{number}");
        fill(client, key.as_bytes(), random);
        let millis = match random.below(10) {
            0 => "1".to_owned(),
            1 | 2 => (1_000_000 + random.below(1_000_000)).to_string(),
            _ => String::new(),
        };
        if !millis.is_empty() {
            say(client, &[b"PEXPIRE", key.as_bytes(), millis.as_bytes()]);
        }
        if millis == "1" {
            due.push(key);
        }
        if number == keys / 2 {
            say(client, &[b"BGREWRITEAOF"]);
        }
    }
    // Whatever is due goes by being looked at.
    std::thread::sleep(Duration::from_millis(5));
    for key in due {
        say(client, &[b"EXISTS", key.as_bytes()]);
    }
}

fn digest(client: &mut Client) -> Reply {
    say(client, &[b"DEBUG", b"DIGEST"])
}

fn close((mut server, mut client): (Server, Client)) {
    // It is gone before it can answer.
    let _ = client.ask("SHUTDOWN NOSAVE");
    let end = Instant::now() + Duration::from_secs(60);
    while server.is_alive() {
        assert!(Instant::now() < end, "it never ends");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
#[ignore = "starts the server and redis-server"]
fn a_folder_goes_from_one_to_the_other() {
    let keys = std::env::var("EXCHANGE_KEYS").ok();
    let keys = keys.and_then(|keys| keys.parse().ok()).unwrap_or(KEYS);
    let folder = std::env::temp_dir().join(format!("darter-aof-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder can be made");
    let mut random = Random::new(7);
    let mut left = None;
    for (turn, is_redis) in [true, false, true, false, false, true]
        .into_iter()
        .enumerate()
    {
        let (server, mut client) = open(is_redis, 1 + turn as u16, &folder);
        let found = digest(&mut client);
        assert!(
            left.is_none_or(|left| left == found),
            "turn {turn}, redis: {is_redis}"
        );
        live(&mut client, &format!("k{turn}."), keys, &mut random);
        left = Some(digest(&mut client));
        close((server, client));
    }
    std::fs::remove_dir_all(&folder).expect("a folder can be deleted");
}
